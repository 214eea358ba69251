"""A naive ledger: what nagara.ledger must come to, in dictionaries and plain arithmetic.

Written from spec/ledger.md and sharing nothing with nagara.ledger.rules but the nouns. It is slow,
remembers every command as it was given, and adds up from the beginning whenever it is asked.
It does not foretell instants: it is told them, and checks that they grow along each account.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field, replace
from typing import Final

from nagara.kernel.instant import Instant
from nagara.ledger.model import (
    Account,
    AccountId,
    AccountState,
    Balancing,
    Command,
    Expire,
    Group,
    Kind,
    Post,
    Side,
    Transfer,
    TransferId,
)

LARGEST: Final = 1_000_000_000_000_000_000
DAYS_30_IN_MICROS: Final = 30 * 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True)
class Standing:
    """What an account is and what has gone through it."""

    terms: Account
    state: AccountState = AccountState.OPEN
    debits: int = 0
    credits: int = 0
    held_debits: int = 0
    held_credits: int = 0

    def may_give(self) -> int:
        """What a debit may take, without end where nothing bounds it."""
        if self.terms.floor_minor is None or self.terms.normal_side == Side.DEBIT:
            return LARGEST
        return self.credits - self.debits - self.held_debits - self.terms.floor_minor

    def may_take(self) -> int:
        """What a credit may bring, without end where nothing bounds it."""
        if self.terms.floor_minor is None or self.terms.normal_side == Side.CREDIT:
            return LARGEST
        return self.debits - self.credits - self.held_credits - self.terms.floor_minor


@dataclass(frozen=True)
class Made:
    """A command that was carried out, as it was given, and what it moved."""

    command: Command
    kind: Kind
    debit: AccountId
    credit: AccountId
    amount: int
    code: int
    nets: tuple[int, int]


@dataclass(frozen=True)
class Held:
    """Money that was reserved."""

    made: Made
    deadline: Instant
    ended: Kind | None = None


@dataclass(frozen=True)
class Entry:
    """One line in the life of an account."""

    at: Instant
    transfer: TransferId
    counterpart: AccountId
    change: int  # credits minus debits
    code: int


Answer = list[Made] | str


@dataclass
class NaiveLedger:
    """Accounts, what was made, what is held. A group works on a sheet laid over them."""

    accounts: dict[AccountId, Standing] = field(default_factory=dict)
    made: dict[TransferId, Made] = field(default_factory=dict)
    held: dict[TransferId, Held] = field(default_factory=dict)
    entries: dict[AccountId, list[Entry]] = field(default_factory=dict)
    last_at: dict[AccountId, Instant] = field(default_factory=dict)

    def post(self, group: Group, now: Instant) -> Answer:
        """What the group comes to: what it made, or the words of its refusal."""
        if not 1 <= len(group) <= 64:
            return "ledger.group_too_large limit=64"
        sheet = Sheet(self, now)
        answer = []
        for index, command in enumerate(group):
            one = sheet.command(command)
            if isinstance(one, str):
                if len(group) == 1:
                    return one
                return f"ledger.linked_refused index={index} cause={one.split()[0]}"
            answer.append(one)
        self.accounts |= sheet.accounts.maps[0]
        self.made |= sheet.made.maps[0]
        self.held |= sheet.held.maps[0]
        return answer

    def is_told(self, made: Made, at: Instant) -> None:
        """The instant at which something new was made."""
        for id_ in (made.debit, made.credit):
            assert at > self.last_at[id_], "instants grow along an account"
            self.last_at[id_] = at
        if made.kind in {Kind.POSTED, Kind.POST}:
            transfer, amount = made.command.id, made.amount
            self.entries[made.debit].append(Entry(at, transfer, made.credit, -amount, made.code))
            self.entries[made.credit].append(Entry(at, transfer, made.debit, amount, made.code))

    def open(self, account: Account, now: Instant) -> str | None:
        """Open it, or say in which term it differs from the one that stands."""
        if account.id not in self.accounts:
            self.accounts[account.id] = Standing(account)
            self.entries[account.id] = []
            self.last_at[account.id] = now
            return None
        stands = self.accounts[account.id].terms
        for term in ("owner", "currency", "normal_side", "floor_minor"):
            if getattr(stands, term) != getattr(account, term):
                return f"ledger.account_differs field={term}"
        return None

    def set_state(self, id_: AccountId, state: AccountState) -> str | None:
        """Freeze, open again or close."""
        one = self.accounts.get(id_)
        if one is None:
            return "ledger.account_not_found side=any"
        if one.state == state:
            return None
        if one.state == AccountState.CLOSED:
            return "ledger.account_closed side=any"
        if state == AccountState.CLOSED and (
            one.debits != one.credits or one.held_debits or one.held_credits
        ):
            return "ledger.account_not_empty"
        self.accounts[id_] = replace(one, state=state)
        return None

    def due(self, now: Instant) -> list[TransferId]:
        """What is held past its deadline."""
        return [
            id_ for id_, held in self.held.items() if held.ended is None and held.deadline <= now
        ]

    def net_at(self, id_: AccountId, at: Instant) -> int:
        """Credits minus debits up to an instant, added up from the beginning."""
        return sum(entry.change for entry in self.entries[id_] if entry.at <= at)


class Sheet:
    """What a group has changed so far; thrown away where it is refused."""

    def __init__(self, under: NaiveLedger, now: Instant) -> None:
        self.accounts = ChainMap[AccountId, Standing]({}, under.accounts)
        self.made = ChainMap[TransferId, Made]({}, under.made)
        self.held = ChainMap[TransferId, Held]({}, under.held)
        self.now = now

    def command(self, command: Command) -> Made | str:
        """What one command comes to."""
        if command.id in self.made:
            before = self.made[command.id]
            field_ = _first_difference(command, before.command)
            return f"ledger.transfer_differs field={field_}" if field_ else before
        if isinstance(command, Transfer):
            return self._transfer(command)
        return self._ending(command)

    def _transfer(self, command: Transfer) -> Made | str:
        for side, id_ in (("debit", command.debit), ("credit", command.credit)):
            if id_ not in self.accounts:
                return f"ledger.account_not_found side={side}"
        debit, credit = self.accounts[command.debit], self.accounts[command.credit]
        if (said := self._unfit(command, debit, credit)) is not None:
            return said
        amount = command.amount_minor
        if command.balancing == Balancing.DEBIT:
            amount = min(amount, debit.may_give())
        if command.balancing == Balancing.CREDIT:
            amount = min(amount, credit.may_take())
        if amount <= 0 or amount > debit.may_give() or amount > credit.may_take():
            return "ledger.funds_insufficient"
        if (
            debit.debits + debit.held_debits + amount > LARGEST
            or credit.credits + credit.held_credits + amount > LARGEST
        ):
            return "ledger.total_too_large"
        if command.deadline is None:
            self._move(command.debit, command.credit, amount)
            return self._remember(command, Kind.POSTED, command, amount)
        self._hold(command.debit, command.credit, amount)
        made = self._remember(command, Kind.PENDING, command, amount)
        self.held[command.id] = Held(made, command.deadline)
        return made

    def _unfit(self, command: Transfer, debit: Standing, credit: Standing) -> str | None:
        amount = command.amount_minor
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= LARGEST:
            return "ledger.amount_invalid"
        if command.debit == command.credit:
            return "ledger.same_account"
        for side, one in (("debit", debit), ("credit", credit)):
            if one.state != AccountState.OPEN:
                return f"ledger.account_{one.state.name.lower()} side={side}"
        if {debit.terms.currency, credit.terms.currency} != {command.currency}:
            return f"ledger.currency_differs currency={command.currency}"
        if command.deadline is not None:
            ahead = command.deadline.micros - self.now.micros
            if ahead <= 0 or ahead > DAYS_30_IN_MICROS:
                return "ledger.deadline_invalid"
        return None

    def _ending(self, command: Command) -> Made | str:
        assert not isinstance(command, Transfer)
        held = self.held.get(command.pending)
        if held is None:
            return "ledger.pending_not_found"
        if held.ended is not None:
            word = {Kind.POST: "posted", Kind.VOID: "voided", Kind.EXPIRE: "expired"}[held.ended]
            return f"ledger.pending_{word}"
        over = self.now >= held.deadline
        if isinstance(command, Expire) and not over:
            return "ledger.pending_not_due"
        if not isinstance(command, Expire) and over:
            return "ledger.pending_expired"
        made, moved = held.made, held.made.amount
        kind = Kind.EXPIRE if isinstance(command, Expire) else Kind.VOID
        if isinstance(command, Post):
            kind = Kind.POST
            moved = moved if command.amount_minor is None else command.amount_minor
            if moved < 1:
                return "ledger.amount_invalid"
            if moved > made.amount:
                return "ledger.pending_exceeded"
            for side, id_ in (("debit", made.debit), ("credit", made.credit)):
                if self.accounts[id_].state != AccountState.OPEN:
                    return f"ledger.account_{self.accounts[id_].state.name.lower()} side={side}"
        self._hold(made.debit, made.credit, -made.amount)
        if kind == Kind.POST:
            self._move(made.debit, made.credit, moved)
        self.held[command.pending] = replace(held, ended=kind)
        return self._remember(command, kind, made, moved)

    def _move(self, debit: AccountId, credit: AccountId, amount: int) -> None:
        one, other = self.accounts[debit], self.accounts[credit]
        self.accounts[debit] = replace(one, debits=one.debits + amount)
        self.accounts[credit] = replace(other, credits=other.credits + amount)

    def _hold(self, debit: AccountId, credit: AccountId, amount: int) -> None:
        one, other = self.accounts[debit], self.accounts[credit]
        self.accounts[debit] = replace(one, held_debits=one.held_debits + amount)
        self.accounts[credit] = replace(other, held_credits=other.held_credits + amount)

    def _remember(self, command: Command, kind: Kind, of: Transfer | Made, amount: int) -> Made:
        one, other = self.accounts[of.debit], self.accounts[of.credit]
        nets = (one.credits - one.debits, other.credits - other.debits)
        made = Made(command, kind, of.debit, of.credit, amount, of.code, nets)
        self.made[command.id] = made
        return made


def _first_difference(now: Command, before: Command) -> str | None:
    if type(now) is not type(before):
        return "kind"
    if isinstance(now, Transfer):
        assert isinstance(before, Transfer)
        if (now.deadline is None) != (before.deadline is None):
            return "kind"
        words = ["debit", "credit", "amount_minor", "currency", "code", "deadline", "balancing"]
    else:
        words = ["pending", "amount_minor"] if isinstance(now, Post) else ["pending"]
    for word in words:
        if getattr(now, word) != getattr(before, word):
            return word.removesuffix("_minor")
    return None
