"""One-time codes kept in a folder: whoever may read the data folder hands them out.

Only salted digests are written. Whoever types a code first takes its record away with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from nagara.kernel.instant import Clock, Instant
from nagara.keys.one_time import OneTimeCode, new_one_time_code, redeem_one_time_code
from nagara.keys.refusals import OneTimeCodeWrong

_FILES: Final = "*.json"


class _Record(msgspec.Struct):
    salt: bytes
    digest: bytes
    expires_micros: int


class CodeFolder:
    """The codes of one folder, which is made when the first is written."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def new(self, ttl_seconds: int) -> str:
        """A code as it is shown to its holder; what is kept cannot show it again."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        code, record = new_one_time_code(self._clock.now(), ttl_seconds)
        kept = _Record(record.salt, record.digest, record.expires_at.micros)
        path = self._folder / f"{record.salt.hex()}.json"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(msgspec.json.encode(kept))
        return code

    def redeem(self, code: str) -> bool:
        """Whether the code is right and nobody used it before; it is used now."""
        now = self._clock.now()
        paths = sorted(self._folder.glob(_FILES))
        return sum(self._redeems(path, code, now) for path in paths) > 0  # all take their time

    @staticmethod
    def _redeems(path: Path, code: str, now: Instant) -> bool:
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_Record)
            record = OneTimeCode(kept.salt, kept.digest, Instant(kept.expires_micros))
            if record.expires_at <= now:
                path.unlink()
                return False
            redeem_one_time_code(record, code, now)
            path.unlink()  # of two who type it at once, one fails here
        except (OneTimeCodeWrong, FileNotFoundError):
            return False
        return True
