"""The nouns which belong to the room as a whole: who may ask, and what is told of the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nagara.ledger import AccountId, Line
from nagara.payments.directory.model import Party
from nagara.payments.orders.model import Settled

# the scopes of a token: whose side its bearer is on
HOLDER: Final = "holder"
PARTICIPANT: Final = "participant"
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that enters (`inward`) or leaves an account against its participant's own funds."""

    id: UUID
    participant: str
    account: AccountId
    amount_minor: int
    currency: str
    inward: bool


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A line of the ledger, the party on the other side, and the order which caused it.

    A deposit or withdrawal has neither: its other side is the participant's own funds.
    """

    line: Line
    counterpart: Party | None
    order: Settled | None
