"""One-time codes for operators: shown once, kept only as a hash, good for one use.

The code is 60 bits in Crockford's base 32, without letters that look like digits. That is enough
where every try is counted and a code lives for minutes; it is no password.
Not here: storage. The caller keeps the record, deletes it on first use, and limits the tries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nagara.kernel.instant import Instant
from nagara.keys.primitives import equal_in_constant_time, random_bytes, sha256
from nagara.keys.refusals import OneTimeCodeWrong

TTL_SECONDS_MAX: Final = 3_600
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 12
_LOOKALIKES: Final = str.maketrans("OIL", "011", " -")


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """What is stored of a code: never the code itself."""

    salt: bytes
    digest: bytes
    expires_at: Instant


def new_one_time_code(now: Instant, ttl_seconds: int) -> tuple[str, OneTimeCode]:
    """A code as it is shown to its operator (`4T9K-0WXM-7Q2C`), and the record to keep."""
    if not 0 < ttl_seconds <= TTL_SECONDS_MAX:
        raise ValueError(f"a one-time code lives 1 to {TTL_SECONDS_MAX} seconds")
    number = int.from_bytes(random_bytes(8), "big")
    code = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH))
    salt = random_bytes(16)
    record = OneTimeCode(salt, sha256(salt + code.encode()), now.plus_seconds(ttl_seconds))
    return "-".join((code[:4], code[4:8], code[8:])), record


def redeem_one_time_code(record: OneTimeCode | None, code: str, now: Instant) -> None:
    """Passes, or refuses OneTimeCodeWrong without saying why. None is a code used already.

    The comparison is made in every case, so that the time tells nothing.
    """
    kept = record or OneTimeCode(b"", bytes(32), now)
    typed = code[:32].upper().translate(_LOOKALIKES)
    right = equal_in_constant_time(sha256(kept.salt + typed.encode(errors="replace")), kept.digest)
    if not right or now >= kept.expires_at:
        raise OneTimeCodeWrong
