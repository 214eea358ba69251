"""The smallest doors to cryptography: hash, randomness, comparison, base64url.

Other rooms take these from here, so that one place answers for how they are done.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from typing import Final

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
# `+`, `/` and `=` are no base64url (RFC 4648 section 5): they become a byte that never decodes.
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING: Final = (b"", b"!", b"==", b"=")


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(data).digest()


def random_bytes(count: int) -> bytes:
    """Bytes of the operating system's generator, fit for keys and salts."""
    return secrets.token_bytes(count)


def equal_in_constant_time(one: bytes, other: bytes) -> bool:
    """Whether two byte strings are equal, in a time which does not tell where they differ."""
    return hmac.compare_digest(one, other)


def base64url(data: bytes) -> bytes:
    """Base64url without padding (RFC 7515 section 2), as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def base64url_decode(text: bytes) -> bytes:
    """The bytes of unpadded base64url. Raises ValueError unless encoding them gives `text` again.

    So padding, white space, the other alphabet and non-zero trailing bits are all refused.
    """
    standard = text.translate(_FROM_URL) + _PADDING[len(text) & 3]
    data = binascii.a2b_base64(standard)  # lenient: the comparison below is the check
    if binascii.b2a_base64(data, newline=False) != standard:
        raise ValueError("not canonical base64url")
    return data
