"""The background worker: hands on the outbox, ticks what must be done in time, runs the queue.

Three kinds of work, each where it is cheapest. Messages: read from the outbox twice a second, which
writes nothing when nothing waits. Ticks under a minute: a loop in this process. Ticks of a minute
and more: jobs of the queue, kept in the database, so that of several workers one does each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import structlog

from nagara.kernel.errors import CodedError, Fault
from nagara.kernel.instant import Clock
from nagara.storage import answers, jobs, outbox
from nagara.storage.database import Database, Unit
from nagara.storage.refusals import DatabaseDown, DiskFull, OutcomeUnknown

Work = Callable[[], Awaitable[None]]
Handler = Callable[[Unit, Any], Awaitable[None]]

OUTBOX_POLL_SECONDS: Final = 0.5
MESSAGES_MAX: Final = 64
QUEUE_FROM_SECONDS: Final = 60
_FORGET_EVERY_SECONDS: Final = 3_600
_RESTART_PAUSE_SECONDS: Final = 2.0
_log = structlog.get_logger("nagara.worker")


class Worker:
    """Made and filled by wiring, then `run` once. Names appear in logs and in the database."""

    def __init__(self, database: Database, url: str, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue = jobs.open_queue(url)
        self._handlers: dict[str, Handler] = {}
        self._ticks: dict[str, tuple[float, Work]] = {}
        self.periodic("storage.forget_answers", _FORGET_EVERY_SECONDS, self._forget_answers)

    def periodic(self, name: str, every_seconds: float, work: Work) -> None:
        """`work()` again and again, never twice at once in this process.

        Under QUEUE_FROM_SECONDS any pace; from there on whole minutes that divide an hour, or
        whole hours that divide a day. What fails is logged and done again at the next tick.
        """
        assert name not in self._ticks
        if every_seconds < QUEUE_FROM_SECONDS:
            self._ticks[name] = (every_seconds, work)
            return

        async def tick(timestamp: int) -> None:  # noqa: ARG001 the queue hands in the due time
            await _logged(name, work)

        task = self._queue.task(name=name, queueing_lock=name)(tick)
        self._queue.periodic(cron=_cron(every_seconds))(task)

    def topic(self, topic: str, handler: Handler) -> None:
        """`handler(unit, payload)` for each message of the topic, in order, at least once."""
        assert topic not in self._handlers
        self._handlers[topic] = handler

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What is at hand then is undone, and comes again next time."""
        loops = [self._deliver, self._run_queue]
        loops += [partial(self._tick, name, *tick) for name, tick in self._ticks.items()]
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(_again(loop)) for loop in loops]
            await stop.wait()
            for task in running:
                task.cancel()

    async def _run_queue(self) -> None:
        await jobs.ensure_tables(self._database)
        async with self._queue.open_async():
            await jobs.run_queue(self._queue)

    async def _tick(self, name: str, every_seconds: float, work: Work) -> None:
        while True:
            started = time.monotonic()
            await _logged(name, work)
            await asyncio.sleep(max(0.0, started + every_seconds - time.monotonic()))

    async def _deliver(self) -> None:
        topics = tuple(self._handlers)
        while True:
            async with self._database.read() as unit:
                waiting = await outbox.topics_waiting(unit, topics)
            delivered = [await self._deliver_topic(topic) for topic in waiting]
            if MESSAGES_MAX not in delivered:
                await asyncio.sleep(OUTBOX_POLL_SECONDS)

    async def _deliver_topic(self, topic: str) -> int:
        taken: list[outbox.Message] = []
        try:
            await self._database.run(partial(self._hand_on, topic, MESSAGES_MAX, taken))
        except (DatabaseDown, DiskFull, OutcomeUnknown):
            raise  # not the message's fault
        except Exception:  # noqa: BLE001 a handler may fail with anything; the next try is alone
            for count in range(len(taken)):
                if not await self._deliver_one(topic):
                    return count
        return len(taken)

    async def _deliver_one(self, topic: str) -> bool:
        taken: list[outbox.Message] = []
        try:
            await self._database.run(partial(self._hand_on, topic, 1, taken))
        except (DatabaseDown, DiskFull, OutcomeUnknown):
            raise
        except Exception as error:  # noqa: BLE001 as above
            name = error_name(error)
            _log.warning("message.failed", topic=topic, error=name)
            for message in taken:
                await self._database.run(partial(outbox.postpone, message=message, error=name))
            return False
        return bool(taken)

    async def _hand_on(
        self, topic: str, messages_max: int, taken: list[outbox.Message], unit: Unit
    ) -> None:
        taken[:] = await outbox.take(unit, topic, messages_max)
        for message in taken:
            await self._handlers[topic](unit, message.payload)
        await outbox.done(unit, taken)

    async def _forget_answers(self) -> None:
        now = self._clock.now()
        while await self._database.run(partial(answers.forget, now=now)) == answers.FORGET_ROWS_MAX:
            pass


def error_name(error: BaseException) -> str:
    """What may stand in a log: the slug or the type, never the text, which may hold a name."""
    return error.slug if isinstance(error, CodedError) else type(error).__name__


async def _logged(name: str, work: Work) -> None:
    try:
        await work()
    except Exception as error:  # noqa: BLE001 one bad tick must not end the others
        level = _log.warning if isinstance(error, Fault) else _log.error
        level("tick.failed", name=name, error=error_name(error))


async def _again(loop: Work) -> None:
    # a loop ends only with the world: the database restarts, the disk fills. It comes back.
    while True:
        try:
            await loop()
        except Exception as error:  # noqa: BLE001
            _log.warning("loop.failed", error=error_name(error))
        await asyncio.sleep(_RESTART_PAUSE_SECONDS)


def _cron(every_seconds: float) -> str:
    minutes, rest = divmod(every_seconds, 60)
    assert rest == 0
    if minutes < 60:
        assert 60 % minutes == 0
        return f"*/{minutes:.0f} * * * *"
    hours, rest = divmod(minutes, 60)
    assert rest == 0
    assert 24 % hours == 0
    return f"0 */{hours:.0f} * * *" if hours < 24 else "0 0 * * *"
