"""Amounts in codes and links: plain decimals there, whole minor units here.

Spec: EMV QRCPS Merchant-Presented Mode v1.1, tags 53 to 57. A decimal point without decimals
(`1.`) is allowed there and read; it is never written.
"""

from __future__ import annotations

from typing import Final

from nagara.kernel.money import MINOR_MAX, Money, minor_from_decimal
from nagara.payments.qr.model import Currencies
from nagara.payments.qr.refusals import AmountWrong, CurrencyUnknown

AMOUNT_CHARS_MAX: Final = 13
PERCENTAGE_HUNDREDTHS_MAX: Final = 9999


def numeric_of(currency: str, currencies: Currencies) -> str:
    """The numeric code of an alphabetic one. Raises CurrencyUnknown."""
    for numeric, (alphabetic, _) in currencies.items():
        if alphabetic == currency:
            return numeric
    raise CurrencyUnknown(currency=currency[:8])


def currency_of(numeric: str, currencies: Currencies) -> tuple[str, int]:
    """Alphabetic code and exponent of a numeric code. Raises CurrencyUnknown."""
    known = currencies.get(numeric)
    if known is None:
        raise CurrencyUnknown(currency=numeric[:8])
    return known


def read(text: str, currency: tuple[str, int]) -> int:
    """Minor units of a written amount. Raises AmountWrong for zero and for what is no amount."""
    minor = _minor(text, currency[1])
    if not 0 < minor <= MINOR_MAX:
        raise AmountWrong(
            amount=text[: AMOUNT_CHARS_MAX + 1], currency=currency[0], exponent=currency[1]
        )
    return minor


def write(minor: int, currency: tuple[str, int]) -> str:
    """The written amount of minor units, with as many decimals as the currency has."""
    text = Money(minor, currency[0]).decimal(currency[1]) if 0 < minor <= MINOR_MAX else ""
    if not 0 < len(text) <= AMOUNT_CHARS_MAX:
        raise AmountWrong(amount=minor, currency=currency[0], exponent=currency[1])
    return text


def read_percentage(text: str) -> int:
    """Hundredths of one per cent, from 00.01 to 99.99."""
    hundredths = _minor(text, 2)
    if not 0 < hundredths <= PERCENTAGE_HUNDREDTHS_MAX:
        raise AmountWrong(amount=text[: AMOUNT_CHARS_MAX + 1], currency="%", exponent=2)
    return hundredths


def write_percentage(hundredths: int) -> str:
    """A percentage with two decimals."""
    if not 0 < hundredths <= PERCENTAGE_HUNDREDTHS_MAX:
        raise AmountWrong(amount=hundredths, currency="%", exponent=2)
    return f"{hundredths // 100:02d}.{hundredths % 100:02d}"


def _minor(text: str, exponent: int) -> int:
    """Minor units, or -1 where the text is no plain decimal of that many decimals."""
    if len(text) > AMOUNT_CHARS_MAX:
        return -1
    try:
        return minor_from_decimal(text, exponent)
    except ValueError:
        return -1
