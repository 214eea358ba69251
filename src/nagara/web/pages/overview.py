"""What the operator's board shows: figures of spec/payments.md section 6, and one verdict.

Pure: the figures are handed in by whoever knows them, through the port `Overviews`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """How a part is, and how the whole is. The words stand in templates/operate_board.html."""

    WELL = "well"
    STRAINED = "strained"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Balance:
    """The trial balance of one currency, in minor units; `difference_minor` must be zero."""

    currency: str
    debit_minor: int
    credit_minor: int
    difference_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the country. `part`: database, ledger, journal, worker, keys, disk, or another.

    `detail` is a figure or a short technical phrase, shown as it is: `12 ms`, `41 % full`.
    """

    part: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Position:
    """What a participant is owed by all others (positive), or owes them, from postings only."""

    code: str
    name: Mapping[str, str]
    currency: str
    net_minor: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The country at one instant.

    `recent_per_second`: payments in each of the last 60 seconds at most, oldest first; the last
    one is `payments_per_second`. Times are of the last minute, None where nothing was paid.
    """

    payments_per_second: float
    recent_per_second: tuple[float, ...]
    p50_ms: float | None
    p99_ms: float | None
    accounts: int
    payments_today: int
    trial_balance: tuple[Balance, ...]
    health: tuple[Part, ...]
    positions: tuple[Position, ...]


class Overviews(Protocol):
    """Who knows the figures."""

    async def overview(self) -> Overview:
        """The figures of this moment, cheap enough to be asked every second."""


def is_balanced(overview: Overview) -> bool:
    """Whether no currency's debits and credits differ: the law that no other figure outweighs."""
    return not any(balance.difference_minor for balance in overview.trial_balance)


def verdict(overview: Overview) -> State:
    """The worst of all parts; a sum that is not zero is as bad as a part that is down."""
    if not is_balanced(overview) or any(part.state is State.DOWN for part in overview.health):
        return State.DOWN
    if any(part.state is State.STRAINED for part in overview.health):
        return State.STRAINED
    return State.WELL
