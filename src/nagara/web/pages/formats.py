"""How people of the country write money, numbers and moments.

Separators and symbols come from the profile, so that a sum looks the same in every language of
the country; names of months and of currencies come from the language (CLDR, through Babel).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import get_currency_name

from nagara.kernel.instant import Instant
from nagara.kernel.profile import Currency, Profile

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one country in one language."""

    profile: Profile
    language: str
    _zone: timezone = field(init=False)

    def __post_init__(self) -> None:
        offset = timedelta(minutes=self.profile.utc_offset_minutes)
        object.__setattr__(self, "_zone", timezone(offset))

    def currency(self, code: str) -> Currency:
        """The currency of an ISO 4217 code. Raises KeyError where the profile has none such."""
        own = self.profile.currency
        return own if code == own.code else self.profile.foreign_currencies[code]

    def digits(self, minor: int, code: str | None = None) -> str:
        """The amount without its symbol: `25.000`. A fraction appears only where it is in use."""
        currency = self.currency(code or self.profile.currency.code)
        whole, fraction = divmod(abs(minor), 10**currency.exponent)
        said = _grouped(whole, currency.group_separator)
        if currency.exponent:
            said += f"{currency.decimal_separator}{fraction:0{currency.exponent}d}"
        return f"{MINUS}{said}" if minor < 0 else said

    def symbol(self, code: str | None = None) -> str:
        """`₭`, `₫`: the sign that people write behind the amount."""
        return self.currency(code or self.profile.currency.code).symbol

    def money(self, minor: int, code: str | None = None) -> str:
        """`25.000 ₭` with a space that does not break. `code` defaults to the country's own."""
        return f"{self.digits(minor, code)}{NBSP}{self.symbol(code)}"

    def spoken(self, minor: int, code: str | None = None) -> str:
        """For ears: no grouping, and the name of the currency instead of its sign."""
        currency = self.currency(code or self.profile.currency.code)
        whole, fraction = divmod(abs(minor), 10**currency.exponent)
        figure = f"{whole}"
        if fraction:
            figure += f"{currency.decimal_separator}{fraction:0{currency.exponent}d}"
        name = get_currency_name(currency.code, locale=_locale(self.language))
        return f"{MINUS if minor < 0 else ''}{figure} {name}"

    def number(self, value: float, decimals: int = 0) -> str:
        """A count or a measure, with the separators that the country uses for its money."""
        currency = self.profile.currency
        whole, _, fraction = f"{abs(value):.{decimals}f}".partition(".")
        said = _grouped(int(whole), currency.group_separator)
        if fraction:
            said += f"{currency.decimal_separator}{fraction}"
        return f"{MINUS}{said}" if value < 0 else said

    def local(self, at: Instant) -> datetime:
        """The instant as the country's civil time."""
        return at.datetime().astimezone(self._zone)

    def clock_time(self, at: Instant) -> str:
        """`14:05`."""
        return format_time(self.local(at), "HH:mm", locale=_locale(self.language))

    def clock_seconds(self, at: Instant) -> str:
        """`14:05:09`, where something is watched."""
        return format_time(self.local(at), "HH:mm:ss", locale=_locale(self.language))

    def day(self, at: Instant) -> str:
        """`22 ພະຈິກ 2025`."""
        return format_date(self.local(at), "long", locale=_locale(self.language))

    def day_short(self, at: Instant) -> str:
        """Day and month, for lists: `22 ພ.ຈ.`."""
        return format_skeleton("MMMd", self.local(at), locale=_locale(self.language))

    def moment(self, at: Instant) -> str:
        """Day and time, for receipts."""
        return f"{self.day(at)}, {self.clock_time(at)}"


def _grouped(whole: int, separator: str) -> str:
    return f"{whole:,}".replace(",", separator)


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except UnknownLocaleError:
        return Locale.parse("en")
