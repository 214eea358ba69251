"""Ids: UUID version 7 (RFC 9562 section 5.7), made at the edge and handed in.

A room names its own with NewType(..., UUID), so that the type checker keeps an AccountId from
being passed as a TransferId, at no cost while running.
"""

from __future__ import annotations

import secrets
from typing import Final, Protocol
from uuid import UUID

from nagara.kernel.instant import Clock, Instant
from nagara.kernel.refusals import Malformed

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_RANDOM_A: Final = 0xFFF
_RANDOM_B: Final = (1 << 62) - 1


def uuid7(at: Instant, random: int) -> UUID:
    """The version 7 id of an instant and 74 random bits (higher bits are ignored)."""
    millis = (at.micros // 1000) & 0xFFFF_FFFF_FFFF
    high, low = (random >> 62) & _RANDOM_A, random & _RANDOM_B
    return UUID(int=millis << 80 | _VERSION | high << 64 | _VARIANT | low)


def parse_uuid7(text: str, field: str) -> UUID:
    """The id written as 36 characters of either case. Refuses every other form (Malformed)."""
    try:
        parsed = UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise Malformed(field=field, reason="not a UUID") from None
    # UUID() reads braces, hyphens anywhere, 0x and other scripts' digits: one id, many texts.
    if parsed.version != 7 or str(parsed) != text.lower():
        raise Malformed(field=field, reason="not a UUID of version 7")
    return parsed


class IdSource(Protocol):
    """Where new ids come from. Simulations hand in a seeded one."""

    def new(self) -> UUID:
        """An id that nobody has had before."""


class SystemIds:
    """Ids from a clock and the operating system's randomness."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self) -> UUID:
        """An id of the present instant."""
        return uuid7(self._clock.now(), secrets.randbits(74))
