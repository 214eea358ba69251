"""The nouns of a payment code: what a scanned text says, whoever's scheme it is written in.

Spec: spec/qr.md; EMV QRCPS Merchant-Presented Mode v1.1, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nagara.kernel.instant import Instant

Currencies = Mapping[str, tuple[str, int]]
"""ISO 4217 numeric code -> (alphabetic code, exponent in use), as the country profile says."""


class Scheme(StrEnum):
    """Whose rules the payee's identifiers follow. EMVCO is any code of that form we do not know."""

    EMVCO = "emvco"
    LAOQR = "laoqr"
    VIETQR = "vietqr"
    PROMPTPAY = "promptpay"
    KHQR = "khqr"
    PIX = "pix"
    UPI = "upi"


class Initiation(StrEnum):
    """STATIC: shown to many payers. DYNAMIC: made for one payment (EMV tag 01, 11 and 12)."""

    STATIC = "static"
    DYNAMIC = "dynamic"


class TipKind(StrEnum):
    """Who says how much is added to the amount (EMV tag 55, 01 to 03)."""

    ASK_PAYER = "ask_payer"
    FIXED = "fixed"
    PERCENTAGE = "percentage"


@dataclass(frozen=True, slots=True)
class Tip:
    """A tip or convenience fee. FIXED has minor units; PERCENTAGE hundredths of one per cent."""

    kind: TipKind
    fixed_minor: int | None = None
    percentage_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One data object as it stands in the text; `fields` is its value taken apart, if it can be.

    Of an EMVCo code `tag` is two digits; of a link it is the parameter's name, and `value` is
    still percent-encoded, so that a signature over the text stays true.
    """

    tag: str
    value: str
    fields: tuple[Field, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Code:
    """A payment code. The names in the mappings are listed in spec/qr.md.

    `identifiers` say who is paid, in the words of the scheme (`institution` and `account`
    wherever it has them); `references` what for; `local` is the name and city in the payee's own
    script with its `language`. Amounts are in minor units of `currency`, never zero.
    `minimum_minor` and `sign` belong to links, `created` and `expires` to KHQR. `others` are the
    root data objects that no noun covers, in their order; `fields` is everything as it stands.
    """

    scheme: Scheme
    identifiers: Mapping[str, str]
    currency: str
    amount_minor: int | None = None
    name: str | None = None
    city: str | None = None
    country: str | None = None
    initiation: Initiation | None = None
    merchant_category: str | None = None
    postal_code: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)
    tip: Tip | None = None
    minimum_minor: int | None = None
    created: Instant | None = None
    expires: Instant | None = None
    others: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = field(default=(), compare=False, repr=False)
