"""Those who leave in the middle: a client, or the country, told to stop or killed at birth."""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.chaos import books
from tests.chaos.load import Line, Record, pay_at_a_pace, walk_away
from tests.chaos.people import Bill, People
from tests.chaos.rounds import Story
from tests.chaos.up_country import UpCountry

NewCountry = Callable[[int], UpCountry]
pytestmark = pytest.mark.timeout(300)
_ACCEPTED = 20
_LOOKS_MAX = 200
_BIRTHS = 3
_BIRTH_SECONDS = (0.1, 3.0)


def _bills_that_are_paid(people: People, count: int) -> list[Bill]:
    """Orders of one payer, so that one lock holds them all up."""
    bills = [bill for bill in people.bills(count * 100) if bill.state == "posted"]
    payer = bills[0].payer
    return [bill for bill in bills if bill.payer == payer][:count]


async def _ask(up: UpCountry, bill: Bill, record: Record) -> None:
    line = Line(up.port)
    try:
        record.note(bill, await line.ask(bill.token))
    finally:
        await line.close()


async def _are_taken(up: UpCountry) -> None:
    # the one web process takes what comes in its order: what was sent before this is inside
    for _ in range(3):
        assert await up.says_yes(b"/livez")


async def _doors_are_closed(up: UpCountry) -> None:
    for _ in range(_LOOKS_MAX):
        if not up.listening():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it was told to stop, and goes on letting people in")


async def test_a_country_told_to_stop_answers_what_it_has_accepted(
    new_country: NewCountry,
) -> None:
    story, record = Story(new_country(1), People("accepted")), Record()
    await story.begin()
    bills = _bills_that_are_paid(story.people, _ACCEPTED)
    async with (
        asyncio.TaskGroup() as group,
        books.rooms_of(story.up) as country,
        books.held(country, bills[0].payer),
    ):
        for bill in bills:
            group.create_task(_ask(story.up, bill, record))
        await books.await_somebody_waiting(country)
        await _are_taken(story.up)
        story.up.supervisor.send_signal(signal.SIGTERM)
        await _doors_are_closed(story.up)
        assert not record.acknowledged
    assert record.wrong == []
    assert set(record.acknowledged) == {bill.id for bill in bills}
    assert await story.up.ended() == 0
    story.up.start()
    await story.up.await_ready()
    async with books.rooms_of(story.up) as country:
        assert await story.reckon(country, record, bills) == 0


async def test_a_country_told_to_stop_under_load_loses_nothing_of_what_it_said(
    new_country: NewCountry,
) -> None:
    seed = secrets.randbelow(10**9)
    sys.stdout.write(f"seed {seed}\n")
    story, record = Story(new_country(2), People(str(seed))), Record()
    await story.begin()
    before, bills = story.up.family(), story.people.bills(200)
    async with asyncio.TaskGroup() as group:
        group.create_task(pay_at_a_pace(story.up.port, bills, 200, record))
        await asyncio.sleep(random.Random(seed).uniform(0.1, 0.9))
        story.up.supervisor.send_signal(signal.SIGTERM)
        assert await story.up.ended() == 0
    assert record.wrong == []
    story.up.start()
    await story.up.await_ready()
    async with books.rooms_of(story.up) as country:
        await story.reckon(country, record, bills)
    await story.up.leaves_nothing_of(before)


async def test_a_client_who_leaves_in_the_middle_leaves_a_whole_order_or_none(
    new_country: NewCountry,
) -> None:
    story, record = Story(new_country(1), People("leaving")), Record()
    await story.begin()
    stays, leaves, breaks_off = bills = _bills_that_are_paid(story.people, 3)
    async with books.rooms_of(story.up) as country:
        async with asyncio.TaskGroup() as group, books.held(country, stays.payer):
            group.create_task(_ask(story.up, stays, record))
            await books.await_somebody_waiting(country)
            for bill in (leaves, breaks_off):
                whole, taken = bill is leaves, partial(_are_taken, story.up)
                await walk_away(story.up.port, bill.token, whole=whole, linger=taken)
        assert set(record.acknowledged) == {stays.id}
        ids = {bill.id for bill in bills}
        end = time.monotonic() + books.WAIT_SECONDS_MAX
        while (there := await books.orders_there(country, ids)) != {stays.id, leaves.id}:
            assert there < {stays.id, leaves.id}, "half an order left something"
            assert time.monotonic() < end, "an order that came in whole was not decided"
        await story.reckon(country, record, [stays, leaves], [])
        await story.reckon(country, Record(), [breaks_off], [])


async def test_a_country_killed_while_it_is_born_is_born_at_the_next_start(
    new_country: NewCountry,
) -> None:
    seed = secrets.randbelow(10**9)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    story = Story(new_country(2), People(str(seed)))
    for _ in range(_BIRTHS):
        story.up.start()
        await asyncio.sleep(chance.uniform(*_BIRTH_SECONDS))
        assert story.up.supervisor.poll() is None
        await story.up.kill([story.up.supervisor.pid])
        await story.up.ended()
    await story.begin()
    async with books.rooms_of(story.up) as country:
        await books.check(country, story.people.balances)
