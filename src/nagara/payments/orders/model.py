"""The nouns of paying: an order, what is known when it is judged, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NewType
from uuid import UUID

from nagara.kernel.errors import Fact
from nagara.kernel.instant import Instant
from nagara.ledger import AccountId
from nagara.payments.directory.model import Device, Party

OrderId = NewType("OrderId", UUID)

LIFETIME_SECONDS_MAX: Final = 900
SKEW_SECONDS_MAX: Final = 60
NOTE_CHARS_MAX: Final = 140
REFERENCE_CHARS_MAX: Final = 35  # as ISO 20022 bounds a reference


class Purpose(IntEnum):
    """Why money moves; the number is the ledger's code of the transfer."""

    GOODS = 1
    PERSON = 2
    BILL = 3
    TOP_UP = 4  # an agent took cash
    CASH_OUT = 5  # an agent gave cash
    DEPOSIT = 6  # the participant took money in; never an order
    WITHDRAWAL = 7  # the participant paid money out; never an order


class OrderState(IntEnum):
    """How an order ended. There is no other state: an order is decided or it is not there."""

    POSTED = 1
    REFUSED = 2
    EXPIRED = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What the payer's device signed."""

    id: OrderId
    payer: AccountId
    payee: AccountId
    amount_minor: int
    currency: str
    purpose: Purpose
    note: str
    reference: str
    issued_at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order, the compact JWS it came in, and the thumbprint of the key which signed that."""

    order: Order
    signed: str
    thumbprint: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as it is kept: answering again must say the same."""

    code: int
    slug: str
    facts: dict[str, Fact]


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided order, as it stands for ever."""

    id: OrderId
    state: OrderState
    at: Instant
    refusal: Refused | None
    signed: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Spending:
    """What a party has spent on a local day."""

    day: int
    minor: int


@dataclass(frozen=True, slots=True)
class Volume:
    """How many orders ended in a second or a day that starts then."""

    start: Instant
    posted: int
    refused: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that is known when a batch of orders is judged. Read under the ledger's locks."""

    devices: dict[bytes, Device]
    parties: dict[AccountId, Party]
    spending: dict[AccountId, Spending]
    settled: dict[OrderId, Settled]
