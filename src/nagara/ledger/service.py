"""The order of effects in the ledger: lock, read, decide, check, write. All inside the caller's unit.

Accounts are locked in id order before anything about them is read, so that batches of several
processes keep apart and never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from nagara.kernel.errors import Refusal
from nagara.kernel.ids import IdSource
from nagara.kernel.instant import Clock, Instant
from nagara.ledger import rules
from nagara.ledger.model import (
    OWNER_MAX,
    Account,
    AccountId,
    AccountState,
    Decision,
    Expire,
    Group,
    Line,
    Locked,
    Outcome,
    Reservation,
    Side,
    Transfer,
    TransferId,
    TrialBalance,
)
from nagara.ledger.refusals import AccountClosed, AccountDiffers, AccountNotFound
from nagara.storage import Unit

EXPIRE_BATCH_MAX: Final = 500
LINES_MAX: Final = 1000
AUDIT_MAX: Final = 100


class Books(Protocol):
    """What the service needs of its store; see store.PostgresBooks for the words of each."""

    async def lock(
        self, unit: Unit, accounts: Sequence[AccountId], transfers: Sequence[TransferId]
    ) -> Locked: ...
    async def accounts(self, unit: Unit, ids: Sequence[AccountId]) -> list[Account]: ...
    async def open(
        self, unit: Unit, accounts: Sequence[Account], at: Instant
    ) -> set[AccountId]: ...
    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> None: ...
    async def reservation_accounts(
        self, unit: Unit, ids: Sequence[TransferId]
    ) -> set[AccountId]: ...
    async def reservations(
        self, unit: Unit, ids: Sequence[TransferId]
    ) -> dict[TransferId, Reservation]: ...
    async def due(self, unit: Unit, at: Instant, count: int) -> list[TransferId]: ...
    async def write(self, unit: Unit, decision: Decision) -> None: ...
    async def net_at(self, unit: Unit, id_: AccountId, at: Instant) -> int: ...
    async def statement(
        self, unit: Unit, account: Account, since: Instant, before: Instant, count: int
    ) -> list[Line]: ...
    async def news(
        self, unit: Unit, after: dict[AccountId, Instant], count: int
    ) -> list[tuple[AccountId, Line]]: ...
    async def trial_balance(self, unit: Unit) -> list[TrialBalance]: ...
    async def totals_by_owner(self, unit: Unit) -> list[tuple[str, str, int]]: ...
    async def audit(self, unit: Unit, count: int) -> list[AccountId]: ...


class LedgerService:
    """The ledger of one country, as nagara.ledger.Ledger promises it."""

    def __init__(self, books: Books, clock: Clock, ids: IdSource) -> None:
        self._books = books
        self._clock = clock
        self._ids = ids

    async def post(self, unit: Unit, groups: Sequence[Group]) -> list[Outcome]:
        """Decide the groups in order and write what was decided; an outcome for each."""
        accounts, transfers, pendings = _named(groups)
        if pendings:
            accounts |= await self._books.reservation_accounts(unit, pendings)
        async with unit.pipeline():
            locked = await self._books.lock(unit, sorted(accounts), transfers)
            before, written = await locked.read()
            held = await self._books.reservations(unit, pendings) if pendings else {}
            posting = rules.Posting(before, written, held, self._clock.now())
            outcomes = [posting.apply(group) for group in groups]
            await self.write(unit, posting)
        return outcomes

    async def lock(
        self, unit: Unit, accounts: Iterable[AccountId], transfers: Sequence[TransferId]
    ) -> Locked:
        """Ask for the locks of one-phase transfers without waiting; see Ledger.lock."""
        return await self._books.lock(unit, sorted(accounts), transfers)

    async def begin(self, locked: Locked) -> rules.Posting:
        """Wait for the locks; then decide transfers one by one with `apply`."""
        before, written = await locked.read()
        return rules.Posting(before, written, {}, self._clock.now())

    async def write(self, unit: Unit, posting: rules.Posting) -> None:
        """Write what a posting came to."""
        decision = posting.decision()
        _check_sums(posting.before, decision)
        await self._books.write(unit, decision)

    async def open(self, unit: Unit, accounts: Sequence[Account]) -> list[Refusal | None]:
        """Open accounts; one which exists on the same terms is left as it is."""
        for account in accounts:
            assert len(account.owner) <= OWNER_MAX
        opened = await self._books.open(unit, accounts, self._clock.now())
        known = [a for a in accounts if a.id not in opened]
        standing = {a.id: a for a in await self._books.accounts(unit, [a.id for a in known])}
        return [_terms_differ(a, standing[a.id]) if a.id in standing else None for a in accounts]

    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> Account:
        """Freeze, open again, or close. Raises a Refusal where the rules say no."""
        accounts, _ = await (await self._books.lock(unit, [id_], [])).read()
        if not accounts:
            raise AccountNotFound(side="any")
        account = accounts[0]
        if account.state is state:
            return account
        if account.state is AccountState.CLOSED:
            raise AccountClosed(side="any")
        if state is AccountState.CLOSED and (refusal := rules.may_close(account)):
            raise refusal
        await self._books.set_state(unit, id_, state)
        return account

    async def expire_due(self, unit: Unit) -> int:
        """Release reservations whose deadline has passed; returns how many, a bounded number."""
        due = await self._books.due(unit, self._clock.now(), EXPIRE_BATCH_MAX)
        groups = [(Expire(TransferId(self._ids.new()), id_),) for id_ in due]
        outcomes = await self.post(unit, groups) if groups else []
        return sum(not isinstance(outcome, Refusal) for outcome in outcomes)

    async def accounts(self, unit: Unit, ids: Sequence[AccountId]) -> dict[AccountId, Account]:
        """The accounts that exist, as they are now."""
        return {account.id: account for account in await self._books.accounts(unit, ids)}

    async def balance_at(self, unit: Unit, id_: AccountId, at: Instant) -> int:
        """The posted balance on the account's normal side at an instant of the past."""
        accounts = await self._books.accounts(unit, [id_])
        if not accounts:
            raise AccountNotFound(side="any")
        net = await self._books.net_at(unit, id_, at)
        return net if accounts[0].normal_side is Side.CREDIT else -net

    async def statement(
        self, unit: Unit, id_: AccountId, since: Instant, before: Instant, count: int
    ) -> list[Line]:
        """What changed the posted balance in [since, before), newest first."""
        accounts = await self._books.accounts(unit, [id_])
        if not accounts:
            raise AccountNotFound(side="any")
        lines_max = min(count, LINES_MAX)
        return await self._books.statement(unit, accounts[0], since, before, lines_max)

    async def news(
        self, unit: Unit, after: dict[AccountId, Instant], count: int
    ) -> list[tuple[AccountId, Line]]:
        """What came into each account after its instant, oldest first."""
        return await self._books.news(unit, after, min(count, LINES_MAX))

    async def trial_balance(self, unit: Unit) -> list[TrialBalance]:
        """The sums of all accounts by currency; each must be balanced."""
        return await self._books.trial_balance(unit)

    async def totals_by_owner(self, unit: Unit) -> list[tuple[str, str, int]]:
        """Owner, currency, and credits minus debits over all the owner's accounts."""
        return await self._books.totals_by_owner(unit)

    async def audit(self, unit: Unit) -> list[AccountId]:
        """Add everything up again; returns accounts whose totals are wrong: there must be none."""
        return await self._books.audit(unit, AUDIT_MAX)


