"""`upi://pay` links of India's Unified Payments Interface.

A link is not an EMVCo code: parameters, percent-encoded, no checksum. `sign` is a signature over
the text before it; it is carried, not checked, and `fields` keep the text as it stands.
Laws:  a parameter never stands twice; what is read is written back character by character.
Spec: NPCI, UPI Linking Specifications v1.6, sections 1.2 and 1.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from nagara.payments.qr import amounts
from nagara.payments.qr.forms import Form, matching, n, require_showable, s
from nagara.payments.qr.model import Code, Currencies, Field, Initiation, Scheme
from nagara.payments.qr.refusals import (
    CodeTooLong,
    CurrencyUnknown,
    FieldBroken,
    FieldMissing,
    FieldTwice,
    FieldUnknown,
    FieldWrong,
)

TEXT_CHARS_MAX: Final = 1024
PARAMETERS_MAX: Final = 40
START: Final = "upi://pay?"
_CURRENCY: Final = "INR"  # what an absent `cu` means
_KEY: Final = matching("ANS 1-32", "[A-Za-z0-9_.-]{1,32}")
_BARE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_ADDRESS: Final = matching("ANS 3-255, name@bank", r"(?=.{3,255}$)[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")
_TEXT: Final = s(1, 512)

_IDENTIFIERS: Final = {
    "account": "pa",
    "transaction": "tid",
    "url": "url",
    "mode": "mode",
    "purpose": "purpose",
    "organisation": "orgid",
    "sign": "sign",
}
_REFERENCES: Final = {"reference": "tr", "purpose": "tn"}
_ORDER: Final = (
    *("pa", "pn", "mc", "tid", "tr", "tn", "am", "mam", "cu"),
    *("url", "mode", "purpose", "orgid"),
)
_NOUNS: Final = frozenset((*_ORDER, "sign"))
_FORMS: Final[Mapping[str, Form]] = {"pa": _ADDRESS, "mc": n(4)}


def read(text: str, currencies: Currencies) -> Code:
    """The code that a link says. Raises the refusals of this room."""
    if len(text) > TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text), limit=TEXT_CHARS_MAX)
    require_showable(text)
    fields = _parameters(text)
    said = {field.tag: _decoded(field) for field in fields}
    values = {key: value for key, value in said.items() if value and key in _NOUNS}
    for key, value in values.items():
        _FORMS.get(key, _TEXT).require(key, value)
    if "pa" not in values:
        raise FieldMissing(field="pa")
    currency = _currency(values.get("cu", _CURRENCY), currencies)
    amount = _amount(values.get("am"), currency)
    return Code(
        scheme=Scheme.UPI,
        identifiers={name: values[key] for name, key in _IDENTIFIERS.items() if key in values},
        currency=currency[0],
        amount_minor=amount,
        name=values.get("pn"),
        initiation=implied(amount),
        merchant_category=values.get("mc"),
        references={name: values[key] for name, key in _REFERENCES.items() if key in values},
        minimum_minor=_amount(values.get("mam"), currency),
        others=tuple(field for field in fields if field.tag not in _NOUNS),
        fields=fields,
    )


def write(code: Code, currencies: Currencies) -> str:
    """The link of a code. Raises the refusals of this room."""
    currency = _currency(code.currency, currencies)
    values = _named(code.identifiers, _IDENTIFIERS) | _named(code.references, _REFERENCES)
    values |= {"pn": code.name, "mc": code.merchant_category, "cu": currency[0]}
    if code.amount_minor is not None:
        values["am"] = amounts.write(code.amount_minor, currency)
    if code.minimum_minor is not None:
        values["mam"] = amounts.write(code.minimum_minor, currency)
    if code.initiation not in (None, implied(code.amount_minor)):
        raise FieldUnknown(field="initiation", scheme=Scheme.UPI)
    if "pa" not in values:
        raise FieldMissing(field="account")
    fields = [_encoded(key, values[key]) for key in _ORDER if values.get(key) is not None]
    fields += [_checked(field) for field in code.others]
    if "sign" in values:
        fields.append(_encoded("sign", values["sign"]))
    return write_fields(fields)


def write_fields(fields: Iterable[Field]) -> str:
    """The link of these parameters, in their order, as they stand."""
    text = START + "&".join(f"{field.tag}={field.value}" for field in fields)
    if len(text) > TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text), limit=TEXT_CHARS_MAX)
    require_showable(text)
    return text


def implied(amount_minor: int | None) -> Initiation:
    """A link with an amount is made for one payment; the standard has no word for it."""
    return Initiation.STATIC if amount_minor is None else Initiation.DYNAMIC


def _parameters(text: str) -> tuple[Field, ...]:
    parts = text[len(START) :].split("&")
    if len(parts) > PARAMETERS_MAX:
        raise CodeTooLong(length=len(parts), limit=PARAMETERS_MAX)
    fields, seen, position = [], set(), len(START) + 1
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals or not _KEY.admits(key):
            raise FieldBroken(field=key[:32], position=position)
        if key in seen:
            raise FieldTwice(field=key)
        seen.add(key)
        fields.append(Field(key, value))
        position += len(part) + 1
    return tuple(fields)


def _decoded(field: Field) -> str:
    """The value as a person reads it. `+` is a blank, as phones read it, but not in a signature."""
    if _BARE_PERCENT.search(field.value):
        raise FieldWrong(field=field.tag, form="%XX")
    raw = field.value if field.tag == "sign" else field.value.replace("+", " ")
    try:
        value = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise FieldWrong(field=field.tag, form="UTF-8") from None
    require_showable(value)
    return value


def _encoded(key: str, value: str | None) -> Field:
    assert value is not None
    require_showable(value)
    _FORMS.get(key, _TEXT).require(key, value)
    return Field(key, quote(value, safe="+/=" if key == "sign" else "@:/"))


def _checked(field: Field) -> Field:
    if field.tag in _NOUNS or not _KEY.admits(field.tag) or "&" in field.value:
        raise FieldUnknown(field=field.tag[:32], scheme=Scheme.UPI)
    _decoded(field)
    return field


def _named(given: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str | None]:
    for name in given:
        if name not in names:
            raise FieldUnknown(field=name[:32], scheme=Scheme.UPI)
    return {names[name]: value for name, value in given.items()}


def _currency(alphabetic: str, currencies: Currencies) -> tuple[str, int]:
    for known in currencies.values():
        if known[0] == alphabetic:
            return known
    raise CurrencyUnknown(currency=alphabetic[:8])


def _amount(text: str | None, currency: tuple[str, int]) -> int | None:
    # `null` stands in examples of the specification, and so in links of the real world
    return None if text is None or text == "null" else amounts.read(text, currency)
