"""Currencies as a country profile would hand them in, and how a code is sealed by hand."""

from __future__ import annotations

from typing import Final

CURRENCIES: Final = {
    "418": ("LAK", 0),
    "704": ("VND", 0),
    "764": ("THB", 2),
    "116": ("KHR", 0),
    "840": ("USD", 2),
    "356": ("INR", 2),
    "986": ("BRL", 2),
}


def crc16(text: str) -> str:
    """The checksum bit by bit, as ISO/IEC 13239 defines it, apart from the one under test."""
    rest = 0xFFFF
    for byte in text.encode():
        rest ^= byte << 8
        for _ in range(8):
            rest = (rest << 1 ^ 0x1021 if rest & 0x8000 else rest << 1) & 0xFFFF
    return f"{rest:04X}"


def sealed(body: str) -> str:
    """A code with a checksum that fits, so that something else must be what is refused."""
    return body + "6304" + crc16(body + "6304")


def tlv(tag: str, value: str) -> str:
    """A data object, its length counted in characters."""
    return f"{tag}{len(value):02d}{value}"


def lao(*more: str) -> str:
    """A LaoQR code to which data objects are added before the checksum."""
    account = tlv("00", "A005266284662577") + tlv("01", "99990418") + tlv("03", "NGM01")
    return sealed("000201" + tlv("38", account) + "5303418" + "".join(more))
