"""The ledger: accounts, transfers between them, and the proof that nothing was lost or invented.

Rooms above know this door: the nouns, and the Protocol `Ledger` which wiring plugs in. Every
method runs inside the caller's unit of work, so that money moves with the caller's own rows or
not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from nagara.kernel.errors import Refusal
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
    Line,
    Locked,
    Outcome,
    Post,
    Side,
    Transfer,
    TransferId,
    TrialBalance,
    Void,
    Written,
)
from nagara.ledger.rules import Posting
from nagara.storage import Unit

__all__ = [
    "Account",
    "AccountId",
    "AccountState",
    "Balancing",
    "Command",
    "Expire",
    "Group",
    "Kind",
    "Ledger",
    "Line",
    "Locked",
    "Outcome",
    "Post",
    "Posting",
    "Side",
    "Transfer",
    "TransferId",
    "TrialBalance",
    "Void",
    "Written",
]


class Ledger(Protocol):
    """What the ledger does for the rooms above it; see nagara.ledger.service for each method."""

    async def post(self, unit: Unit, groups: Sequence[Group]) -> list[Outcome]:
        """Move money: an outcome for each group, the exact refusal where there is one."""

    async def lock(
        self, unit: Unit, accounts: Collection[AccountId], transfers: Sequence[TransferId]
    ) -> Locked:
        """Ask for the locks that a batch of one-phase transfers needs, without waiting for them.

        Inside a pipeline the caller's own reads can go out behind it in the same round trip.
        """

    async def begin(self, locked: Locked) -> Posting:
        """Wait for the locks, and begin to decide."""

    async def write(self, unit: Unit, posting: Posting) -> None:
        """Write what the posting came to. Nothing may be applied to it any more."""

    async def open(self, unit: Unit, accounts: Sequence[Account]) -> list[Refusal | None]:
        """Open accounts, idempotently."""

    async def set_state(self, unit: Unit, id_: AccountId, state: AccountState) -> Account:
        """Freeze, open again or close an account."""

    async def accounts(self, unit: Unit, ids: Sequence[AccountId]) -> dict[AccountId, Account]:
        """Accounts as they are now."""

    async def statement(
        self, unit: Unit, id_: AccountId, since: Instant, before: Instant, count: int
    ) -> list[Line]:
        """What changed the posted balance in [since, before), newest first."""

    async def news(
        self, unit: Unit, after: dict[AccountId, Instant], count: int
    ) -> list[tuple[AccountId, Line]]:
        """What was credited to each account after its instant, oldest first, `count` at most."""

    async def trial_balance(self, unit: Unit) -> list[TrialBalance]:
        """The sums of all accounts by currency."""

    async def totals_by_owner(self, unit: Unit) -> list[tuple[str, str, int]]:
        """Owner, currency, and credits minus debits over all the owner's accounts."""