def _named(groups: Iterable[Group]) -> tuple[set[AccountId], list[TransferId], list[TransferId]]:
    """The accounts, the ids and the reservations that the commands name."""
    accounts: set[AccountId] = set()
    transfers: list[TransferId] = []
    pendings: list[TransferId] = []
    for group in groups:
        for command in group:
            transfers.append(command.id)
            if isinstance(command, Transfer):
                accounts.add(command.debit)
                accounts.add(command.credit)
            else:
                pendings.append(command.pending)
    return accounts, transfers, pendings


def _check_sums(before: Sequence[Account], decision: Decision) -> None:
    """L1 once more, just before writing: debits and credits grew by the same, posted and pending."""
    posted = pending = 0
    for account in decision.accounts:
        posted += account.debits_posted - account.credits_posted
        pending += account.debits_pending - account.credits_pending
    touched = {account.id for account in decision.accounts}
    for account in before:
        if account.id in touched:
            posted -= account.debits_posted - account.credits_posted
            pending -= account.debits_pending - account.credits_pending
    assert posted == 0, "a batch would not sum to zero"
    assert pending == 0, "reservations of a batch would not sum to zero"


def _terms_differ(asked: Account, standing: Account) -> Refusal | None:
    for field in ("owner", "currency", "normal_side", "floor_minor"):
        if getattr(asked, field) != getattr(standing, field):
            return AccountDiffers(field=field)
    return None
