"""One connection of CometBFT: requests are answered in their order, a few in each turn of the loop.

The mempool's connection may bring thousands of requests at once; the consensus must not stand
behind them, so after some of them the loop goes round and the other connections have their turn.
A peer that does not read its answers is not read from either: nothing grows without a limit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol, cast

from nagara.chain.abci.answers import Answers, ApplicationBroken, RequestUnknown, exception
from nagara.chain.abci.framing import FrameBroken, Frames


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a peer may ask for."""

    frame_bytes_max: int = 32 << 20  # a block of CometBFT's default size (21 MB), a chunk (16 MB)
    connections_max: int = 16  # four, as many of a node that was just killed, and people with tools
    requests_per_turn_max: int = 64
    turn_bytes_max: int = 1 << 20  # of answers; one answer may be longer
    # For the rest of a frame that has begun, and for reading a last word. A node may be stopped in
    # the middle of a frame (SIGSTOP, a frozen virtual machine) and go on; it dies when one of its
    # connections is closed meanwhile.
    begun_seconds_max: float = 120.0


class House(Protocol):
    """What a connection needs of the server."""

    @property
    def answers(self) -> Answers:
        """The application."""
        ...

    @property
    def limits(self) -> Limits:
        """How much is allowed."""
        ...

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for one more."""
        ...

    def left(self, connection: Connection, why: Exception | None) -> None:
        """It is closed; `why` where the peer broke the rules."""
        ...

    def broke(self, error: ApplicationBroken) -> None:
        """The application must not be called again."""
        ...


class Connection(asyncio.Protocol):
    """From bytes that arrive to bytes that leave."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._frames = Frames(house.limits.frame_bytes_max)
        self._loop = asyncio.get_running_loop()
        self._next_turn: asyncio.Handle | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._heard = True  # whether the peer reads its answers
        self._why: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Enter, or be told that there is no room."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._house.enter(self):
            self._end(ConnectionRefusedError("too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was not answered is nobody's any more."""
        for handle in (self._next_turn, self._waiting):
            if handle is not None:
                handle.cancel()
        self._house.left(self, self._why)

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        self._frames.put(data)
        if self._next_turn is None and self._heard:
            self._turn()

    def pause_writing(self) -> None:
        """The peer does not read: ask nothing more of the application on its behalf."""
        self._heard = False

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._heard = True
        self._come_again()

    def close(self) -> None:
        """Say goodbye after what has been written."""
        self._transport.close()

    def abort(self) -> None:
        """Go without waiting for a peer that does not read."""
        self._transport.abort()

    def _turn(self) -> None:
        """Answer some of what has arrived."""
        self._next_turn = None
        if self._transport.is_closing():
            return
        limits, written, more = self._house.limits, 0, True
        answers: list[bytes] = []
        try:
            while len(answers) < limits.requests_per_turn_max and written < limits.turn_bytes_max:
                message = self._frames.take()
                if message is None:
                    more = False
                    break
                answers.append(self._house.answers.answer(message))
                written += len(answers[-1])
        except (FrameBroken, RequestUnknown) as error:
            self._transport.write(b"".join(answers))
            self._end(error)
        except ApplicationBroken as error:
            self._transport.write(b"".join(answers))
            self._end(error)
            self._house.broke(error)
        else:
            self._transport.write(b"".join(answers))
            self._after(answered=bool(answers), more=more)

    def _after(self, *, answered: bool, more: bool) -> None:
        """Come again, or go on reading.

        While whole frames wait nothing is read, so that the end of what a peer sends is met only
        after all of it has been answered; the transport then closes by itself.
        """
        if answered and self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._transport.is_closing():
            return  # the peer went away while it was written to
        if more or not self._heard:
            self._transport.pause_reading()
            if self._heard:
                self._come_again()
        else:
            self._transport.resume_reading()
            if self._frames.begun and self._waiting is None:
                seconds = self._house.limits.begun_seconds_max
                self._waiting = self._loop.call_later(seconds, self._too_slow)

    def _come_again(self) -> None:
        if self._next_turn is None:
            self._next_turn = self._loop.call_soon(self._turn)

    def _too_slow(self) -> None:
        self._end(TimeoutError("the rest of a frame did not come in time"))

    def _end(self, why: Exception) -> None:
        """Tell the peer why, and close; who does not even read that keeps no place for ever."""
        self._why = why
        self._transport.write(exception(why))
        self._transport.close()
        if self._waiting is not None:
            self._waiting.cancel()
        seconds = self._house.limits.begun_seconds_max
        self._waiting = self._loop.call_later(seconds, self._transport.abort)
