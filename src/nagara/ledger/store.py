"""The books in PostgreSQL. Every statement is set-based: a batch costs the same few round trips.

Not here: what is allowed. The service locks first, asks the rules, then writes what they decided.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from nagara.kernel.instant import Instant
from nagara.ledger.model import (
    Account,
    AccountId,
    AccountState,
    Balancing,
    Decision,
    Kind,
    Line,
    Reservation,
    Side,
    TransferId,
    TrialBalance,
    Written,
)
from nagara.storage import Bigints, Instants, Smallints, Texts, Unit, Uuids, load_queries

Rows = AsyncCursor[TupleRow]

_SQL = load_queries("nagara.ledger")
_SIDES = {int(side): side for side in Side}
_STATES = {int(state): state for state in AccountState}
_KINDS = {int(kind): kind for kind in Kind}
_BALANCINGS = {int(balancing): balancing for balancing in Balancing}


class LockedRows:
    """The answers to a lock, still on their way."""

    def __init__(self, accounts: Rows, standing: Rows) -> None:
        self._accounts = accounts
        self._standing = standing

    async def read(self) -> tuple[list[Account], dict[TransferId, Written]]:
        """Wait for the locks; accounts in id order."""
        held = [_account(row) for row in await self._accounts.fetchall()]
        return held, {row[0]: _written(row) for row in await self._standing.fetchall()}


class PostgresBooks:
    """The accounts, transfers and reservations of one country."""

    async def lock(
        self, unit: Unit, accounts: Collection[AccountId], transfers: Sequence[TransferId]
    ) -> LockedRows:
        """Lock the accounts in id order, then see which transfers stand already.

        In a pipeline both go out together; the locks are held until the unit ends, so what is
        read after them cannot change any more.
        """
        execute = unit.connection.execute
        locked = await execute(_SQL["lock_accounts"], {"ids": Uuids(list(accounts))})
        standing = await execute(_SQL["written"], {"ids": Uuids(transfers)})
        return LockedRows(locked, standing)

    async def accounts(self, unit: Unit, ids: Sequence[AccountId]) -> list[Account]:
        """The accounts that exist, unlocked, in no order."""
        cursor = await unit.connection.execute(_SQL["accounts"], {"ids": Uuids(ids)})
        return [_account(row) for row in await cursor.fetchall()]

    async def open(self, unit: Unit, accounts: Sequence[Account], at: Instant) -> set[AccountId]:
        """Open those that do not exist yet; returns which were opened."""
        cursor = await unit.connection.execute(
            _SQL["open_accounts"],
            {
                "ids": Uuids([a.id for a in accounts]),
                "owners": Texts([a.owner for a in accounts]),
                "currencies": Texts([a.currency for a in accounts]),
                "normal_sides": Smallints([a.normal_side for a in accounts]),
                "floors": Bigints([a.floor_minor for a in accounts]),
                "at": at,
            },
        )
        return {AccountId(row[0]) for row in await cursor.fetchall()}

    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> None:
        """The account is already locked."""
        await unit.connection.execute(_SQL["set_state"], {"id": id_, "state": int(state)})

    async def reservation_accounts(self, unit: Unit, ids: Sequence[TransferId]) -> set[AccountId]:
        """The accounts that these reservations hold."""
        cursor = await unit.connection.execute(_SQL["reservation_accounts"], {"ids": Uuids(ids)})
        return {AccountId(id_) for row in await cursor.fetchall() for id_ in row}

    async def reservations(
        self, unit: Unit, ids: Sequence[TransferId]
    ) -> dict[TransferId, Reservation]:
        """The reservations under these ids; their accounts are already locked."""
        cursor = await unit.connection.execute(_SQL["reservations"], {"ids": Uuids(ids)})
        return {row[0]: _reservation(row) for row in await cursor.fetchall()}

    async def due(self, unit: Unit, at: Instant, count: int) -> list[TransferId]:
        """Open reservations past their deadline."""
        cursor = await unit.connection.execute(_SQL["due"], {"at": at, "count": count})
        return [TransferId(row[0]) for row in await cursor.fetchall()]

    async def write(self, unit: Unit, decision: Decision) -> None:
        """Write a decision: totals, transfers, reservations. The caller is inside a pipeline."""
        execute = unit.connection.execute
        if not decision.written:
            return
        accounts = decision.accounts
        # in id order, like the locks: two batches which name the same ids on accounts of their own
        # would else each hold the id that the other waits for
        written = sorted(decision.written, key=lambda one: one.id.int)
        await execute(
            _SQL["write_accounts"],
            {
                "ids": Uuids([a.id for a in accounts]),
                "debits_posted": Bigints([a.debits_posted for a in accounts]),
                "credits_posted": Bigints([a.credits_posted for a in accounts]),
                "debits_pending": Bigints([a.debits_pending for a in accounts]),
                "credits_pending": Bigints([a.credits_pending for a in accounts]),
                "last_ats": Instants([a.last_at for a in accounts]),
            },
        )
        if posted := [w for w in written if w.kind is Kind.POSTED and not w.balancing]:
            await execute(_SQL["write_posted"], _columns(posted))
        if others := [w for w in written if w.kind is not Kind.POSTED or w.balancing]:
            await execute(_SQL["write_others"], _columns(others) | _more_columns(others))
        if decision.reservations:
            await execute(_SQL["write_reservations"], _held_columns(decision.reservations))

    async def net_at(self, unit: Unit, id_: AccountId, at: Instant) -> int:
        """Credits minus debits posted of the account at an instant."""
        cursor = await unit.connection.execute(_SQL["balance_at"], {"id": id_, "at": at})
        row = await cursor.fetchone()
        return 0 if row is None else int(row[0])

    async def statement(
        self, unit: Unit, account: Account, since: Instant, before: Instant, count: int
    ) -> list[Line]:
        """Lines in [since, before), newest first, `count` at most."""
        cursor = await unit.connection.execute(
            _SQL["statement"],
            {"id": account.id, "since": since, "before": before, "count": count},
        )
        sign = 1 if account.normal_side is Side.CREDIT else -1
        return [
            Line(TransferId(id_), at, AccountId(other), sign * change, sign * net, code)
            for id_, at, other, change, net, code in await cursor.fetchall()
        ]

    async def news(
        self, unit: Unit, after: dict[AccountId, Instant], count: int
    ) -> list[tuple[AccountId, Line]]:
        """What was credited to each account after its instant, oldest first, `count` at most."""
        cursor = await unit.connection.execute(
            _SQL["news"],
            {
                "ids": Uuids(list(after)),
                "afters": Instants(list(after.values())),
                "count": count,
            },
        )
        return [
            (AccountId(asked), Line(TransferId(id_), at, AccountId(other), amount, net, code))
            for asked, id_, at, other, amount, net, code in await cursor.fetchall()
        ]

    async def trial_balance(self, unit: Unit) -> list[TrialBalance]:
        """The sums of all accounts by currency."""
        cursor = await unit.connection.execute(_SQL["trial_balance"])
        return [
            TrialBalance(currency, int(dp), int(cp), int(dq), int(cq))
            for currency, dp, cp, dq, cq in await cursor.fetchall()
        ]

    async def totals_by_owner(self, unit: Unit) -> list[tuple[str, str, int]]:
        """Owner, currency, and credits minus debits of all the owner's accounts."""
        cursor = await unit.connection.execute(_SQL["totals_by_owner"])
        return [(owner, currency, int(net)) for owner, currency, net in await cursor.fetchall()]

    async def audit(self, unit: Unit, count: int) -> list[AccountId]:
        """Accounts that are not what their transfers add up to; there should be none."""
        await unit.connection.execute(_SQL["patience"])
        cursor = await unit.connection.execute(_SQL["audit"], {"count": count})
        return [AccountId(row[0]) for row in await cursor.fetchall()]


