"""Instant: a point in time as whole microseconds since 1970-01-01T00:00:00Z, and the Clock port.

Rules never ask the time: it is handed to them. So the whole country runs in simulated time.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND


class Instant(Struct, frozen=True, order=True):
    """Microseconds since the epoch, UTC. Leap seconds do not exist here, as in POSIX.

    A Struct and no dataclass: a payment makes a dozen, and a Struct is quicker to make.
    """

    micros: int

    @classmethod
    def from_seconds(cls, seconds: int) -> Instant:
        """From a NumericDate of RFC 7519 section 2, whole seconds."""
        return cls(seconds * SECOND)

    @classmethod
    def parse(cls, text: str) -> Instant:
        """From RFC 3339 text. Raises ValueError."""
        if not _RFC3339.fullmatch(text):
            raise ValueError(f"not an RFC 3339 instant: {text[:40]!r}")
        return cls.from_datetime(datetime.fromisoformat(text.upper()))

    @classmethod
    def from_datetime(cls, moment: datetime) -> Instant:
        """From an aware datetime, as the database driver gives it."""
        return cls((moment - _EPOCH) // timedelta(microseconds=1))

    @property
    def seconds(self) -> int:
        """Whole seconds since the epoch, rounded down."""
        return self.micros // SECOND

    def datetime(self) -> datetime:
        """As an aware datetime in UTC."""
        return _EPOCH + timedelta(microseconds=self.micros)

    def plus_seconds(self, seconds: int) -> Instant:
        """This instant moved by whole seconds, either way."""
        return Instant(self.micros + seconds * SECOND)

    def day(self, utc_offset_minutes: int) -> int:
        """The number of the local civil day since 1970-01-01, for limits per day."""
        return (self.micros + utc_offset_minutes * 60 * SECOND) // DAY

    def __str__(self) -> str:
        """RFC 3339 in UTC with microseconds, always the same width."""
        return self.datetime().isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Clock(Protocol):
    """Where the time comes from. Tests and simulations hand in their own."""

    def now(self) -> Instant:
        """The present instant."""


class SystemClock:
    """The machine's clock. Only shells make one; everybody else is given a Clock."""

    def now(self) -> Instant:
        """The machine's present instant."""
        return Instant(time.time_ns() // 1000)
