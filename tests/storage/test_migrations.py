"""Migrations go forward, once, in order; anything else stops the node before it serves (S3)."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from nagara.storage import Database, MigrationBroken, SchemaNewer, migrate
from nagara.storage.migrations import Migration, apply, migrations_of

_FIRST = Migration(1, "first", "CREATE TABLE shop.a (n int); INSERT INTO shop.a VALUES (1);")
_SECOND = Migration(2, "second", "INSERT INTO shop.a VALUES (2);")


async def _rows(database: Database) -> list[int]:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT n FROM shop.a ORDER BY n")
        return [n for (n,) in await found.fetchall()]


async def test_each_file_is_applied_once_and_later_ones_when_they_come(database: Database) -> None:
    assert await apply(database, {"shop": [_FIRST]}) == 1
    assert await apply(database, {"shop": [_FIRST]}) == 0
    assert await apply(database, {"shop": [_FIRST, _SECOND]}) == 1
    assert await _rows(database) == [1, 2]


async def test_two_nodes_which_start_at_once_apply_each_file_once(database: Database) -> None:
    files = {"shop": [_FIRST, _SECOND]}
    assert sorted(await asyncio.gather(*(apply(database, files) for _ in range(4)))) == [0, 0, 0, 2]
    assert await _rows(database) == [1, 2]


async def test_a_changed_file_is_refused(database: Database) -> None:
    await apply(database, {"shop": [_FIRST]})
    changed = Migration(1, "first", _FIRST.sql + " -- a word more")
    with pytest.raises(MigrationBroken) as raised:
        await apply(database, {"shop": [changed, _SECOND]})
    assert raised.value.facts["room"] == "shop"
    assert raised.value.facts["number"] == 1
    assert await _rows(database) == [1]


async def test_a_newer_database_is_refused_with_the_version_it_needs(database: Database) -> None:
    await apply(database, {"shop": [_FIRST, _SECOND]})
    with pytest.raises(SchemaNewer) as raised:
        await apply(database, {"shop": [_FIRST]})
    assert raised.value.facts == {"room": "shop", "found": 2, "known": 1}


async def test_a_file_that_comes_late_before_one_that_ran_is_refused(database: Database) -> None:
    await apply(database, {"shop": [_FIRST, _SECOND]})
    async with database.unit() as unit:
        await unit.connection.execute(
            "DELETE FROM storage.migration WHERE room = 'shop' AND number = 1"
        )
    with pytest.raises(MigrationBroken):
        await apply(database, {"shop": [_FIRST, _SECOND]})


async def test_a_file_which_fails_leaves_nothing_of_any_room_behind(database: Database) -> None:
    broken = Migration(1, "broken", "CREATE TABLE yard.b (n int); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await apply(database, {"shop": [_FIRST], "yard": [broken]})
    assert await apply(database, {"shop": [_FIRST]}) == 1


async def test_the_rooms_of_the_package_are_up_to_date_after_migrating(database: Database) -> None:
    assert await migrate(database, ["nagara.storage"]) == 0
    assert [migration.number for migration in migrations_of("nagara.storage")] == [1]
