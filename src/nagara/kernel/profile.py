"""The country profile: everything that differs from country to country, as one data file.

Code never says the name of a country. A new country is a new file in `countries/`, or a file of
the operator's own; unknown or missing words in it are refused at start.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

_Positive = Annotated[int, Meta(ge=1)]


class Currency(Struct, frozen=True, forbid_unknown_fields=True):
    """The national currency. `exponent` is the one in use, which ISO 4217 may state otherwise."""

    code: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    numeric: Annotated[str, Meta(pattern="^[0-9]{3}$")]
    exponent: Annotated[int, Meta(ge=0, le=4)]
    symbol: Annotated[str, Meta(min_length=1, max_length=4)]
    group_separator: Annotated[str, Meta(max_length=1)]
    decimal_separator: Annotated[str, Meta(min_length=1, max_length=1)]


class Phone(Struct, frozen=True, forbid_unknown_fields=True):
    """How the country writes a mobile number: national digits after the trunk zero."""

    country_code: Annotated[str, Meta(pattern="^[1-9][0-9]{0,2}$")]
    national_pattern: str


class Qr(Struct, frozen=True, forbid_unknown_fields=True):
    """The QR scheme which merchants of the country show, and this network's number in it."""

    scheme: Annotated[str, Meta(pattern="^[a-z]+$")]
    acquirer: Annotated[str, Meta(pattern="^[0-9A-Za-z]{4,32}$")]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    city: Annotated[str, Meta(min_length=1, max_length=15)]


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of one tier of account, in minor units; a day is the local civil day."""

    payment_minor_max: _Positive
    day_minor_max: _Positive


class DemoParticipant(Struct, frozen=True, forbid_unknown_fields=True):
    """A made-up institution for showing the country."""

    code: Annotated[str, Meta(pattern="^[a-z0-9-]{2,24}$")]
    kind: Annotated[str, Meta(pattern="^(bank|wallet_issuer)$")]
    open_to_public: bool
    name: dict[str, str]
    acquirer: Annotated[str, Meta(pattern="^[0-9]{6,8}$")] | None = None


class Demo(Struct, frozen=True, forbid_unknown_fields=True):
    """What a demonstration starts with. Never read where demo is off."""

    top_up_minor: _Positive
    participants: tuple[DemoParticipant, ...]


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One country, as data."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    network: Annotated[str, Meta(pattern="^[a-z0-9.-]{3,64}$")]
    name: dict[str, str]
    languages: Annotated[tuple[str, ...], Meta(min_length=1)]
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840)]
    currency: Currency
    foreign_currencies: dict[str, Currency]
    phone: Phone
    qr: Qr
    tiers: dict[str, Tier]
    demo: Demo

    def __post_init__(self) -> None:
        if missing := {"basic", "full", "merchant", "agent"} - set(self.tiers):
            raise ValueError(f"tiers missing: {sorted(missing)}")
        if missing := set(self.languages) - set(self.name):
            raise ValueError(f"the country has no name in: {sorted(missing)}")
        re.compile(self.phone.national_pattern)

    def international_phone(self, text: str) -> str | None:
        """A mobile number as `+` and digits (E.164), or None where it is not one of this country.

        Takes the national form with or without the trunk zero, and the international one.
        """
        digits = re.sub(r"[\s().-]", "", text)
        for prefix in (f"+{self.phone.country_code}", f"00{self.phone.country_code}", "0", ""):
            rest = digits.removeprefix(prefix)
            if digits.startswith(prefix) and re.fullmatch(self.phone.national_pattern, rest):
                return f"+{self.phone.country_code}{rest}"
        return None


def load_profile(country: str) -> Profile:
    """The profile of a shipped country (`la`, `vn`) or of a TOML file's path.

    Raises ValueError with the place of the error, FileNotFoundError where there is no such file.
    """
    if re.fullmatch("[a-z]{2}", country):
        text = resources.files("nagara.countries").joinpath(f"{country}.toml").read_text("utf-8")
    else:
        text = Path(country).read_text("utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), Profile)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"country profile {country}: {error}") from None
