"""Several processes at the same books at once: nothing lost, nothing doubled, nobody stuck."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from nagara.storage import Database
from tests.ledger import teller
from tests.ledger.country import Country, pay
from tests.ledger.statement import account_id

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)


async def _all_at_once(url: str, work: str) -> Counter[str]:
    tellers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.ledger.teller", work, url, str(number)),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(1, teller.TELLERS + 1)
    ]
    for one in tellers:
        assert one.stdout is not None
        assert await one.stdout.readline() == b"ready\n"
    told: Counter[str] = Counter()
    for said, _ in await asyncio.gather(*(one.communicate(b"go\n") for one in tellers)):
        told.update(json.loads(said))
    return told


async def _count(database: Database) -> tuple[int, int]:
    """Transfers in the books, and deadlocks that the server had to break."""
    async with database.read() as unit:
        found = await unit.connection.execute(
            "SELECT (SELECT count(*) FROM ledger.transfer), deadlocks"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        row = await found.fetchone()
    assert row is not None
    return row[0], row[1]


@pytest.fixture
async def crowded(country: Country) -> Country:
    async with country.database.unit() as unit:
        await country.ledger.open(unit, teller.open_at_first())
    return country


async def test_ten_thousand_draw_on_money_for_a_hundred_and_exactly_a_hundred_succeed(
    crowded: Country, database_url: str
) -> None:
    await crowded.post(pay("fund", "cash", "ann", 100))
    told = await _all_at_once(database_url, "rush")
    assert told == {"written": 100, "refused": teller.RUSH_TRANSFERS - 100}
    assert (await crowded.account("ann")).balance_minor == 0
    assert (await crowded.account(teller.SHOP)).balance_minor == 100
    assert await _count(crowded.database) == (101, 0)
    assert await crowded.is_right()


async def test_tellers_on_the_same_accounts_lose_nothing_and_never_wait_in_a_ring(
    crowded: Country, database_url: str
) -> None:
    told = await _all_at_once(database_url, "crowd")
    written = told.pop("written")
    assert set(told) <= {"refused"}  # no fault: no deadlock, no lock that took too long
    assert await _count(crowded.database) == (written, 0)
    async with crowded.database.read() as unit:
        ids = [account_id(name) for name in (*teller.HOT, teller.SHOP)]
        accounts = await crowded.ledger.accounts(unit, ids)
    assert sum(one.balance_minor for one in accounts.values()) == 0
    assert min(one.available_minor or 0 for one in accounts.values()) >= 0
    assert await crowded.is_right()


async def test_what_every_teller_posts_is_posted_once_and_all_are_told_the_same(
    crowded: Country, database_url: str
) -> None:
    told = await _all_at_once(database_url, "echo")
    count, deadlocks = await _count(crowded.database)
    assert told["written"] >= count  # who came later was given what stood
    assert set(told) <= {"written", "refused"}
    assert told["written"] + told["refused"] == teller.TELLERS * teller.ECHO_BATCHES * teller.BATCH
    assert 0 < count <= teller.ECHO_BATCHES * teller.BATCH
    assert deadlocks == 0
    assert await crowded.is_right()
