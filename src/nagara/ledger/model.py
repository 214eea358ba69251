"""The nouns of the ledger: accounts, transfers between two of them, reservations.

An account has a normal side. What stands on it, beyond the other side, is its balance: a wallet is
credit-normal (the issuer owes it), the issuer's safeguarded funds are debit-normal.

The two-phase words and their meaning follow TigerBeetle's reference (account, transfer, pending,
post, void, timeout, linked, balancing).

What is made for every transfer is a frozen msgspec.Struct and not a frozen dataclass: the same to
the reader and to the type checker, and made in 0.2 microseconds instead of 3. `gc=False` tells the
collector that none of them can be part of a ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant

AccountId = NewType("AccountId", UUID)
TransferId = NewType("TransferId", UUID)

GROUP_MAX: Final = 64  # transfers which stand or fall together
OWNER_MAX: Final = 64  # characters
CODE_MAX: Final = 2**15 - 1
PENDING_SECONDS_MAX: Final = 30 * 86_400


class Side(IntEnum):
    """The side of an account on which its balance normally stands."""

    DEBIT = 1
    CREDIT = 2


class AccountState(IntEnum):
    """Frozen may be undone; closed may not, and needs an empty account."""

    OPEN = 1
    FROZEN = 2
    CLOSED = 3


class Kind(IntEnum):
    """What a written transfer did."""

    POSTED = 1  # one phase: moved at once
    PENDING = 2  # reserved
    POST = 3  # moved what was reserved, or a part of it
    VOID = 4  # released what was reserved
    EXPIRE = 5  # released because the deadline passed


class Balancing(IntEnum):
    """Which side bounds the amount of a balancing transfer."""

    NONE = 0
    DEBIT = 1  # at most what the debit account can give
    CREDIT = 2  # at most what the credit account can take


class Account(Struct, frozen=True, gc=False):
    """An account and its four totals, in minor units, which only ever grow (pending ones fall)."""

    id: AccountId
    owner: str
    currency: str
    normal_side: Side
    floor_minor: int | None  # of the balance on the normal side; None: no floor
    state: AccountState
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int
    last_at: Instant

    @property
    def balance_minor(self) -> int:
        """What stands on the normal side, reservations not counted."""
        net = self.credits_posted - self.debits_posted
        return net if self.normal_side is Side.CREDIT else -net

    @property
    def reserved_minor(self) -> int:
        """What open reservations may still take from the balance."""
        return self.debits_pending if self.normal_side is Side.CREDIT else self.credits_pending

    @property
    def available_minor(self) -> int | None:
        """What may still be taken before the floor is reached; None: no floor."""
        if self.floor_minor is None:
            return None
        return self.balance_minor - self.reserved_minor - self.floor_minor


class Transfer(Struct, frozen=True, gc=False):
    """A command: move money from the debit account to the credit account.

    With a deadline it only reserves. `code` (0 to CODE_MAX) is the caller's word for why. A
    balancing transfer moves `amount_minor` or as much as its side allows.
    """

    id: TransferId
    debit: AccountId
    credit: AccountId
    amount_minor: int
    currency: str
    code: int = 0
    deadline: Instant | None = None
    balancing: Balancing = Balancing.NONE


class Post(Struct, frozen=True, gc=False):
    """A command: move what is reserved, or `amount_minor` of it; the rest is released."""

    id: TransferId
    pending: TransferId
    amount_minor: int | None = None


class Void(Struct, frozen=True, gc=False):
    """A command: release what is reserved."""

    id: TransferId
    pending: TransferId


class Expire(Struct, frozen=True, gc=False):
    """A command of the ledger's own sweep: release a reservation whose deadline has passed."""

    id: TransferId
    pending: TransferId


Command = Transfer | Post | Void | Expire
Group = tuple[Command, ...]  # all or none; one command is a group of one


class Written(Struct, frozen=True, gc=False):
    """A transfer as it stands in the books for ever. `at` is unique along each account.

    `debit_net` and `credit_net` are credits minus debits posted of the two accounts just after it;
    `asked_minor` is what the command asked for, where that may differ from what was moved.
    """

    id: TransferId
    kind: Kind
    debit: AccountId
    credit: AccountId
    amount_minor: int
    code: int
    at: Instant
    debit_net: int
    credit_net: int
    pending: TransferId | None = None
    deadline: Instant | None = None
    asked_minor: int | None = None
    balancing: Balancing = Balancing.NONE


class Reservation(Struct, frozen=True, gc=False):
    """A pending transfer and how it ended: `ended` is None while it is open."""

    id: TransferId
    debit: AccountId
    credit: AccountId
    amount_minor: int
    code: int
    deadline: Instant
    ended: Kind | None = None


Outcome = tuple[Written, ...] | Refusal


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch comes to: everything that must be written.

    `before` are the accounts as they were, in the same order as `accounts`, which are as they
    shall be.
    """

    before: list[Account]
    accounts: list[Account]
    written: list[Written]
    reservations: list[Reservation]


class Locked(Protocol):
    """Accounts whose locks were asked for; reading waits for them."""

    async def read(self) -> tuple[list[Account], dict[TransferId, Written]]:
        """The locked accounts that exist, and the transfers that stand already."""


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of one currency summed: the books are right when the difference is zero."""

    currency: str
    debit_minor: int
    credit_minor: int
    debit_pending_minor: int
    credit_pending_minor: int

    @property
    def difference_minor(self) -> int:
        """Zero, or money was lost or invented."""
        return self.debit_minor - self.credit_minor

    @property
    def balanced(self) -> bool:
        """Posted and reserved totals both agree."""
        return not self.difference_minor and self.debit_pending_minor == self.credit_pending_minor


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: a change of the posted balance, and the balance after it."""

    transfer: TransferId
    at: Instant
    counterpart: AccountId
    amount_minor: int  # positive: the balance on the normal side grew
    balance_minor: int
    code: int
