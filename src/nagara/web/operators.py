"""Who may see the operator's board: one-time codes in, signed sessions out.

`nagara operator` hands out the codes. A session is an access token of ours, so every web process
knows it and none has to remember it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Clock, Instant
from nagara.kernel.refusals import Forbidden, TooMany
from nagara.keys import CodeFolder
from nagara.payments.model import OPERATOR
from nagara.payments.service import Payments

FAILURES_MAX: Final = 10
FAILURE_SECONDS: Final = 60


class OperatorDoor:
    """As nagara.web.pages.operate.Operators asks for."""

    def __init__(self, codes: CodeFolder, payments: Payments, clock: Clock, *, demo: bool) -> None:
        self._codes = codes
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
        if self._codes.redeem(code):
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
