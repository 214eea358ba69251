"""Who may see the operator's board: one-time codes in, signed sessions out.

`nagara operator` writes a code's record into the data folder; whoever types the code first takes
the record away with it. A session is an access token of ours, so every web process knows it.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import Final

import msgspec

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Clock, Instant
from nagara.kernel.refusals import Forbidden, TooMany
from nagara.keys import OneTimeCode, new_one_time_code, redeem_one_time_code
from nagara.keys.refusals import OneTimeCodeWrong
from nagara.payments.model import OPERATOR
from nagara.payments.service import Payments

CODE_SECONDS: Final = 600
FAILURES_MAX: Final = 10
FAILURE_SECONDS: Final = 60
_FOLDER: Final = "operator-codes"


class _Record(msgspec.Struct):
    salt: bytes
    digest: bytes
    expires_micros: int


def write_code(data: Path, clock: Clock) -> str:
    """A new one-time code for the operator of a data folder; what is kept cannot show it again."""
    folder = data / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    code, record = new_one_time_code(clock.now(), CODE_SECONDS)
    kept = _Record(record.salt, record.digest, record.expires_at.micros)
    path = folder / f"{record.salt.hex()}.json"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(msgspec.json.encode(kept))
    return code


class OperatorDoor:
    """As nagara.web.pages.operate.Operators asks for."""

    def __init__(self, data: Path, payments: Payments, clock: Clock, *, demo: bool) -> None:
        self._folder = data / _FOLDER
        self._payments = payments
        self._clock = clock
        self._demo = demo
        self._failures: deque[Instant] = deque(maxlen=FAILURES_MAX)

    async def admit(self, code: str) -> str | None:
        """A session for a code that was not used yet, or None."""
        now = self._clock.now()
        if len(self._failures) == FAILURES_MAX:
            over = self._failures[0].plus_seconds(FAILURE_SECONDS)
            if now < over:
                raise TooMany(retry_after_seconds=over.seconds - now.seconds + 1)
        for path in self._folder.glob("*.json"):
            if self._redeems(path, code, now):
                return self._payments.operator_token("operator")
        self._failures.append(now)
        return None

    async def admit_demo(self) -> str:
        """A session without a code, where nothing is real."""
        if not self._demo:
            raise Forbidden(reason="this is no demonstration")
        return self._payments.operator_token("demo operator")

    async def is_admitted(self, session: str) -> bool:
        """Whether the session is ours, for an operator, and not over."""
        try:
            return OPERATOR in self._payments.claims(session).scope
        except Refusal:
            return False

    async def dismiss(self, session: str) -> None:
        """Nothing is kept here: the browser forgets the token, and it ends by itself."""

    def _redeems(self, path: Path, code: str, now: Instant) -> bool:
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_Record)
        except FileNotFoundError:
            return False
        record = OneTimeCode(kept.salt, kept.digest, Instant(kept.expires_micros))
        if record.expires_at <= now:
            path.unlink(missing_ok=True)
            return False
        try:
            redeem_one_time_code(record, code, now)
            path.unlink()  # of two who type it at once, one fails here
        except (OneTimeCodeWrong, FileNotFoundError):
            return False
        return True
