"""Load on a country that is being killed, and our own record of what it promised.

An answer counts once its last byte is here: then the order has ended as it says, for ever. An order
without one may have ended or not; the same order, sent again, must tell.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import pytest

from tests.chaos.people import Bill

CONNECTIONS: Final = 16
ANSWER_SECONDS_MAX: Final = 40.0  # above what all limits inside the country add up to
SETTLE_SECONDS_MAX: Final = 30.0
_RETRY_SECONDS: Final = 0.05
_UNAVAILABLE: Final = 503
_LENGTH: Final = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and exact body."""

    status: int
    body: bytes

    @property
    def state(self) -> str | None:
        """How the order ended, or None: not decided now, and the answer says `try again`."""
        told = json.loads(self.body)
        state: str | None = (told if self.status == 201 else told.get("order", {})).get("state")
        return state


class Unanswered(Exception):
    """The connection could not be made, or broke before the whole answer was here."""


@dataclass(slots=True)
class Record:
    """What was sent, what came back, and what should never have come back."""

    acknowledged: dict[UUID, Answer] = field(default_factory=dict)
    unanswered: dict[UUID, Bill] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, bill: Bill, answer: Answer | None) -> None:
        """An answer, or that there was none."""
        if answer is None or answer.status == _UNAVAILABLE:
            if bill.id not in self.acknowledged:
                self.unanswered[bill.id] = bill
            return
        if answer.state != bill.state:
            said = answer.body[:300].decode()
            self.wrong.append(f"{bill.id} must be {bill.state}: {answer.status} {said}")
            return
        before = self.acknowledged.setdefault(bill.id, answer)
        if before != answer:
            self.wrong.append(f"{bill.id} was answered twice, differently: {before} and {answer}")
        self.unanswered.pop(bill.id, None)


class Line:
    """One keep-alive connection, made again when it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, token: str) -> Answer:
        """Send an order and wait for its whole answer. Raises Unanswered."""
        try:
            if self._open is None:
                self._open = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._open
            writer.write(request(token))
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await _answer(reader)
        except TimeoutError:
            pytest.fail("the line stands, and nobody answers")
        except (OSError, EOFError) as error:
            await self.close()
            raise Unanswered from error

    async def close(self) -> None:
        if self._open is not None:
            writer = self._open[1]
            self._open = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def pay_at_a_pace(
    port: int, bills: Sequence[Bill], rate_per_s: float, record: Record
) -> None:
    """Send each order once, when it is due, over connections that stay open where they can."""
    start = time.monotonic()
    due = [(start + number / rate_per_s, bill) for number, bill in enumerate(bills)]
    due.reverse()

    async def customer(line: Line) -> None:
        while due:
            at, bill = due.pop()
            await asyncio.sleep(at - time.monotonic())
            try:
                record.note(bill, await line.ask(bill.token))
            except Unanswered:
                record.note(bill, None)

    await _each_on_a_line(port, customer)


async def settle(port: int, bills: Iterable[Bill], record: Record) -> None:
    """Ask for each order again until it has ended; a country that is up must soon tell."""
    waiting = list(bills)
    end = time.monotonic() + SETTLE_SECONDS_MAX + len(waiting) / 20

    async def customer(line: Line) -> None:
        while waiting:
            bill = waiting.pop()
            answer = None
            while answer is None or answer.status == _UNAVAILABLE:
                said = f"{bill.id} does not end: {answer}"
                assert time.monotonic() < end, said
                with suppress(Unanswered):
                    answer = await line.ask(bill.token)
                if answer is None or answer.status == _UNAVAILABLE:
                    await asyncio.sleep(_RETRY_SECONDS)
            record.note(bill, answer)

    await _each_on_a_line(port, customer)


async def walk_away(
    port: int, token: str, *, whole: bool, linger: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Send an order, or the half of one, and cut the line without waiting for an answer."""
    said = request(token)
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    writer.write(said if whole else said[: len(said) // 2])
    with suppress(OSError):
        await writer.drain()
    if linger is not None:
        await linger()
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def request(token: str) -> bytes:
    """The order as an HTTP request."""
    body = token.encode()
    return (
        b"POST /api/payments/v1/orders HTTP/1.1\r\nHost: country\r\n"
        b"Content-Type: application/jose\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    assert length is not None, head
    return Answer(int(head.split(b" ", 2)[1]), await reader.readexactly(int(length[1])))


async def _each_on_a_line(port: int, work: Callable[[Line], Awaitable[None]]) -> None:
    async def on(line: Line) -> None:
        try:
            await work(line)
        finally:
            await line.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(on(Line(port)))
