"""Live events: what comes into an account, told to those who listen while it happens.

One question a moment for all listeners of a process, and none when nobody listens. Each listener
has a cursor (the instant of the last line it was told), so that it can go away and come back
without missing or repeating anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from nagara.kernel.errors import Fault
from nagara.kernel.instant import Instant
from nagara.ledger import AccountId
from nagara.payments.model import HistoryItem
from nagara.payments.service import Payments

LISTENERS_MAX: Final = 2_000
LISTENERS_OF_ACCOUNT_MAX: Final = 8  # tills of one shop in one process
WAITING_MAX: Final = 256
LISTENING_RETRY_SECONDS: Final = 30
ROUND_SECONDS: Final = 0.25
HEARTBEAT_SECONDS: Final = 15.0
_LINES_MAX: Final = 200


class _Listener:
    def __init__(self, account: AccountId, after: Instant) -> None:
        self.account = account
        self.after = after
        self.items: asyncio.Queue[HistoryItem] = asyncio.Queue(WAITING_MAX)


class LiveFeed:
    """The listeners of one process."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._listeners: set[_Listener] = set()
        self._rounds: asyncio.Task[None] | None = None

    async def listen(self, account: AccountId, after: Instant) -> AsyncIterator[HistoryItem | None]:
        """Items as they come, oldest first; None when nothing came for a while.

        Ends at once where there is no room: ask `has_room` first.
        """
        if not self.has_room(account):
            return  # others came in between; the answer has begun, so it ends, and is asked again
        listener = _Listener(account, after)
        self._listeners.add(listener)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._run())
        try:
            while True:
                try:
                    yield await asyncio.wait_for(listener.items.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield None
        finally:
            self._listeners.discard(listener)

    def has_room(self, account: AccountId) -> bool:
        """Whether one more may listen to this account: nobody takes the places of all others."""
        own = sum(one.account == account for one in self._listeners)
        return len(self._listeners) < LISTENERS_MAX and own < LISTENERS_OF_ACCOUNT_MAX

    async def close(self) -> None:
        """Stop asking, as the process ends."""
        if self._rounds is not None:
            self._rounds.cancel()
            with suppress(asyncio.CancelledError):
                await self._rounds

    async def _run(self) -> None:
        try:
            while self._listeners:
                with suppress(Fault):  # the database is away: the next round asks again
                    await self._round()
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            self._rounds = None

    async def _round(self) -> None:
        ready = [one for one in self._listeners if one.items.qsize() < WAITING_MAX - _LINES_MAX]
        after: dict[AccountId, Instant] = {}
        for one in ready:
            after[one.account] = min(one.after, after.get(one.account, one.after))
        if not after:
            return
        around = self._payments.around
        async with around.database.read() as unit:
            news = await around.ledger.news(unit, after, _LINES_MAX)
            items = await self._payments.items(unit, [line for _, line in news])
        for (account, line), item in zip(news, items, strict=True):
            for one in ready:
                if one.account == account and one.after < line.at:
                    if one.items.full():
                        break
                    one.items.put_nowait(item)
                    one.after = line.at
