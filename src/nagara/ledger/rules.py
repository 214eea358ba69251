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
    CODE_MAX,
    GROUP_MAX,
    OWNER_MAX,
    PENDING_SECONDS_MAX,
    Account,
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
    AccountDiffers,
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
_POSTED = Kind.POSTED
_UP_TO_DEBIT = Balancing.DEBIT


class _Tally:
    """The running totals of one account inside a batch; an Account is made of it at the end."""

    __slots__ = ("at", "credits_pending", "credits_posted", "debits_pending", "debits_posted", "of")

    def __init__(self, account: Account) -> None:
        self.of = account
        self.debits_posted = account.debits_posted
        self.credits_posted = account.credits_posted
        self.debits_pending = account.debits_pending
        self.credits_pending = account.credits_pending
        self.at: Instant | None = None  # of the last transfer in this batch, if any

    def debitable(self) -> int:
        """How much may still be debited (L2)."""
        account = self.of
        if account.floor_minor is None or account.normal_side is not _CREDIT:
            return MINOR_MAX
        net = self.credits_posted - self.debits_posted
        return net - self.debits_pending - account.floor_minor

    def creditable(self) -> int:
        """How much may still be credited (L2)."""
        account = self.of
        if account.floor_minor is None or account.normal_side is _CREDIT:
            return MINOR_MAX
        net = self.debits_posted - self.credits_posted
        return net - self.credits_pending - account.floor_minor

    def account(self) -> Account:
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
            self.at or of.last_at,
        )

    def totals(self) -> _Totals:
        return (
            self.debits_posted,
            self.credits_posted,
            self.debits_pending,
            self.credits_pending,
            self.at,
        )

    def restore(self, totals: _Totals) -> None:
        (
            self.debits_posted,
            self.credits_posted,
            self.debits_pending,
            self.credits_pending,
            self.at,
        ) = totals


_Totals = tuple[int, int, int, int, Instant | None]


class _Hold:
    """A reservation inside a batch; `ended` is how it stands now."""

    __slots__ = ("ended", "new", "of")

    def __init__(self, reservation: Reservation, *, new: bool) -> None:
        self.of = reservation
        self.ended = reservation.ended
        self.new = new

    def reservation(self) -> Reservation:
        of = self.of
        return Reservation(
            of.id, of.debit, of.credit, of.amount_minor, of.code, of.deadline, self.ended
        )


