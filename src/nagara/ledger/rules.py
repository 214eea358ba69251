"""The rules of the ledger: when a transfer is allowed, and what it changes.

Laws:  L1  Every transfer takes from one account what it gives to the other, in one currency: the
           entries sum to zero.
       L2  No transfer takes an account below its floor; open reservations count.
       L3  The same id with the same content changes nothing twice and gets the same answer; with
           other content it is refused.
       L4  A reservation ends exactly once: posted, voided or expired.
       L5  A group is made whole or not at all.
       L6  Along one account, `at` strictly grows: balances at past instants never change.
Not here: time, storage, and who may ask. The caller has locked the accounts it hands in.
Spec: spec/ledger.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import SECOND, Instant
from nagara.kernel.money import MINOR_MAX
from nagara.ledger.model import (
    GROUP_MAX,
    PENDING_SECONDS_MAX,
    Account,
    AccountId,
    AccountState,
    Balancing,
    Command,
    Decision,
    Expire,
    Group,
    Kind,
    Outcome,
    Post,
    Reservation,
    Side,
    Transfer,
    TransferId,
    Void,
    Written,
)
from nagara.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotEmpty,
    AccountNotFound,
    AmountInvalid,
    CurrencyDiffers,
    DeadlineInvalid,
    FundsInsufficient,
    GroupTooLarge,
    LinkedRefused,
    PendingExceeded,
    PendingExpired,
    PendingNotDue,
    PendingNotFound,
    PendingPosted,
    PendingVoided,
    SameAccount,
    TotalTooLarge,
    TransferDiffers,
)

_OPEN = AccountState.OPEN
_CREDIT = Side.CREDIT


class _Tally:
    """The running totals of one account inside a batch; an Account is made of it at the end."""

    __slots__ = ("credits_pending", "credits_posted", "debits_pending", "debits_posted", "of")

    def __init__(self, account: Account) -> None:
        self.of = account
        self.debits_posted = account.debits_posted
        self.credits_posted = account.credits_posted
        self.debits_pending = account.debits_pending
        self.credits_pending = account.credits_pending

    def debitable(self) -> int:
        """How much may still be debited (L2)."""
        account = self.of
        if account.normal_side is not _CREDIT or account.floor_minor is None:
            return MINOR_MAX
        net = self.credits_posted - self.debits_posted
        return net - self.debits_pending - account.floor_minor

    def creditable(self) -> int:
        """How much may still be credited (L2)."""
        account = self.of
        if account.normal_side is _CREDIT or account.floor_minor is None:
            return MINOR_MAX
        net = self.debits_posted - self.credits_posted
        return net - self.credits_pending - account.floor_minor

    def account(self, last_at: Instant) -> Account:
        of = self.of
        return Account(
            of.id,
            of.owner,
            of.currency,
            of.normal_side,
            of.floor_minor,
            of.state,
            self.debits_posted,
            self.credits_posted,
            self.debits_pending,
            self.credits_pending,
            last_at,
        )

    def totals(self) -> tuple[int, int, int, int]:
        return self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending

    def restore(self, totals: tuple[int, int, int, int]) -> None:
        self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending = totals


class Posting:
    """One batch being decided: groups are applied in order, each seeing those before it."""

    def __init__(
        self,
        accounts: Iterable[Account],
        written: Mapping[TransferId, Written],
        reservations: Mapping[TransferId, Reservation],
        at: Instant,
    ) -> None:
        self.before = tuple(accounts)
        self._tallies = {account.id: _Tally(account) for account in self.before}
        self._written = dict(written)
        self._reservations = dict(reservations)
        latest = max((t.of.last_at.micros for t in self._tallies.values()), default=0)
        self._now = at
        self._micros = max(at.micros, latest + 1)
        self._new: list[Written] = []
        self._touched: dict[AccountId, Instant] = {}
        self._ended: dict[TransferId, Reservation] = {}

    def apply(self, group: Group) -> Outcome:
        """Make the whole group, or say why not (L5)."""
        if len(group) == 1:
            return self._command(group[0])
        if not 1 <= len(group) <= GROUP_MAX:
            return GroupTooLarge(limit=GROUP_MAX)
        return self._linked(group)

    def decision(self) -> Decision:
        """What must be written, once every group has its outcome."""
        accounts = [self._tallies[id_].account(at) for id_, at in self._touched.items()]
        return Decision(accounts, self._new, list(self._ended.values()))

    def _linked(self, group: Group) -> Outcome:
        before = {id_: tally.totals() for id_, tally in self._tallies.items()}
        count, touched, ended = len(self._new), dict(self._touched), dict(self._ended)
        known = dict(self._reservations)
        made: list[Written] = []
        for index, command in enumerate(group):
            outcome = self._command(command)
            if isinstance(outcome, Refusal):
                for id_, totals in before.items():
                    self._tallies[id_].restore(totals)
                for written in self._new[count:]:
                    del self._written[written.id]
                del self._new[count:]
                self._touched, self._ended, self._reservations = touched, ended, known
                return LinkedRefused(index=index, cause=outcome.slug)
            made.extend(outcome)
        return tuple(made)

    def _command(self, command: Command) -> Outcome:
        earlier = self._written.get(command.id)
        if earlier is not None:
            field = _difference(command, earlier)
            return TransferDiffers(field=field) if field else (earlier,)
        if isinstance(command, Transfer):
            return self._transfer(command)
        return self._end(command)

    def _transfer(self, command: Transfer) -> Outcome:
        debit = self._tallies.get(command.debit)
        credit = self._tallies.get(command.credit)
        refusal = _unfit(command, debit, credit, self._now)
        if refusal is not None:
            return refusal
        assert debit is not None
        assert credit is not None
        amount = command.amount_minor
        if command.balancing is Balancing.DEBIT:
            amount = min(amount, debit.debitable())
        elif command.balancing is Balancing.CREDIT:
            amount = min(amount, credit.creditable())
        if amount <= 0 or debit.debitable() < amount or credit.creditable() < amount:
            return FundsInsufficient()
        if max(debit.debits_posted, credit.credits_posted) + amount > MINOR_MAX:
            return TotalTooLarge()
        asked = command.amount_minor if command.balancing else None
        if command.deadline is not None:
            debit.debits_pending += amount
            credit.credits_pending += amount
            self._reservations[command.id] = self._ended[command.id] = Reservation(
                command.id, command.debit, command.credit, amount, command.code, command.deadline
            )
            kind = Kind.PENDING
        else:
            debit.debits_posted += amount
            credit.credits_posted += amount
            kind = Kind.POSTED
        return self._write(
            command.id,
            kind,
            debit,
            credit,
            amount,
            command.code,
            deadline=command.deadline,
            asked_minor=asked,
            balancing=command.balancing,
        )

    def _end(self, command: Post | Void | Expire) -> Outcome:
        """End a reservation once (L4)."""
        held = self._reservations.get(command.pending)
        refusal = _unendable(command, held, self._now)
        if refusal is not None:
            return refusal
        assert held is not None
        debit, credit = self._tallies[held.debit], self._tallies[held.credit]
        if isinstance(command, Post) and (refusal := _unpostable(debit, credit)) is not None:
            return refusal
        debit.debits_pending -= held.amount_minor
        credit.credits_pending -= held.amount_minor
        assert min(debit.debits_pending, credit.credits_pending) >= 0
        amount, asked, kind = held.amount_minor, None, Kind.VOID
        if isinstance(command, Post):
            asked, kind = command.amount_minor, Kind.POST
            amount = held.amount_minor if asked is None else asked
            debit.debits_posted += amount
            credit.credits_posted += amount
        elif isinstance(command, Expire):
            kind = Kind.EXPIRE
        ended = Reservation(
            held.id, held.debit, held.credit, held.amount_minor, held.code, held.deadline, kind
        )
        self._reservations[held.id] = self._ended[held.id] = ended
        return self._write(
            command.id,
            kind,
            debit,
            credit,
            amount,
            held.code,
            pending=held.id,
            asked_minor=asked,
        )

    def _write(  # noqa: PLR0913 - the columns of one line in the books
        self,
        id_: TransferId,
        kind: Kind,
        debit: _Tally,
        credit: _Tally,
        amount: int,
        code: int,
        *,
        pending: TransferId | None = None,
        deadline: Instant | None = None,
        asked_minor: int | None = None,
        balancing: Balancing = Balancing.NONE,
    ) -> tuple[Written]:
        at = Instant(self._micros)
        self._micros += 1  # L6: no two transfers of a batch share an instant
        written = Written(
            id_,
            kind,
            debit.of.id,
            credit.of.id,
            amount,
            code,
            at,
            debit.credits_posted - debit.debits_posted,
            credit.credits_posted - credit.debits_posted,
            pending,
            deadline,
            asked_minor,
            balancing,
        )
        self._written[id_] = written
        self._new.append(written)
        self._touched[debit.of.id] = self._touched[credit.of.id] = at
        return (written,)


def may_close(account: Account) -> Refusal | None:
    """None, or why the account may not be closed."""
    empty = account.debits_posted == account.credits_posted
    if not empty or account.debits_pending or account.credits_pending:
        return AccountNotEmpty()
    return None


def _unfit(
    command: Transfer, debit: _Tally | None, credit: _Tally | None, now: Instant
) -> Refusal | None:
    """What is wrong with a transfer before any balance is looked at."""
    amount = command.amount_minor
    if type(amount) is not int or not 1 <= amount <= MINOR_MAX:
        return AmountInvalid()
    if command.debit == command.credit:
        return SameAccount()
    for side, tally in (("debit", debit), ("credit", credit)):
        if tally is None:
            return AccountNotFound(side=side)
        if tally.of.state is not _OPEN:
            return _not_open(side, tally)
        if tally.of.currency != command.currency:
            return CurrencyDiffers(currency=command.currency)
    if command.deadline is not None:
        ahead = command.deadline.micros - now.micros
        if not 0 < ahead <= PENDING_SECONDS_MAX * SECOND:
            return DeadlineInvalid()
    return None


def _not_open(side: str, tally: _Tally) -> Refusal:
    closed = tally.of.state is AccountState.CLOSED
    return AccountClosed(side=side) if closed else AccountFrozen(side=side)


def _unpostable(debit: _Tally, credit: _Tally) -> Refusal | None:
    """Money that was reserved does not move while an account is frozen; it may be released."""
    for side, tally in (("debit", debit), ("credit", credit)):
        if tally.of.state is not _OPEN:
            return _not_open(side, tally)
    return None


def _unendable(
    command: Post | Void | Expire, held: Reservation | None, now: Instant
) -> Refusal | None:
    """Why the reservation cannot be ended so."""
    if held is None:
        return PendingNotFound()
    if held.ended is not None:
        return _ENDED[held.ended]()
    due = held.deadline <= now
    if isinstance(command, Expire):
        return None if due else PendingNotDue()
    if due:
        return PendingExpired()
    if isinstance(command, Post) and command.amount_minor is not None:
        if type(command.amount_minor) is not int or command.amount_minor < 1:
            return AmountInvalid()
        if command.amount_minor > held.amount_minor:
            return PendingExceeded()
    return None


_ENDED: dict[Kind, type[Refusal]] = {
    Kind.POST: PendingPosted,
    Kind.VOID: PendingVoided,
    Kind.EXPIRE: PendingExpired,
}


def _difference(command: Command, earlier: Written) -> str | None:
    """The first field in which a repeated id differs from what stands in the books (L3)."""
    if isinstance(command, Transfer):
        asked = earlier.amount_minor if earlier.asked_minor is None else earlier.asked_minor
        pairs: tuple[tuple[str, object, object], ...] = (
            ("kind", Kind.POSTED if command.deadline is None else Kind.PENDING, earlier.kind),
            ("debit", command.debit, earlier.debit),
            ("credit", command.credit, earlier.credit),
            ("amount", command.amount_minor, asked),
            ("code", command.code, earlier.code),
            ("deadline", command.deadline, earlier.deadline),
            ("balancing", command.balancing, earlier.balancing),
        )
    else:
        amount = command.amount_minor if isinstance(command, Post) else earlier.asked_minor
        pairs = (
            ("kind", _KIND[type(command)], earlier.kind),
            ("pending", command.pending, earlier.pending),
            ("amount", amount, earlier.asked_minor),
        )
    return next((name for name, one, other in pairs if one != other), None)


_KIND: dict[type[Command], Kind] = {Post: Kind.POST, Void: Kind.VOID, Expire: Kind.EXPIRE}
