"""Commands that arrive together are decided together, in one transaction, each with its answer.

A batch gathers for two milliseconds, and for as long as the one before it is being committed. So
batches are small when the country is quiet and large when it is busy.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from nagara.kernel.errors import CodedError
from nagara.kernel.refusals import Unavailable
from nagara.storage.database import Database, Unit

WAITING_MAX: Final = 10_000
BATCH_MAX: Final = 512
GATHER_SECONDS: Final = 0.002

Command = TypeVar("Command")
Answer = TypeVar("Answer")


class Batcher(Generic[Command, Answer]):
    """Gathers commands of one kind and hands them to `decide` with an open unit.

    `decide` returns one answer for each command, in order; it may run again with the same commands
    when the transaction met a conflict, so it keeps nothing but in the unit.
    """

    def __init__(
        self,
        database: Database,
        decide: Callable[[Unit, Sequence[Command]], Awaitable[Sequence[Answer]]],
        *,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._database = database
        self._decide = decide
        self._batch_max = batch_max
        self._waiting: deque[tuple[Command, asyncio.Future[Answer]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def submit(self, command: Command) -> Answer:
        """The command's answer, once it is durable. Raises what its batch met, as a CodedError.

        A caller who goes away meanwhile changes nothing: the command is decided all the same.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise Unavailable(reason="too many commands are waiting")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((command, answer))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await asyncio.shield(answer)

    async def drain(self) -> None:
        """Wait until everything that was submitted has its answer."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < self._batch_max:
                    await asyncio.sleep(GATHER_SECONDS)
                count = min(len(self._waiting), self._batch_max)
                await self._settle([self._waiting.popleft() for _ in range(count)])
        finally:
            self._running = None

    async def _settle(self, batch: Sequence[tuple[Command, asyncio.Future[Answer]]]) -> None:
        commands = [command for command, _ in batch]
        try:
            answers = await self._database.run(
                lambda unit: self._decide(unit, commands), is_pipelined=True
            )
            assert len(answers) == len(batch), "every command has one answer"
        except CodedError as error:
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one bad command must not take the others along
            if len(batch) == 1:
                self._fail(batch, error)
                return
            for one in batch:
                await self._settle([one])
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    @staticmethod
    def _fail(batch: Sequence[tuple[Command, asyncio.Future[Answer]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                # each its own: a raised exception keeps the trace of everybody who raised it
                own: Exception = error
                if isinstance(error, CodedError):
                    own = CodedError.kept(error.slug, error.facts)
                future.set_exception(own)