def _account(row: Sequence[Any]) -> Account:
    id_, owner, currency, side, floor, state, dp, cp, dq, cq, last_at = row
    return Account(
        id_, owner, currency, _SIDES[side], floor, _STATES[state], dp, cp, dq, cq, last_at
    )


def _written(row: Sequence[Any]) -> Written:
    id_, kind, debit, credit, amount, code, at, debit_net, credit_net, *rest = row
    pending, deadline, asked, balancing = rest
    return Written(
        id_,
        _KINDS[kind],
        debit,
        credit,
        amount,
        code,
        at,
        debit_net,
        credit_net,
        pending,
        deadline,
        asked,
        _BALANCINGS[balancing],
    )


def _reservation(row: Sequence[Any]) -> Reservation:
    id_, debit, credit, amount, code, deadline, ended = row
    ending = None if ended is None else _KINDS[ended]
    return Reservation(id_, debit, credit, amount, code, deadline, ending)


def _columns(written: Sequence[Written]) -> dict[str, object]:
    ids: list[UUID] = [w.id for w in written]
    return {
        "ids": Uuids(ids),
        "debits": Uuids([w.debit for w in written]),
        "credits": Uuids([w.credit for w in written]),
        "ats": Instants([w.at for w in written]),
        "amounts": Bigints([w.amount_minor for w in written]),
        "debit_nets": Bigints([w.debit_net for w in written]),
        "credit_nets": Bigints([w.credit_net for w in written]),
        "codes": Smallints([w.code for w in written]),
    }


def _more_columns(written: Sequence[Written]) -> dict[str, object]:
    return {
        "kinds": Smallints([w.kind for w in written]),
        "balancings": Smallints([w.balancing for w in written]),
        "pendings": Uuids([w.pending for w in written]),
        "deadlines": Instants([w.deadline for w in written]),
        "askeds": Bigints([w.asked_minor for w in written]),
    }


def _held_columns(held: Sequence[Reservation]) -> dict[str, object]:
    return {
        "ids": Uuids([r.id for r in held]),
        "debits": Uuids([r.debit for r in held]),
        "credits": Uuids([r.credit for r in held]),
        "amounts": Bigints([r.amount_minor for r in held]),
        "codes": Smallints([r.code for r in held]),
        "deadlines": Instants([r.deadline for r in held]),
        "endeds": Smallints([r.ended for r in held]),
    }
