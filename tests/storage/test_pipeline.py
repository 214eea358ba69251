"""What the house relies on in the driver's pipeline, which is not all its public face."""

from __future__ import annotations

import psycopg
import pytest

from nagara.storage import Contended, Database, Unit

TABLE = "CREATE TABLE line (number integer PRIMARY KEY CHECK (number > 0))"
INSERT = "INSERT INTO line VALUES (%(number)s)"
COUNT = "SELECT count(*) FROM line"


async def count(database: Database) -> int:
    async with database.read() as unit:
        row = await (await unit.connection.execute(COUNT)).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
async def lines(database: Database) -> Database:
    async with database.unit() as unit:
        await unit.connection.execute(TABLE)
    return database


async def insert(unit: Unit, *numbers: int) -> None:
    for number in numbers:
        await unit.connection.execute(INSERT, {"number": number})


async def test_what_nobody_asked_an_answer_of_is_committed_with_the_rest(
    lines: Database,
) -> None:
    async with lines.pipelined_unit() as unit:
        await insert(unit, 1, 2, 3)
    assert await count(lines) == 3


async def test_answers_come_in_the_order_in_which_they_were_asked_for(lines: Database) -> None:
    async with lines.pipelined_unit() as unit:
        await insert(unit, 1)
        one = await unit.connection.execute(COUNT)
        await insert(unit, 2)
        two = await unit.connection.execute(COUNT)
        assert (await two.fetchone(), await one.fetchone()) == ((2,), (1,))
        await insert(unit, 3)
    assert await count(lines) == 3


async def test_a_statement_that_fails_with_the_commit_takes_all_of_them_along(
    lines: Database,
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        async with lines.pipelined_unit() as unit:
            await insert(unit, 1, -2, 3)
    assert await count(lines) == 0


async def test_a_failed_unit_gives_back_a_connection_that_serves_again(lines: Database) -> None:
    for _ in range(20):  # more often than the pool has connections
        with pytest.raises(psycopg.errors.CheckViolation):
            async with lines.pipelined_unit() as unit:
                await insert(unit, 1, -2)
    async with lines.pipelined_unit() as unit:
        await insert(unit, 1)
    assert await count(lines) == 1


async def test_an_exception_of_the_block_undoes_what_was_held_back(lines: Database) -> None:
    async def stumble() -> None:
        async with lines.pipelined_unit() as unit:
            await insert(unit, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()
    assert await count(lines) == 0


async def test_two_who_collide_at_the_commit_are_told_so_and_tried_again(
    lines: Database,
) -> None:
    tries = 0

    async def work(unit: Unit) -> int:
        nonlocal tries
        tries += 1
        await insert(unit, 7 if tries == 1 else 8)
        return tries

    async with lines.unit() as unit:
        await insert(unit, 7)
    assert await lines.run(work, is_pipelined=True) == 2
    with pytest.raises(Contended):
        await lines.run(lambda unit: insert(unit, 7), is_pipelined=True, attempts_max=2)
    assert await count(lines) == 2


async def test_a_large_answer_and_a_large_question_do_not_block_each_other(
    lines: Database,
) -> None:
    text = "x" * 300_000
    async with lines.pipelined_unit() as unit:
        asked = [
            await unit.connection.execute("SELECT %(text)s::text", {"text": text})
            for _ in range(12)
        ]
        assert [await one.fetchone() for one in asked] == [(text,)] * 12
