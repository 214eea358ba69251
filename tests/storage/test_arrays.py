"""Packed array parameters arrive in PostgreSQL as what they were."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nagara.kernel.instant import Instant
from nagara.storage import Bigints, Byteas, Database, Instants, Smallints, Texts, Uuids

_INSTANTS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999).map(Instant)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_KINDS = {
    "uuid[]": (Uuids, st.uuids()),
    "bigint[]": (Bigints, st.integers(-(2**63), 2**63 - 1)),
    "smallint[]": (Smallints, st.integers(-(2**15), 2**15 - 1)),
    "timestamptz[]": (Instants, _INSTANTS),
    "bytea[]": (Byteas, st.binary()),
    "text[]": (Texts, _TEXTS),
}


async def _echo(database: Database, kind: str, packed: object) -> list[object]:
    async with database.read() as unit:
        found = await unit.connection.execute(f"SELECT %s::{kind}".encode(), (packed,))
        row = await found.fetchone()
    assert row is not None
    answer: list[object] = row[0]
    return answer


@pytest.mark.parametrize("kind", _KINDS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_every_array_comes_back_as_it_was_sent(
    database: Database, kind: str, data: st.DataObject
) -> None:
    wrapper, element = _KINDS[kind]
    for elements in (element, st.none() | element):
        values = data.draw(st.lists(elements, max_size=40))
        assert await _echo(database, kind, wrapper(values)) == values


@pytest.mark.parametrize(
    ("wrapper", "value"), [(Bigints, 2**63), (Bigints, -(2**63) - 1), (Smallints, 2**15)]
)
async def test_a_number_too_large_for_its_column_is_refused_before_it_is_sent(
    database: Database, wrapper: type[Bigints], value: int
) -> None:
    with pytest.raises(OverflowError):
        await _echo(database, "bigint[]", wrapper([value]))


async def test_an_array_of_ids_has_one_type_so_that_its_statement_is_prepared_once(
    database: Database,
) -> None:
    async with database.read() as unit:
        for values in ([], [1], [2**40], [None]):
            await unit.connection.execute("SELECT sum(n) FROM unnest(%s) n", (Bigints(values),))
        found = await unit.connection.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%unnest%%'"
        )
        assert await found.fetchone() == (1,)


async def test_infinity_is_refused_where_an_instant_is_read(database: Database) -> None:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT 'infinity'::timestamptz")
        with pytest.raises(psycopg.DataError):
            await found.fetchone()


@pytest.mark.parametrize("micros", [0, 1, -1, 946_684_800_000_001, 1_795_353_416_701_064])
async def test_an_instant_keeps_every_microsecond(database: Database, micros: int) -> None:
    sent = Instant(micros)
    async with database.read() as unit:
        for binary in (True, False):
            cursor = unit.connection.cursor()
            await cursor.execute("SELECT %s::timestamptz", (sent,), binary=binary)
            assert await cursor.fetchone() == (sent,)


async def test_ids_and_json_come_back_as_they_were(database: Database) -> None:
    wanted = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    async with database.read() as unit:
        found = await unit.connection.execute(
            'SELECT %s::uuid, \'{"a": [1, null, "ກ"]}\'::jsonb', (wanted,)
        )
        assert await found.fetchone() == (wanted, {"a": [1, None, "ກ"]})
