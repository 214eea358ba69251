"""What a benchmark says: one JSON object for machines, a few lines for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """The figures of one run. Rates are per second, times in milliseconds."""

    bench: str
    rate_per_s: float
    reference: str
    reference_rate_per_s: float
    ratio: float
    p50_ms: float | None
    p99_ms: float | None
    processes: int
    durable: bool
    more: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As one flat object."""
        told = asdict(self)
        more = told.pop("more")
        return {**{name: rounded(value) for name, value in told.items()}, **more}


def rounded(value: object) -> object:
    """Three significant digits more than anybody can measure here."""
    return round(value, 3) if isinstance(value, float) else value


def quantile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted values stay under (nearest rank)."""
    return sorted_values[max(0, math.ceil(share * len(sorted_values)) - 1)]
