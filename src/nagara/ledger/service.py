"""The order of effects in the ledger: lock, read, decide, check, write.

All inside the caller's unit.
Accounts are locked in id order before anything about them is read, so that batches of several
processes keep apart and never wait for each other in a ring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from nagara.kernel.errors import Refusal
from nagara.kernel.ids import IdSource
from nagara.kernel.instant import Clock, Instant
from nagara.ledger import rules
from nagara.ledger.model import (
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
from nagara.ledger.refusals import AccountNotFound
from nagara.storage import Unit

EXPIRE_BATCH_MAX: Final = 500
LINES_MAX: Final = 1000
AUDIT_MAX: Final = 100


class Books(Protocol):
    """What the service needs of its store."""

    async def lock(
        self, unit: Unit, accounts: Collection[AccountId], transfers: Sequence[TransferId]
    ) -> Locked:
        """Ask for the locks of the accounts, in id order, without waiting for them."""

    async def accounts(self, unit: Unit, ids: Sequence[AccountId]) -> list[Account]:
        """The accounts that exist, unlocked, in no order."""

    async def open(self, unit: Unit, accounts: Sequence[Account], at: Instant) -> set[AccountId]:
        """Open those that do not exist yet; returns which were opened."""

    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> None:
        """The account is already locked."""

    async def reservation_accounts(self, unit: Unit, ids: Sequence[TransferId]) -> set[AccountId]:
        """The accounts that these reservations hold."""

    async def reservations(
        self, unit: Unit, ids: Sequence[TransferId]
    ) -> dict[TransferId, Reservation]:
        """The reservations under these ids."""

    async def due(self, unit: Unit, at: Instant, count: int) -> list[TransferId]:
        """Open reservations past their deadline, oldest first."""

    async def write(self, unit: Unit, decision: Decision) -> None:
        """Write a decision; the caller is inside a pipeline."""

    async def net_at(self, unit: Unit, id_: AccountId, at: Instant) -> int:
        """Credits minus debits posted of the account at an instant."""

    async def statement(
        self, unit: Unit, account: Account, since: Instant, before: Instant, count: int
    ) -> list[Line]:
        """Lines in [since, before), newest first."""

    async def news(
        self, unit: Unit, after: dict[AccountId, Instant], count: int
    ) -> list[tuple[AccountId, Line]]:
        """What was credited to each account after its instant, oldest first."""

    async def trial_balance(self, unit: Unit) -> list[TrialBalance]:
        """The sums of all accounts by currency."""

    async def totals_by_owner(self, unit: Unit) -> list[tuple[str, str, int]]:
        """Owner, currency, and credits minus debits of all the owner's accounts."""

    async def audit(self, unit: Unit, count: int) -> list[AccountId]:
        """Accounts that are not what their transfers add up to."""


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
            locked = await self._books.lock(unit, accounts, transfers)
            before, written = await locked.read()
            held = await self._books.reservations(unit, pendings) if pendings else {}
            # one that was made since we looked came after us: its accounts are not locked
            held = {id_: one for id_, one in held.items() if accounts >= {one.debit, one.credit}}
            posting = rules.Posting(before, written, held, self._clock.now())
            outcomes = [posting.apply(group) for group in groups]
            await self.write(unit, posting)
        return outcomes

    async def lock(
        self, unit: Unit, accounts: Collection[AccountId], transfers: Sequence[TransferId]
    ) -> Locked:
        """Ask for the locks of one-phase transfers without waiting; see Ledger.lock."""
        return await self._books.lock(unit, accounts, transfers)

    async def begin(self, locked: Locked) -> rules.Posting:
        """Wait for the locks; then decide transfers one by one with `apply`."""
        before, written = await locked.read()
        return rules.Posting(before, written, {}, self._clock.now())

    async def write(self, unit: Unit, posting: rules.Posting) -> None:
        """Write what a posting came to."""
        decision = posting.decision()
        _check_sums(decision)
        await self._books.write(unit, decision)

    async def open(self, unit: Unit, accounts: Sequence[Account]) -> list[Refusal | None]:
        """Open accounts; one which exists on the same terms is left as it is."""
        first: dict[AccountId, Account] = {}
        for account in accounts:
            rules.check_terms(account)
            first.setdefault(account.id, account)
        opened = await self._books.open(unit, list(first.values()), self._clock.now())
        known = await self._books.accounts(unit, [id_ for id_ in first if id_ not in opened])
        standing = first | {account.id: account for account in known}
        return [rules.may_open(account, standing[account.id]) for account in accounts]

    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> Account:
        """Freeze, open again, or close. Raises a Refusal where the rules say no."""
        accounts, _ = await (await self._books.lock(unit, [id_], [])).read()
        account = accounts[0] if accounts else None
        if refusal := rules.may_become(account, state):
            raise refusal
        assert account is not None
        await self._books.set_state(unit, id_, state)
        return replace(account, state=state)

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
        """What was credited to each account after its instant, oldest first, `count` at most."""
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


def _check_sums(decision: Decision) -> None:
    """L1 once more, just before writing: in each currency, debits and credits grew by the same."""
    posted: defaultdict[str, int] = defaultdict(int)
    pending: defaultdict[str, int] = defaultdict(int)
    for was, now in zip(decision.before, decision.accounts, strict=True):
        posted[now.currency] += (
            now.debits_posted - was.debits_posted - now.credits_posted + was.credits_posted
        )
        pending[now.currency] += (
            now.debits_pending - was.debits_pending - now.credits_pending + was.credits_pending
        )
    assert not any(posted.values()), "a batch would not sum to zero"
    assert not any(pending.values()), "reservations of a batch would not sum to zero"
