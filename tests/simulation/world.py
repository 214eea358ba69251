"""The real ledger on the real PostgreSQL beside the naive one, in simulated time, under one seed.

Everything is done to both. The power may go at any moment: before, between or after the
statements of a unit, or just after it was committed and before anybody was told; then everybody
sends the same again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

import pytest

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import SECOND, Instant
from nagara.ledger.model import (
    Account,
    AccountId,
    Decision,
    Expire,
    Group,
    Kind,
    Line,
    Outcome,
    Reservation,
    Side,
    Transfer,
    TransferId,
    Written,
)
from nagara.ledger.service import EXPIRE_BATCH_MAX, LedgerService
from nagara.ledger.store import LockedRows, PostgresBooks
from nagara.storage import Database, Unit
from tests.simulation.naive import Made, NaiveLedger
from tests.simulation.people import People, SimulatedClock

BEGINNING: Final = Instant(1_800_000_000_000_000)
CHECK_EVERY: Final = 4_000  # commands
_STATEMENT_LINES: Final = 40


class PowerCutError(Exception):
    """The lights went out."""


class FragileBooks(PostgresBooks):
    """The real store, which loses its power at the step at which it is told to."""

    def __init__(self) -> None:
        self.steps_left: int | None = None

    def _step(self) -> None:
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                raise PowerCutError

    async def lock(
        self, unit: Unit, accounts: Collection[AccountId], transfers: Sequence[TransferId]
    ) -> LockedRows:
        self._step()
        locked = await super().lock(unit, accounts, transfers)
        self._step()
        return locked

    async def reservations(
        self, unit: Unit, ids: Sequence[TransferId]
    ) -> dict[TransferId, Reservation]:
        found = await super().reservations(unit, ids)
        self._step()
        return found

    async def write(self, unit: Unit, decision: Decision) -> None:
        self._step()
        await super().write(unit, decision)
        self._step()


class NotedIds:
    """The people's ids, with a note of those which the ledger took for itself."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.taken: list[TransferId] = []

    def new(self) -> UUID:
        self.taken.append(TransferId(self._people.new()))
        return self.taken[-1]


@dataclass(frozen=True)
class Told:
    """What the people were told of one transfer."""

    written: Written
    made: Made


