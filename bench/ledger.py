"""`nagara bench ledger`: durable transfers through the ledger's service, in two processes at once.

Each process posts batches of one-phase transfers between accounts chosen by chance and waits for
each commit (fsync, synchronous_commit on). The reference runs before and after on the same server.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

import psycopg

from bench import country
from bench.pgbench import NAME, Reference
from bench.report import Report, quantile, rounded
from nagara.kernel.errors import Refusal
from nagara.kernel.ids import SystemIds, uuid7
from nagara.kernel.instant import Instant, SystemClock
from nagara.ledger import Account, AccountId, AccountState, Group, Side, Transfer, TransferId
from nagara.ledger.service import LedgerService
from nagara.ledger.store import PostgresBooks
from nagara.storage import Database, migrate
from nagara.storage.engine import Engine

PROCESSES: Final = 2
BATCH: Final = 500
BATCHES_PER_SECOND_MAX: Final = 60  # made beforehand, for each process
# a third of the reference's: two batches at once seldom name the same account and wait
ACCOUNTS: Final = 1_000_000
_CHUNK: Final = 20_000
_SEED: Final = 20_261_122
_ROOMS: Final = ("nagara.ledger",)

Say = Callable[[str], None]
Counted = tuple[int, float, list[float]]


def run(say: Say, seconds: int = 10) -> dict[str, Any]:
    """The ledger's figures."""
    with country.folder() as data:
        engine = Engine(data)
        with engine.running() as url:
            asyncio.run(_open_accounts(url))
            reference = Reference(url)
            reference.prepare()
            first = reference.rate(seconds)
            say(f"reference {first:.0f}/s")
            spread, times = _load(url, seconds, hot=False)
            say(f"spread over {ACCOUNTS} accounts: {spread:.0f}/s")
            hot, _ = _load(url, seconds, hot=True)
            say(f"all to one account: {hot:.0f}/s")
            rate = (first + reference.rate(seconds)) / 2
            wrong = asyncio.run(_audit(url))
    more = {
        "batch": BATCH,
        "accounts": ACCOUNTS,
        "hot_account_rate_per_s": rounded(hot),
        "accounts_with_wrong_totals": wrong,
    }
    return Report(
        "ledger",
        spread,
        NAME,
        rate,
        spread / rate,
        quantile(times, 0.5) * 1000,
        quantile(times, 0.99) * 1000,
        PROCESSES,
        durable=True,
        more=more,
    ).plain()


def _accounts() -> list[UUID]:
    chance = random.Random(_SEED)
    return [uuid7(Instant(0), chance.getrandbits(74)) for _ in range(ACCOUNTS)]


def _ledger() -> LedgerService:
    clock = SystemClock()
    return LedgerService(PostgresBooks(), clock, SystemIds(clock))


async def _open_accounts(url: str) -> None:
    now = SystemClock().now()
    new = [
        Account(
            AccountId(id_), "bench", "LAK", Side.CREDIT, None, AccountState.OPEN, 0, 0, 0, 0, now
        )
        for id_ in _accounts()
    ]
    async with Database.open(url, pool_max=1) as database:
        await migrate(database, _ROOMS)
        for start in range(0, len(new), _CHUNK):
            chunk = new[start : start + _CHUNK]
            await database.run(partial(_ledger().open, accounts=chunk))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


async def _audit(url: str) -> int:
    async with Database.open(url, pool_max=1) as database, database.read() as unit:
        sums = await _ledger().trial_balance(unit)
        assert all(one.balanced for one in sums), "the books do not sum to zero"
        return len(await _ledger().audit(unit))


def _load(url: str, seconds: int, *, hot: bool) -> tuple[float, list[float]]:
    """Transfers per second of all processes, and the time of each batch in order of length."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(PROCESSES) as pool:
        tellers = [(url, seconds, hot, number) for number in range(PROCESSES)]
        counted: list[Counted] = pool.starmap(_teller, tellers)
    rate = sum(count / took for count, took, _ in counted)
    return rate, sorted(one for _, _, times in counted for one in times)


def _teller(url: str, seconds: int, hot: bool, number: int) -> Counted:  # noqa: FBT001
    return asyncio.run(_post(url, seconds, hot=hot, seed=_SEED + number))


async def _post(url: str, seconds: int, *, hot: bool, seed: int) -> Counted:
    ledger, accounts = _ledger(), _accounts()
    chance = random.Random(seed)
    ids = SystemIds(SystemClock())
    times: list[float] = []
    made = [
        [_group(chance, accounts, ids, hot=hot) for _ in range(BATCH)]
        for _ in range(seconds * BATCHES_PER_SECOND_MAX)
    ]
    gc.freeze()  # what the load brings along is not the ledger's to collect
    async with Database.open(url, pool_max=1) as database:
        start = time.perf_counter()
        while (began := time.perf_counter()) - start < seconds:
            outcomes = await database.run(partial(ledger.post, groups=made.pop()))
            assert not any(isinstance(outcome, Refusal) for outcome in outcomes)
            times.append(time.perf_counter() - began)
        took = time.perf_counter() - start
    return len(times) * BATCH, took, times


def _group(chance: random.Random, accounts: list[UUID], ids: SystemIds, *, hot: bool) -> Group:
    debit = accounts[1 + int(chance.random() * (ACCOUNTS - 1))]
    credit = accounts[0] if hot else accounts[int(chance.random() * ACCOUNTS)]
    while credit == debit:
        credit = accounts[int(chance.random() * ACCOUNTS)]
    amount = 1 + int(chance.random() * 100)
    id_ = TransferId(ids.new())
    return (Transfer(id_, AccountId(debit), AccountId(credit), amount, "LAK"),)
