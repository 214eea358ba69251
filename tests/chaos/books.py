"""What must be true of the books whenever the country is up again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg.rows import TupleRow

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.ledger import AccountId, Transfer, TransferId
from nagara.ledger.model import Kind
from nagara.payments.orders.model import OrderId
from nagara.storage import Unit
from nagara.wiring import Country, Values, opened
from tests.chaos.up_country import PASSPHRASE, UpCountry

OVERDUE_SECONDS_MAX: Final = 10.0
WAIT_SECONDS_MAX: Final = 10.0
DELIVERY_SECONDS_MAX: Final = 30.0
_POLL_SECONDS: Final = 0.1
_RESERVED: Final = 900  # our own word in the ledger: not an order
_COUNTS: Final = """
SELECT (SELECT count(*) FROM payments.payment_order WHERE state = 1),
       (SELECT count(*) FROM payments.payment_order),
       (SELECT count(*) FROM ledger.transfer WHERE code BETWEEN 1 AND 5),
       (SELECT count(*) FROM journal.leaf WHERE kind = 'payment')"""
# An order without its leaf, a leaf without its order, a posted order that moved nothing, or money
# moved without a posted order.
_ODD: Final = """
SELECT coalesce(ordered.id, moved.id, leaf.id) FROM payments.payment_order AS ordered
FULL JOIN (SELECT id FROM ledger.transfer WHERE code BETWEEN 1 AND 5) AS moved USING (id)
FULL JOIN (SELECT id FROM journal.leaf WHERE kind = 'payment') AS leaf USING (id)
WHERE ordered.id IS NULL OR leaf.id IS NULL OR (ordered.state = 1) <> (moved.id IS NOT NULL)
LIMIT 10"""
_ENDED: Final = "SELECT ended FROM ledger.reservation WHERE id = %s"
_WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
_VOLUME: Final = """
SELECT (SELECT coalesce(sum(posted), 0) FROM payments.volume_view WHERE period = 'day'),
       (SELECT coalesce(sum(refused), 0) FROM payments.volume_view WHERE period = 'day'),
       (SELECT count(*) FROM storage.outbox)"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each."""

    posted: int
    orders: int
    moved: int
    leaves: int


@asynccontextmanager
async def rooms_of(up: UpCountry) -> AsyncIterator[Country]:
    """The country's rooms in this process, beside those that serve."""
    values = Values(
        data=up.data,
        database_url=up.database_url,
        database_folder=None,
        country="la",
        demo=True,
        public_url=f"http://127.0.0.1:{up.port}",
        pool_max=2,
        key_passphrase=PASSPHRASE,
    )
    async with opened(values) as country:
        yield country


async def check(country: Country, balances: Mapping[UUID, int]) -> Counts:
    """Nothing lost, doubled or invented: the books agree with themselves and with our record."""
    async with country.database.read() as unit:
        for sums in await country.ledger.trial_balance(unit):
            assert sums.balanced, sums
        assert await _rows(unit, _ODD) == []
        counts = Counts(*(await _rows(unit, _COUNTS))[0])
        accounts = await country.ledger.accounts(unit, [AccountId(id_) for id_ in balances])
        audited = await country.ledger.audit(unit)
    assert audited == []
    assert counts.posted == counts.moved
    assert counts.orders == counts.leaves
    assert {id_: account.balance_minor for id_, account in accounts.items()} == dict(balances)
    assert sum((await country.payments.positions()).values()) == 0
    return counts


@asynccontextmanager
async def held(country: Country, account: UUID) -> AsyncIterator[None]:
    """Nobody else can change the account while the block runs: who tries, waits."""
    async with country.database.unit() as unit:
        await _rows(unit, "SELECT id FROM ledger.account WHERE id = %s FOR UPDATE", [account])
        yield


async def await_somebody_waiting(country: Country) -> None:
    """Returns when a batch waits for an account that is held."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        async with country.database.read() as unit:
            if await _rows(unit, _WAITING):
                return
        assert time.monotonic() < end, "nobody waits"
        await asyncio.sleep(_POLL_SECONDS / 10)


async def orders_there(country: Country, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the orders which the country has decided."""
    async with country.database.read() as unit:
        return set(await country.payments.orders.settled(unit, [OrderId(i) for i in ids]))


async def reserve(
    country: Country, debit: UUID, credit: UUID, seconds: int
) -> tuple[TransferId, Instant]:
    """Hold one unit of money for so long; the reservation, and its deadline."""
    id_ = TransferId(country.ids.new())

    async def work(unit: Unit) -> Instant:
        deadline = country.clock.now().plus_seconds(seconds)
        command = Transfer(id_, AccountId(debit), AccountId(credit), 1, "LAK", _RESERVED, deadline)
        outcome = (await country.ledger.post(unit, [(command,)]))[0]
        assert not isinstance(outcome, Refusal), outcome
        return deadline

    return id_, await country.database.run(work)


async def await_release(country: Country, reservation: TransferId) -> None:
    """Fails where a reservation whose deadline has passed stays open."""
    end = time.monotonic() + OVERDUE_SECONDS_MAX
    while (ended := await _end_of(country, reservation)) is None:
        assert time.monotonic() < end, "a reservation past its deadline stays open"
        await asyncio.sleep(_POLL_SECONDS)
    assert ended == Kind.EXPIRE


async def await_delivery(country: Country, counts: Counts) -> None:
    """Every message of the outbox is handed on, and what it caused happened once."""
    end = time.monotonic() + DELIVERY_SECONDS_MAX
    want = [(counts.posted, counts.orders - counts.posted, 0)]
    while True:
        async with country.database.read() as unit:
            found = await _rows(unit, _VOLUME)
        if found == want:
            return
        assert time.monotonic() < end, f"the volume is {found}, not {want}"
        await asyncio.sleep(_POLL_SECONDS)


async def _end_of(country: Country, reservation: TransferId) -> object:
    async with country.database.read() as unit:
        return (await _rows(unit, _ENDED, [reservation]))[0][0]


async def _rows(unit: Unit, statement: str, words: Sequence[object] = ()) -> list[TupleRow]:
    return await (await unit.connection.execute(statement.encode(), words)).fetchall()