class Posting:
    """One batch being decided: groups are applied in order, each seeing those before it.

    `accounts` are all that the groups name, locked; `written` what already stands under their
    ids; `reservations` all that they end. Inside, everything is found by the integer of its id:
    a UUID hashes and compares in Python, which costs as much as the rest of a transfer.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        written: Mapping[TransferId, Written],
        reservations: Mapping[TransferId, Reservation],
        at: Instant,
    ) -> None:
        self._tallies = {account.id.int: _Tally(account) for account in accounts}
        self._written = {id_.int: one for id_, one in written.items()}
        self._holds = {id_.int: _Hold(one, new=False) for id_, one in reservations.items()}
        self._new: list[Written] = []
        self._now = at
        latest = max((tally.of.last_at.micros for tally in self._tallies.values()), default=0)
        self._micros = max(at.micros, latest + 1)  # L6

    def apply(self, group: Group) -> Outcome:
        """Make the whole group, or say why not (L5)."""
        if len(group) == 1:
            return self._command(group[0])
        if not 1 <= len(group) <= GROUP_MAX:
            return GroupTooLarge(limit=GROUP_MAX)
        return self._linked(group)

    def decision(self) -> Decision:
        """What must be written, once every group has its outcome."""
        touched = [tally for tally in self._tallies.values() if tally.at is not None]
        return Decision(
            [tally.of for tally in touched],
            [tally.account() for tally in touched],
            self._new,
            [
                hold.reservation()
                for hold in self._holds.values()
                if hold.new or hold.ended is not hold.of.ended
            ],
        )

    def _linked(self, group: Group) -> Outcome:
        count, before = len(self._new), list[tuple[_Tally, _Totals]]()
        made: list[Written] = []
        for index, command in enumerate(group):
            before += [(tally, tally.totals()) for tally in self._sides(command)]
            outcome = self._command(command)
            if isinstance(outcome, Refusal):
                for tally, totals in reversed(before):
                    tally.restore(totals)
                self._take_back(count)
                return LinkedRefused(index=index, cause=outcome.slug)
            made.extend(outcome)
        return tuple(made)

    def _sides(self, command: Command) -> list[_Tally]:
        """The accounts that the command would change, as far as they exist."""
        if isinstance(command, Transfer):
            ids = [command.debit.int, command.credit.int]
        else:
            hold = self._holds.get(command.pending.int)
            ids = [] if hold is None else [hold.of.debit.int, hold.of.credit.int]
        return [self._tallies[id_] for id_ in ids if id_ in self._tallies]

    def _take_back(self, count: int) -> None:
        """Forget all but the first `count` transfers of this batch, and what they held or ended."""
        for written in reversed(self._new[count:]):
            del self._written[written.id.int]
            if written.kind is Kind.PENDING:
                del self._holds[written.id.int]
            elif written.pending is not None:
                self._holds[written.pending.int].ended = None
            self._micros -= 1
        del self._new[count:]

    def _command(self, command: Command) -> Outcome:
        earlier = self._written.get(command.id.int)
        if earlier is not None:
            field = self._difference(command, earlier)
            return TransferDiffers(field=field) if field else (earlier,)
        if isinstance(command, Transfer):
            return self._transfer(command)
        return self._end(command)

    def _transfer(self, command: Transfer) -> Outcome:
        debit = self._tallies.get(command.debit.int)
        credit = self._tallies.get(command.credit.int)
        if debit is None or credit is None:
            return AccountNotFound(side="debit" if debit is None else "credit")
        if (refusal := _unfit(command, debit.of, credit.of, self._now)) is not None:
            return refusal
        amount, asked = command.amount_minor, None
        debitable, creditable = debit.debitable(), credit.creditable()
        if command.balancing:
            asked = amount
            amount = min(amount, debitable if command.balancing is _UP_TO_DEBIT else creditable)
        if amount < 1 or amount > debitable or amount > creditable:
            return FundsInsufficient()
        if (
            debit.debits_posted + debit.debits_pending + amount > MINOR_MAX
            or credit.credits_posted + credit.credits_pending + amount > MINOR_MAX
        ):
            return TotalTooLarge()
        if command.deadline is None:
            kind = _POSTED
            debit.debits_posted += amount
            credit.credits_posted += amount
        else:
            kind = Kind.PENDING
            debit.debits_pending += amount
            credit.credits_pending += amount
            held = Reservation(
                command.id, command.debit, command.credit, amount, command.code, command.deadline
            )
            self._holds[command.id.int] = _Hold(held, new=True)
        return self._write(
            Written(
                command.id,
                kind,
                command.debit,
                command.credit,
                amount,
                command.code,
                self._next_at(debit, credit),
                debit.credits_posted - debit.debits_posted,
                credit.credits_posted - credit.debits_posted,
                None,
                command.deadline,
                asked,
                command.balancing,
            )
        )

    def _end(self, command: Post | Void | Expire) -> Outcome:
        """End a reservation once (L4)."""
        hold = self._holds.get(command.pending.int)
        if hold is None:
            return PendingNotFound()
        held = hold.of
        debit, credit = self._tallies[held.debit.int], self._tallies[held.credit.int]
        refusal = _unendable(command, held, hold.ended, self._now)
        if refusal is None and isinstance(command, Post):
            refusal = _not_open(debit.of, credit.of)  # frozen money may be let go, not moved
        if refusal is not None:
            return refusal
        amount, asked = held.amount_minor, None
        debit.debits_pending -= amount
        credit.credits_pending -= amount
        assert debit.debits_pending >= 0
        assert credit.credits_pending >= 0
        if isinstance(command, Post):
            asked = command.amount_minor
            amount = amount if asked is None else asked
            debit.debits_posted += amount
            credit.credits_posted += amount
        hold.ended = _KIND[type(command)]
        return self._write(
            Written(
                command.id,
                hold.ended,
                held.debit,
                held.credit,
                amount,
                held.code,
                self._next_at(debit, credit),
                debit.credits_posted - debit.debits_posted,
                credit.credits_posted - credit.debits_posted,
                pending=held.id,
                asked_minor=asked,
            )
        )

    def _next_at(self, debit: _Tally, credit: _Tally) -> Instant:
        """An instant that no other transfer of the two accounts has (L6)."""
        debit.at = credit.at = at = Instant(self._micros)
        self._micros += 1
        return at

    def _write(self, written: Written) -> tuple[Written]:
        self._written[written.id.int] = written
        self._new.append(written)
        return (written,)

    def _difference(self, command: Command, earlier: Written) -> str | None:
        """The first field in which a repeated id differs from what stands in the books (L3)."""
        pairs: tuple[tuple[str, object, object], ...]
        if isinstance(command, Transfer):
            asked = earlier.amount_minor if earlier.asked_minor is None else earlier.asked_minor
            debit = self._tallies.get(earlier.debit.int)
            pairs = (
                ("kind", _POSTED if command.deadline is None else Kind.PENDING, earlier.kind),
                ("debit", command.debit, earlier.debit),
                ("credit", command.credit, earlier.credit),
                ("amount", command.amount_minor, asked),
                ("currency", command.currency, debit and debit.of.currency),
                ("code", command.code, earlier.code),
                ("deadline", command.deadline, earlier.deadline),
                ("balancing", command.balancing, earlier.balancing),
            )
        else:
            amount = command.amount_minor if isinstance(command, Post) else None
            pairs = (
                ("kind", _KIND[type(command)], earlier.kind),
                ("pending", command.pending, earlier.pending),
                ("amount", amount, earlier.asked_minor),
            )
        return next((name for name, one, other in pairs if one != other), None)


def check_terms(account: Account) -> None:
    """The terms of a new account are of a form that the books can hold: ours to see to."""
    assert len(account.owner) <= OWNER_MAX
    assert len(account.currency) == 3
    assert account.floor_minor is None or -MINOR_MAX <= account.floor_minor <= 0


def may_open(asked: Account, standing: Account) -> Refusal | None:
    """None where the account that stands under this id has the same terms."""
    for field in ("owner", "currency", "normal_side", "floor_minor"):
        if getattr(asked, field) != getattr(standing, field):
            return AccountDiffers(field=field)
    return None


def may_become(account: Account | None, state: AccountState) -> Refusal | None:
    """None, or why the account may not be frozen, opened again or closed."""
    if account is None:
        return AccountNotFound(side="any")
    if account.state is state:
        return None
    if account.state is AccountState.CLOSED:
        return AccountClosed(side="any")
    reserved = account.debits_pending or account.credits_pending
    if state is AccountState.CLOSED and (account.balance_minor or reserved):
        return AccountNotEmpty()
    return None


def _unfit(command: Transfer, debit: Account, credit: Account, now: Instant) -> Refusal | None:
    """What is wrong with a transfer before any balance is looked at."""
    amount = command.amount_minor
    if type(amount) is not int or not 1 <= amount <= MINOR_MAX:  # bool is an int too
        return AmountInvalid()
    if debit is credit:
        return SameAccount()
    if debit.state is not _OPEN or credit.state is not _OPEN:
        return _not_open(debit, credit)
    if debit.currency != command.currency or credit.currency != command.currency:
        return CurrencyDiffers(currency=command.currency)
    if command.deadline is not None:
        ahead = command.deadline.micros - now.micros
        if not 0 < ahead <= PENDING_SECONDS_MAX * SECOND:
            return DeadlineInvalid()
    assert 0 <= command.code <= CODE_MAX
    return None


def _not_open(debit: Account, credit: Account) -> Refusal | None:
    for side, account in (("debit", debit), ("credit", credit)):
        if account.state is AccountState.CLOSED:
            return AccountClosed(side=side)
        if account.state is AccountState.FROZEN:
            return AccountFrozen(side=side)
    return None


def _unendable(
    command: Post | Void | Expire, held: Reservation, ended: Kind | None, now: Instant
) -> Refusal | None:
    """Why the reservation cannot be ended so."""
    if ended is not None:
        return _ENDED[ended]()
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
_KIND: dict[type[Command], Kind] = {Post: Kind.POST, Void: Kind.VOID, Expire: Kind.EXPIRE}
