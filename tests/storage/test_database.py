"""The unit of work: all or nothing, again on conflict, and every breakage is a coded Fault."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from nagara.storage import (
    Contended,
    Database,
    DatabaseDown,
    DiskFull,
    OutcomeUnknown,
    TooSlow,
    Unit,
)
from nagara.storage.diskspace import DiskSpace

_TABLE = "CREATE TABLE thing (id int PRIMARY KEY, n int NOT NULL)"


async def _make(database: Database) -> None:
    async with database.unit() as unit:
        await unit.connection.execute(_TABLE)
        await unit.connection.execute("INSERT INTO thing VALUES (1, 0), (2, 0)")


async def _numbers(database: Database) -> dict[int, int]:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT id, n FROM thing")
        return dict(await found.fetchall())


async def test_a_unit_is_kept_whole(database: Database) -> None:
    await _make(database)
    assert await _numbers(database) == {1: 0, 2: 0}


async def test_an_exception_undoes_the_whole_unit_and_passes_unchanged(database: Database) -> None:
    await _make(database)

    async def work(unit: Unit) -> None:
        await unit.connection.execute("UPDATE thing SET n = 5")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await database.run(work)
    assert await _numbers(database) == {1: 0, 2: 0}


async def test_a_unit_whose_failed_statement_was_swallowed_does_not_pretend_to_commit(
    database: Database,
) -> None:
    await _make(database)

    async def work(unit: Unit) -> None:
        await unit.connection.execute("UPDATE thing SET n = 5")
        try:
            await unit.connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            return

    with pytest.raises(AssertionError):
        await database.run(work)
    assert await _numbers(database) == {1: 0, 2: 0}


async def test_a_client_which_goes_away_undoes_its_unit(database: Database) -> None:
    await _make(database)
    reached = asyncio.Event()

    async def work(unit: Unit) -> None:
        await unit.connection.execute("UPDATE thing SET n = 5")
        reached.set()
        await unit.connection.execute("SELECT pg_sleep(10)")

    task = asyncio.create_task(database.run(work))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _numbers(database) == {1: 0, 2: 0}


async def test_a_reader_who_goes_away_at_any_moment_leaves_a_connection_that_writes(
    database_url: str,
) -> None:
    async with Database.open(database_url, pool_max=1) as database:
        await _make(database)

        async def reading() -> None:
            async with database.read() as unit:
                await unit.connection.execute("SELECT 1")
                await unit.connection.execute("SELECT 2")

        for turns in range(40):
            task = asyncio.create_task(reading())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with database.unit() as unit:
                await unit.connection.execute("UPDATE thing SET n = n + 1")
        assert await _numbers(database) == {1: 40, 2: 40}


async def test_a_read_sees_one_moment_and_cannot_write(database: Database) -> None:
    await _make(database)
    async with database.read() as unit:
        await unit.connection.execute("SELECT n FROM thing")
        async with database.unit() as other:
            await other.connection.execute("UPDATE thing SET n = 7")
        found = await unit.connection.execute("SELECT sum(n) FROM thing")
        assert await found.fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await unit.connection.execute("UPDATE thing SET n = 8")
    async with database.unit() as unit:  # and the connection writes again afterwards
        await unit.connection.execute("UPDATE thing SET n = 9")


async def test_two_units_in_deadlock_both_succeed_because_one_starts_again(
    database: Database,
) -> None:
    await _make(database)
    both = asyncio.Barrier(2)
    calls: list[int] = []

    async def add(unit: Unit, first: int, second: int) -> None:
        calls.append(first)
        update = "UPDATE thing SET n = n + 1 WHERE id = %s"
        await unit.connection.execute(update, (first,))
        if len(calls) <= 2:
            await both.wait()
        await unit.connection.execute(update, (second,))

    await asyncio.gather(
        database.run(lambda unit: add(unit, 1, 2)), database.run(lambda unit: add(unit, 2, 1))
    )
    assert await _numbers(database) == {1: 2, 2: 2}
    assert len(calls) == 3


async def test_the_loser_of_a_race_for_a_key_starts_again_and_finds_the_winner(
    database: Database,
) -> None:
    await _make(database)
    both = asyncio.Barrier(2)

    async def claim(unit: Unit) -> str:
        found = await unit.connection.execute("SELECT FROM thing WHERE id = 3")
        if await found.fetchone() is not None:
            return "found"
        await both.wait()
        await unit.connection.execute("INSERT INTO thing VALUES (3, 0)")
        return "made"

    answers = await asyncio.gather(database.run(claim), database.run(claim))
    assert sorted(answers) == ["found", "made"]


async def test_conflict_without_end_is_contended_after_the_stated_attempts(
    database: Database,
) -> None:
    await _make(database)
    calls = 0

    async def work(unit: Unit) -> None:
        nonlocal calls
        calls += 1
        await unit.connection.execute("INSERT INTO thing VALUES (1, 0)")

    with pytest.raises(Contended) as raised:
        await database.run(work, attempts_max=3)
    assert calls == 3
    assert raised.value.facts == {"reason": "thing_pkey"}


async def test_a_lock_that_is_not_given_up_is_too_slow(database: Database) -> None:
    await _make(database)

    async def want(unit: Unit) -> None:
        await unit.connection.execute("SET LOCAL lock_timeout = '20ms'")
        await unit.connection.execute("UPDATE thing SET n = 2 WHERE id = 1")

    async with database.unit() as unit:
        await unit.connection.execute("UPDATE thing SET n = 1 WHERE id = 1")
        with pytest.raises(TooSlow):
            await database.run(want)
    assert await _numbers(database) == {1: 1, 2: 0}


@pytest.mark.parametrize(
    "setting",
    ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"],
)
async def test_no_wait_is_without_a_limit(database: Database, setting: str) -> None:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT current_setting(%s)", (setting,))
        row = await found.fetchone()
    assert row is not None
    assert row[0] in {"5s", "15s"}


async def test_what_was_committed_survives_power_loss_because_commits_wait_for_the_disk(
    database: Database,
) -> None:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT current_setting('synchronous_commit')")
        assert await found.fetchone() == ("on",)


async def test_the_application_is_no_superuser(database: Database) -> None:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = user")
        assert await found.fetchone() == (False,)


async def test_a_connection_that_breaks_before_the_commit_is_replaced_and_the_work_done_once(
    database: Database,
) -> None:
    await _make(database)
    calls = 0

    async def work(unit: Unit) -> None:
        nonlocal calls
        calls += 1
        await unit.connection.execute("UPDATE thing SET n = n + 1")
        if calls == 1:
            await unit.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    await database.run(work)
    assert calls == 2
    assert await _numbers(database) == {1: 1, 2: 1}


async def test_all_connections_broken_at_once_cost_one_more_attempt_and_not_one_each(
    database: Database, database_url: str
) -> None:
    await _make(database)
    together = asyncio.Barrier(6)

    async def meet(_unit: Unit) -> None:
        await together.wait()

    await asyncio.gather(*(database.run(meet) for _ in range(6)))  # six connections, then idle
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    async def work(unit: Unit) -> None:
        await unit.connection.execute("UPDATE thing SET n = n + 1")

    await database.run(work, attempts_max=2)
    assert await _numbers(database) == {1: 1, 2: 1}


async def test_a_connection_that_breaks_while_committing_leaves_the_outcome_unknown(
    database: Database, database_url: str
) -> None:
    await _make(database)
    calls = 0

    async def work(unit: Unit) -> None:
        nonlocal calls
        calls += 1
        await unit.connection.execute("UPDATE thing SET n = n + 1")
        pid = unit.connection.info.backend_pid
        async with await psycopg.AsyncConnection.connect(database_url) as other:
            await other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    with pytest.raises(OutcomeUnknown):
        await database.run(work)
    assert calls == 1


async def test_a_pool_with_nothing_to_give_says_so(database_url: str) -> None:
    async with Database.open(database_url, pool_max=1) as database, database.unit():
        database._pool.timeout = 0.05
        with pytest.raises(DatabaseDown):
            await database.run(_make)  # type: ignore[arg-type]


async def test_a_database_which_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DatabaseDown):
        async with Database.open(
            f"postgresql://nagara@/x?host={tmp_path}&connect_timeout=1", pool_max=1
        ):
            pass


async def test_writing_stops_and_reading_goes_on_when_the_disk_is_nearly_full(
    database_url: str, tmp_path: Path
) -> None:
    full = DiskSpace(tmp_path, reserve_mb=10**9)
    async with Database.open(database_url, pool_max=1, space=full) as database:
        with pytest.raises(DiskFull) as raised:
            await _make(database)
        assert raised.value.facts["free_mb"] == database.free_mb()
        async with database.read() as unit:
            await unit.connection.execute("SELECT 1")


async def test_a_pipeline_sends_statements_together(database: Database) -> None:
    await _make(database)
    async with database.unit() as unit, unit.pipeline():
        first = await unit.connection.execute("UPDATE thing SET n = 3 WHERE id = 1 RETURNING n")
        second = await unit.connection.execute("UPDATE thing SET n = 4 WHERE id = 2 RETURNING n")
        assert await first.fetchone() == (3,)
        assert await second.fetchone() == (4,)
    assert await _numbers(database) == {1: 3, 2: 4}
