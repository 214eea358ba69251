"""Why a payment code is not read, or not written. Codes 3501 to 3599.

A fact `field` is a tag or a path of tags (`38.01.00`) when reading, a name of the model when
writing. A fact `form` is in the notation of EMVCo, which needs no translation: N digits, ANS
printable ASCII, S any text, then the length.
"""

from __future__ import annotations

from nagara.kernel.errors import Refusal


class NotAPaymentCode(Refusal):
    """The text is empty, or neither an EMVCo code nor a `upi://pay` link."""

    code, slug = 3501, "qr.not_a_payment_code"


class CodeTooLong(Refusal):
    """The text is over the bound of its kind. Facts: length, limit."""

    code, slug = 3502, "qr.too_long"


class CharacterForbidden(Refusal):
    """A control character, a lone surrogate, or one that turns text around. Facts: position."""

    code, slug = 3503, "qr.character_forbidden"


class FieldBroken(Refusal):
    """A tag or length is not two digits, or the value ends too early. Facts: field, position."""

    code, slug = 3504, "qr.field_broken"


class ChecksumWrong(Refusal):
    """The CRC does not fit the text (EMV QRCPS MPM 4.7.3). Facts: found, expected."""

    code, slug = 3505, "qr.checksum_wrong"


class ChecksumMissing(Refusal):
    """The last data object is not a CRC of four characters."""

    code, slug = 3506, "qr.checksum_missing"


class FieldTwice(Refusal):
    """The same data object stands twice, so that two readers could differ. Facts: field."""

    code, slug = 3507, "qr.field_twice"


class NestedTooDeep(Refusal):
    """Templates stand in templates beyond the bound. Facts: field, limit."""

    code, slug = 3508, "qr.nested_too_deep"


class FieldMissing(Refusal):
    """What the scheme needs is not there. Facts: field."""

    code, slug = 3509, "qr.field_missing"


class FieldWrong(Refusal):
    """The value is not of the form that the scheme states. Facts: field, form."""

    code, slug = 3510, "qr.field_wrong"


class AmountWrong(Refusal):
    """Not a positive amount of that currency within bounds. Facts: amount, currency, exponent."""

    code, slug = 3511, "qr.amount_wrong"


class CurrencyUnknown(Refusal):
    """The currency is none that the caller handed in. Facts: currency."""

    code, slug = 3512, "qr.currency_unknown"


class FieldUnknown(Refusal):
    """The scheme has no place for what should be written. Facts: field, scheme."""

    code, slug = 3513, "qr.field_unknown"
