"""Payment codes (QR): read and written by the rules of EMVCo and of the schemes built on it.

The door: the nouns, `decode`, `encode` and `rewrite`. Pictures are in `images`. A pure library:
no I/O, no clock, no country.
"""

from nagara.payments.qr.model import (
    Code,
    Currencies,
    Field,
    Initiation,
    Scheme,
    Tip,
    TipKind,
)
from nagara.payments.qr.rules import decode, encode, rewrite

__all__ = [
    "Code",
    "Currencies",
    "Field",
    "Initiation",
    "Scheme",
    "Tip",
    "TipKind",
    "decode",
    "encode",
    "rewrite",
]
