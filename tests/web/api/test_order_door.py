"""The door ahead of the framework and the framework's own handler: one answer to one order."""

from __future__ import annotations

import httpx
import pytest

from tests.web.api.conftest import Open
from tests.web.api.people import API, Town

JOSE = {"content-type": "application/jose"}


async def both(here: Open, body: bytes, headers: dict[str, str]) -> list[tuple[int, bytes]]:
    """The answers of the door, and of the application as the contract states it."""
    framework = here.app.framework
    transport = httpx.ASGITransport(framework, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://nagara.test") as behind:
        answers = [
            await client.post(f"{API}/orders", content=body, headers=headers)
            for client in (here.client, behind)
        ]
    return [(answer.status_code, answer.content) for answer in answers]


async def test_a_posted_order_is_answered_the_same_ahead_and_behind(here: Open, town: Town) -> None:
    payer, shop = await town.person(50_000), await town.merchant()
    ahead, behind = await both(here, payer.order(shop.account, 1_000), JOSE)
    assert ahead[0] == 201
    assert ahead == behind


async def test_a_refused_order_is_answered_the_same_ahead_and_behind(
    here: Open, town: Town
) -> None:
    payer, shop = await town.person(10), await town.merchant()
    ahead, behind = await both(here, payer.order(shop.account, 1_000), JOSE)
    assert ahead[0] == 422
    assert ahead == behind


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", JOSE),
        (b"a.b.c", JOSE),
        (b"\xff\xfe", JOSE),
        (b"x" * 9_000, JOSE),
        (b"a.b.c", {"content-type": "application/json"}),
        (b"a.b.c", {}),
    ],
)
async def test_what_is_no_order_is_refused_the_same_ahead_and_behind(
    here: Open, body: bytes, headers: dict[str, str]
) -> None:
    ahead, behind = await both(here, body, headers)
    assert 400 <= ahead[0] < 500
    assert ahead == behind
