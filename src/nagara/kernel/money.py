"""Money: whole minor units of one currency. No float, no bool, no division that loses anything.

The exponent (how many minor units make one unit: 10**exponent) comes from the country profile,
because the standard's figure (ISO 4217: LAK 2) is not always the one that people use (LAK 0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MINOR_MAX: Final = 10**18  # within PostgreSQL's bigint with room for the sum of eight such
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units; negative amounts are balances, never payments."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # bool is an int too, and must not pass
            raise TypeError(f"minor units must be int, got {type(self.minor).__name__}")
        if not -MINOR_MAX <= self.minor <= MINOR_MAX:
            raise ValueError(f"amount out of range: {self.minor}")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"not an ISO 4217 alphabetic code: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def split(self, parts: int) -> tuple[Money, ...]:
        """`parts` shares which sum to the whole and differ by at most one minor unit."""
        if parts < 1:
            raise ValueError("money is split into one part or more")
        share, rest = divmod(self.minor, parts)
        return tuple(Money(share + (i < rest), self.currency) for i in range(parts))

    def decimal(self, exponent: int) -> str:
        """The plain decimal form, as EMVCo and ISO 20022 write it: `12500` or `125.00`."""
        if exponent == 0:
            return str(self.minor)
        sign = "-" if self.minor < 0 else ""
        whole, fraction = divmod(abs(self.minor), 10**exponent)
        return f"{sign}{whole}.{fraction:0{exponent}d}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def minor_from_decimal(text: str, exponent: int) -> int:
    """Minor units of a non-negative plain decimal such as `125.5`.

    Raises ValueError where `text` is no plain decimal or is finer than the exponent allows.
    """
    if not re.fullmatch(r"[0-9]{1,19}(\.[0-9]{0,6})?", text, re.ASCII):
        raise ValueError(f"not a plain decimal: {text[:24]!r}")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > exponent:
        raise ValueError(f"finer than the currency's minor unit: {text!r}")
    scale: int = 10**exponent
    return int(whole) * scale + int(fraction.ljust(exponent, "0") or "0")
