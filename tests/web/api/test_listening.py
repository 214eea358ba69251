"""Who may listen to an account, and how many at once."""

from __future__ import annotations

import asyncio
from uuid import UUID

from nagara.kernel.instant import Instant
from nagara.ledger import AccountId
from nagara.payments.live import LISTENERS_OF_ACCOUNT_MAX, LiveFeed
from tests.web.api.conftest import Open
from tests.web.api.people import new_id


async def test_one_account_does_not_take_the_places_of_all_others(here: Open) -> None:
    feed = LiveFeed(here.country.payments)
    crowd, other = AccountId(UUID(new_id())), AccountId(UUID(new_id()))
    listening = []
    for _ in range(LISTENERS_OF_ACCOUNT_MAX):
        listener = feed.listen(crowd, Instant(0))
        listening.append((listener, asyncio.ensure_future(anext(listener))))
    await asyncio.sleep(0)
    assert not feed.has_room(crowd)
    assert feed.has_room(other)
    assert [one async for one in feed.listen(crowd, Instant(0))] == []
    for _, waiting in listening:
        waiting.cancel()
    await asyncio.gather(*(waiting for _, waiting in listening), return_exceptions=True)
    assert feed.has_room(crowd)
    await feed.close()
