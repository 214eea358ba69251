"""The moment of the commit, held open: nobody hears `paid` before it, and a death in it is no loss.

A trigger of the test's own runs within COMMIT and waits there for a lock which the test holds, so
that what takes a millisecond otherwise can be looked at, and be died in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import pytest

from tests.chaos import books
from tests.chaos.load import Line, Record, Unanswered
from tests.chaos.people import Bill, People
from tests.chaos.rounds import Story
from tests.chaos.up_country import UpCountry

NewCountry = Callable[[int], UpCountry]
pytestmark = pytest.mark.timeout(300)
_LOOKS: Final = 3
_GATE: Final = """
CREATE FUNCTION payments.gate() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON payments.payment_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.gate()"""


@asynccontextmanager
async def _commits_held(up: UpCountry) -> AsyncIterator[None]:
    """No order can be committed while the block runs."""
    gate = await psycopg.AsyncConnection.connect(up.database_url, autocommit=True)
    try:
        await gate.execute("SELECT pg_advisory_lock(1)")
        yield
    finally:
        await gate.close()


async def _pay(up: UpCountry, bill: Bill, record: Record) -> None:
    line = Line(up.port)
    try:
        record.note(bill, await line.ask(bill.token))
    except Unanswered:
        record.note(bill, None)
    finally:
        await line.close()


async def _story(up: UpCountry) -> tuple[Story, Bill]:
    story = Story(up, People("commit"))
    await story.begin()
    async with await psycopg.AsyncConnection.connect(up.database_url) as connection:
        await connection.execute(_GATE)
    return story, next(bill for bill in story.people.bills(100) if bill.state == "posted")


@pytest.mark.parametrize("victim", ["nobody", "web", "postmaster"])
async def test_no_order_is_answered_before_it_is_committed_whoever_dies_then(
    new_country: NewCountry, victim: str
) -> None:
    (story, bill), record = await _story(new_country(1)), Record()
    async with asyncio.TaskGroup() as group:
        async with _commits_held(story.up):
            group.create_task(_pay(story.up, bill, record))
            async with books.rooms_of(story.up) as country:
                await books.await_somebody_waiting(country)
            for _ in range(_LOOKS):
                assert await story.up.says_yes(b"/livez")
            assert record == Record(), "answered, and not committed"
            if victim != "nobody":
                await story.up.kill(getattr(story.up, victim)())
        await story.up.await_ready()
    assert record.wrong == []
    assert (bill.id in record.acknowledged) == (victim == "nobody")
    async with books.rooms_of(story.up) as country:
        await story.reckon(country, record, [bill])
