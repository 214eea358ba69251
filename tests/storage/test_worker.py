"""The outbox and the worker: at least once, in order, and a bad message does not stop the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nagara.kernel.instant import SystemClock
from nagara.storage import Database, Unit, outbox
from nagara.storage.worker import Worker, _cron


@asynccontextmanager
async def _running(worker: Worker) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


class _Inbox:
    """A handler which keeps what it is handed, and lets a test wait for it."""

    def __init__(self, *failures: object) -> None:
        self._arrived: asyncio.Queue[object] = asyncio.Queue()
        self._failures = list(failures)

    async def __call__(self, _unit: Unit, payload: object) -> None:
        if payload in self._failures:
            raise ValueError("Mrs Somchai's number")
        self._arrived.put_nowait(payload)

    def is_empty(self) -> bool:
        return self._arrived.empty()

    async def next(self, count: int = 1) -> list[object]:
        async with asyncio.timeout(20):
            return [await self._arrived.get() for _ in range(count)]


@pytest.fixture
def worker(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr("nagara.storage.worker.OUTBOX_POLL_SECONDS", 0.01)
    return Worker(database, database_url, SystemClock())


async def _put(database: Database, topic: str, *payloads: object) -> None:
    # again where the pool still holds a connection that was ended
    await database.run(lambda unit: outbox.put_many(unit, topic, payloads))


async def _state(database: Database) -> outbox.State:
    async with database.read() as unit:
        return await outbox.state(unit)


async def test_messages_arrive_in_order_and_are_gone_afterwards(
    database: Database, worker: Worker
) -> None:
    inbox, last = _Inbox(), _Inbox()
    worker.topic("paid", inbox)
    worker.topic("then", last)
    async with database.unit() as unit:
        await outbox.put(unit, "paid", {"n": -1, "name": "ສົມ"})
    await _put(database, "paid", *({"n": n} for n in range(200)))
    async with _running(worker):
        got = await inbox.next(201)
        await _put(database, "then", 1)
        await last.next()
    assert got == [{"n": -1, "name": "ສົມ"}, *({"n": n} for n in range(200))]
    async with database.read() as unit:
        assert await outbox.topics_waiting(unit, ["paid"]) == []


async def test_a_message_of_a_unit_that_failed_is_never_sent(database: Database) -> None:
    async def work(unit: Unit) -> None:
        await outbox.put(unit, "paid", {})
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(work)
    assert (await _state(database)).waiting == 0


async def test_what_a_handler_writes_is_written_once_though_it_is_called_again(
    database: Database, worker: Worker
) -> None:
    calls, inbox = 0, _Inbox()

    async def handler(unit: Unit, payload: object) -> None:
        nonlocal calls
        calls += 1
        await outbox.put(unit, "next", [payload, calls])
        if calls < 3:
            raise ConnectionError

    worker.topic("paid", handler)
    worker.topic("next", inbox)
    await _put(database, "paid", 1)
    async with _running(worker):
        assert await inbox.next() == [[1, 3]]
    assert inbox.is_empty()


async def test_a_bad_message_is_parked_after_its_tries_and_the_rest_goes_on(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nagara.storage.outbox.ATTEMPTS_MAX", 2)
    monkeypatch.setattr("nagara.storage.outbox.PAUSE_SECONDS_MAX", 0)
    inbox = _Inbox("bad")
    worker.topic("paid", inbox)
    await _put(database, "paid", "bad", "a", "b")
    async with _running(worker):
        assert await inbox.next(2) == ["a", "b"]
    async with database.unit() as unit:
        assert (await outbox.state(unit)).parked == 1
        found = await unit.connection.execute(
            "SELECT last_error FROM storage.outbox WHERE parked_at IS NOT NULL"
        )
        assert await found.fetchone() == ("ValueError",)  # never the text: it may name a person
        assert await outbox.release_parked(unit, "paid") == 1
        assert (await outbox.state(unit)).parked == 0


async def test_a_message_which_waits_for_its_next_try_holds_those_behind_it(
    database: Database,
) -> None:
    await _put(database, "paid", "first", "second")
    async with database.unit() as unit:
        first = (await outbox.take(unit, "paid", 1))[0]
        await outbox.postpone(unit, first, "ConnectionError")
    async with database.unit() as unit:
        assert await outbox.take(unit, "paid", 9) == []
        assert await outbox.topics_waiting(unit, ["paid"]) == []


async def test_a_tick_comes_again_though_it_failed(worker: Worker) -> None:
    calls, third = 0, asyncio.Event()

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            third.set()
        raise ValueError

    worker.periodic("expire", 0.01, work)
    async with _running(worker):
        await asyncio.wait_for(third.wait(), 20)


async def test_a_slow_tick_is_a_job_of_the_queue(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nagara.storage.jobs._POLL_SECONDS", 0.05)
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    worker.periodic("seal", 60, work)
    async with _running(worker):
        await asyncio.wait_for(done.wait(), 20)


async def test_the_worker_outlives_its_database_connections(
    database: Database, worker: Worker
) -> None:
    inbox = _Inbox()
    worker.topic("paid", inbox)
    async with _running(worker):
        await _put(database, "paid", 1)
        assert await inbox.next() == [1]
        async with database.unit() as unit:
            await unit.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await _put(database, "paid", 2)
        while await inbox.next() != [2]:  # the first may come twice: at least once
            pass


@pytest.mark.parametrize(
    ("seconds", "cron"),
    [
        (60, "*/1 * * * *"),
        (900, "*/15 * * * *"),
        (3600, "0 */1 * * *"),
        (21600, "0 */6 * * *"),
        (86400, "0 0 * * *"),
    ],
)
def test_a_slow_pace_is_written_as_a_schedule(seconds: int, cron: str) -> None:
    assert _cron(seconds) == cron


@pytest.mark.parametrize("seconds", [61, 420, 5400, 5 * 3600, 2 * 86400])
def test_a_pace_which_no_schedule_can_say_is_our_mistake(seconds: int) -> None:
    with pytest.raises(AssertionError):
        _cron(seconds)
