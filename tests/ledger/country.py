"""A ledger on the real database whose clock a test turns by hand."""

from __future__ import annotations

import random
from uuid import UUID

from nagara.kernel.ids import uuid7
from nagara.kernel.instant import Instant
from nagara.ledger.model import Account, Outcome, Transfer, TransferId
from nagara.ledger.service import LedgerService
from nagara.ledger.store import PostgresBooks
from nagara.storage import Database
from tests.ledger.statement import OPENED, account_id, bank, transfer_id


class HandClock:
    """Stands still until it is told to go."""

    def __init__(self, at: Instant = OPENED) -> None:
        self.at = at

    def now(self) -> Instant:
        """Where it stands."""
        return self.at

    def forward(self, seconds: int) -> None:
        """Later by whole seconds."""
        self.at = self.at.plus_seconds(seconds)


class SeededIds:
    """The same ids for the same seed."""

    def __init__(self, seed: int, clock: HandClock) -> None:
        self._random = random.Random(seed)
        self._clock = clock

    def new(self) -> UUID:
        """An id of the clock's instant."""
        return uuid7(self._clock.now(), self._random.getrandbits(74))


class Country:
    """The ledger, its database, and the bank of tests/ledger/statement.py in it."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock
        self.ledger = LedgerService(PostgresBooks(), clock, SeededIds(1, clock))

    async def found(self) -> None:
        """Open the accounts of the bank that a batch of this size may need."""
        async with self.database.unit() as unit:
            accounts = [one for one in bank() if one.id != account_id("full")]
            assert await self.ledger.open(unit, accounts) == [None] * len(accounts)

    async def post(self, *transfers: Transfer) -> list[Outcome]:
        """Each transfer as a group of its own, in one unit."""
        async with self.database.unit() as unit:
            return await self.ledger.post(unit, [(one,) for one in transfers])

    async def account(self, name: str) -> Account:
        """As it is now."""
        async with self.database.read() as unit:
            return (await self.ledger.accounts(unit, [account_id(name)]))[account_id(name)]

    async def is_right(self) -> bool:
        """Everything adds up, by currency and by account."""
        async with self.database.read() as unit:
            balances = await self.ledger.trial_balance(unit)
            wrong = await self.ledger.audit(unit)
        return all(one.balanced for one in balances) and not wrong


def pay(name: str | int, debit: str, credit: str, amount: int) -> Transfer:
    """A transfer in kip."""
    id_ = TransferId(transfer_id(str(name)))
    return Transfer(id_, account_id(debit), account_id(credit), amount, "LAK")