class World:
    """One run."""

    def __init__(self, seed: int, database: Database) -> None:
        self._chance = Random(seed)
        self._database = database
        self._clock = SimulatedClock(BEGINNING)
        self._people = People(self._chance, self._clock)
        self._books = FragileBooks()
        self._ids = NotedIds(self._people)
        self._ledger = LedgerService(self._books, self._clock, self._ids)
        self._naive = NaiveLedger()
        self._told: dict[TransferId, Told] = {}
        self.counts: Counter[str] = Counter()

    async def live(self, commands: int) -> None:
        """Until so many commands were given; checked on the way and at the end."""
        await self._open(self._people.accounts)
        checked = 0
        while self.counts["commands"] < commands:
            await self._happen()
            if self.counts["commands"] - checked >= CHECK_EVERY:
                checked = self.counts["commands"]
                await self._check()
        await self._check()

    async def _happen(self) -> None:
        luck = self._chance.random()
        if luck < 0.02:
            await self._open(self._people.openings())
        elif luck < 0.08:
            await self._set_state()
        elif luck < 0.12:
            await self._sweep()
        elif luck < 0.40:
            far = self._chance.choice([1, SECOND, 20 * SECOND, 3600 * SECOND])
            self._clock.go(self._chance.randint(0, far))
        elif luck < 0.42:
            self._clock.go(-self._chance.randint(0, SECOND))
        else:
            await self._batch(self._people.batch())

    async def _batch(self, batch: list[Group]) -> None:
        self.counts["commands"] += sum(len(group) for group in batch)
        luck = self._chance.random()
        if luck < 0.05:  # the unit is cut short, anywhere
            self._books.steps_left = self._chance.randint(1, 6)
            with suppress(PowerCutError):
                await self._post_and_fall(batch)
            self._books.steps_left = None
            self.counts["power cuts"] += 1
        elif luck < 0.08:  # it is committed, and nobody is told
            await self._post(batch)
            for group in batch:
                self._naive.post(group, self._clock.now())
            self.counts["answers lost"] += 1
        self._compare(batch, await self._post(batch))

    async def _post_and_fall(self, batch: list[Group]) -> None:
        async with self._database.unit() as unit:
            await self._ledger.post(unit, batch)
            raise PowerCutError

    async def _post(self, batch: list[Group]) -> list[Outcome]:
        plain = all(isinstance(command, Transfer) for group in batch for command in group)
        async with self._database.unit() as unit:
            if not plain or self._chance.random() < 0.5:
                return await self._ledger.post(unit, batch)
            # the way which a room above takes that decides between the locks and the writing
            transfers = [one for group in batch for one in group if isinstance(one, Transfer)]
            named = {id_ for one in transfers for id_ in (one.debit, one.credit)}
            async with unit.pipeline():
                locked = await self._ledger.lock(unit, named, [one.id for one in transfers])
                posting = await self._ledger.begin(locked)
                outcomes = [posting.apply(group) for group in batch]
                await self._ledger.write(unit, posting)
            return outcomes

    def _compare(self, batch: Sequence[Group], outcomes: Sequence[Outcome]) -> None:
        news: dict[TransferId, Told] = {}
        for group, outcome in zip(batch, outcomes, strict=True):
            answer = self._naive.post(group, self._clock.now())
            if isinstance(outcome, Refusal):
                assert answer == _words(outcome), (group, outcome)
                self.counts[outcome.slug] += 1
                continue
            assert not isinstance(answer, str), (group, answer, outcome)
            for made, written in zip(answer, outcome, strict=True):
                told = Told(written, made)
                before = self._told.get(written.id) or news.setdefault(written.id, told)
                assert before == told, "the same id, the same answer"
        # an answer that was lost may be told beside newer ones: instants are the order of events
        for told in sorted(news.values(), key=lambda told: told.written.at):
            self._is_new(told.made, told.written)
        self._told |= news

    def _is_new(self, made: Made, written: Written) -> None:
        command = made.command
        plain = (command.id, made.kind, made.debit, made.credit, made.amount, made.code, *made.nets)
        assert plain == (
            written.id, written.kind, written.debit, written.credit, written.amount_minor,
            written.code, written.debit_net, written.credit_net,
        )  # fmt: skip
        if isinstance(command, Transfer):
            assert (written.deadline, written.balancing) == (command.deadline, command.balancing)
        else:
            assert written.pending == command.pending
        assert written.at >= self._clock.now()
        self._naive.is_told(made, written.at)
        self.counts[made.kind.name.lower()] += 1
        if made.kind is Kind.PENDING:
            self._people.are_told(written.id)

    async def _sweep(self) -> None:
        due = set(self._naive.due(self._clock.now()))
        while True:
            self._ids.taken.clear()
            async with self._database.unit() as unit:
                count = await self._ledger.expire_due(unit)
                locked = await PostgresBooks().lock(unit, [], self._ids.taken)
                _, ended = await locked.read()
            assert count == len(ended) == min(len(due), EXPIRE_BATCH_MAX)
            written = sorted(ended.values(), key=lambda one: one.at)
            pendings = [one.pending for one in written if one.pending is not None]
            assert due.issuperset(pendings)
            due.difference_update(pendings)
            groups = [(Expire(one.id, id_),) for one, id_ in zip(written, pendings, strict=True)]
            self._compare(groups, [(one,) for one in written])
            if not due:
                return

    async def _open(self, accounts: Sequence[Account]) -> None:
        async with self._database.unit() as unit:
            outcomes = await self._ledger.open(unit, accounts)
        for account, outcome in zip(accounts, outcomes, strict=True):
            answer = self._naive.open(account, self._clock.now())
            assert answer == (outcome and _words(outcome))
            self.counts["opened" if outcome is None else outcome.slug] += 1

    async def _set_state(self) -> None:
        id_, state = self._people.state()
        answer = self._naive.set_state(id_, state)
        if answer is not None:
            with pytest.raises(Refusal) as refused:
                async with self._database.unit() as unit:
                    await self._ledger.set_state(unit, id_, state)
            assert answer == _words(refused.value)
            self.counts[refused.value.slug] += 1
            return
        async with self._database.unit() as unit:
            account = await self._ledger.set_state(unit, id_, state)
        assert account.state is state
        self.counts[state.name.lower()] += 1

    async def _check(self) -> None:
        """Everything that can be asked gets the answer of the naive ledger."""
        self.counts["checks"] += 1
        async with self._database.read() as unit:
            assert await self._ledger.audit(unit) == []
            await self._check_totals(unit)
            for id_ in self._chance.sample(list(self._naive.accounts), 6):
                await self._check_past(unit, id_)
            found = await unit.connection.execute("SELECT count(*) FROM ledger.transfer")
            assert await found.fetchone() == (len(self._told),)

    async def _check_totals(self, unit: Unit) -> None:
        known = self._naive.accounts
        stand = await self._ledger.accounts(unit, list(known))
        assert stand.keys() == known.keys()
        owners: Counter[tuple[str, str]] = Counter()
        debits: Counter[str] = Counter()
        for id_, one in known.items():
            now, terms = stand[id_], one.terms
            assert (now.state, now.debits_posted, now.credits_posted) == (
                one.state, one.debits, one.credits
            )  # fmt: skip
            assert (now.debits_pending, now.credits_pending) == (one.held_debits, one.held_credits)
            assert now.last_at == self._naive.last_at[id_]
            owners[terms.owner, terms.currency] += one.credits - one.debits
            debits[terms.currency] += one.debits
        told = await self._ledger.totals_by_owner(unit)
        assert {(owner, currency): net for owner, currency, net in told} == dict(owners)
        balances = await self._ledger.trial_balance(unit)
        assert {one.currency: one.debit_minor for one in balances} == dict(debits)
        assert all(one.balanced for one in balances)

    async def _check_past(self, unit: Unit, id_: AccountId) -> None:
        ledger, sign = self._ledger, 1
        if self._naive.accounts[id_].terms.normal_side is Side.DEBIT:
            sign = -1
        since, at, before = sorted(self._some_instant(id_) for _ in range(3))
        assert await ledger.balance_at(unit, id_, at) == sign * self._naive.net_at(id_, at)
        entries = [entry for entry in self._naive.entries[id_] if since <= entry.at < before]
        expected = [
            Line(
                entry.transfer,
                entry.at,
                entry.counterpart,
                sign * entry.change,
                sign * self._naive.net_at(id_, entry.at),
                entry.code,
            )
            for entry in entries[: -_STATEMENT_LINES - 1 : -1]
        ]
        lines = await ledger.statement(unit, id_, since, before, _STATEMENT_LINES)
        assert lines == expected
        came = [entry.transfer for entry in self._naive.entries[id_] if entry.change > 0]
        news = await ledger.news(unit, {id_: BEGINNING}, _STATEMENT_LINES)
        assert [line.transfer for _, line in news] == came[:_STATEMENT_LINES]

    def _some_instant(self, id_: AccountId) -> Instant:
        """Some time since the beginning, or the very instant of an entry."""
        entries = self._naive.entries[id_]
        if entries and self._chance.random() < 0.5:
            return self._chance.choice(entries).at
        return Instant(self._chance.randint(BEGINNING.micros, self._clock.now().micros + SECOND))


def _words(refusal: Refusal) -> str:
    facts = (f"{name}={fact}" for name, fact in refusal.facts.items())
    return " ".join([refusal.slug, *facts])
