"""Live events: what comes in is told while it comes, once, and again to nobody who has it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import pytest

from nagara.keys import AccessClaims, Purpose, issue_access_token
from nagara.payments.live import LISTENERS_OF_ACCOUNT_MAX
from tests.web.api.asgi import streaming
from tests.web.api.conftest import Open
from tests.web.api.people import API, Holder, Town, new_id, problem_of, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _at(holder: Holder) -> tuple[str, str]:
    return f"{API}/accounts/{holder.account}/events", f"Bearer {holder.token}"


async def test_a_shop_hears_of_a_payment_while_it_happens(here: Open, town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    path, bearer = _at(shop)
    async with streaming(here.app, path, authorization=bearer) as stream:
        assert await stream.event() == {"": "here"}
        paid = words_of(await buyer.pay(shop.account, 250, note="ກາເຟ"), 201)
        event = await stream.told()
    assert event is not None
    assert event["event"] == "payment"
    item = json.loads(event["data"])
    assert (item["id"], item["amount_minor"], item["note"]) == (paid["id"], 250, "ກາເຟ")
    assert item == (await shop.history())[0]


async def test_who_comes_back_hears_what_it_missed_and_nothing_twice(
    here: Open, town: Town
) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    path, bearer = _at(shop)
    async with streaming(here.app, path, authorization=bearer) as stream:
        await stream.event()
        words_of(await buyer.pay(shop.account, 1), 201)
        first = await stream.told()
    assert first is not None
    for amount in (2, 3):
        words_of(await buyer.pay(shop.account, amount), 201)
    heard = []
    async with streaming(here.app, path, authorization=bearer, last_event_id=first["id"]) as stream:
        words_of(await buyer.pay(shop.account, 4), 201)
        for _ in range(3):
            event = await stream.told()
            assert event is not None
            heard.append(json.loads(event["data"])["amount_minor"])
    assert heard == [2, 3, 4]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 40, "²", "1e3", ""])
async def test_a_cursor_of_nonsense_means_from_now_on(here: Open, town: Town, cursor: str) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    words_of(await buyer.pay(shop.account, 1), 201)
    path, bearer = _at(shop)
    raw = cursor.encode().decode("latin-1")
    async with streaming(here.app, path, authorization=bearer, last_event_id=raw) as stream:
        await stream.event()
        words_of(await buyer.pay(shop.account, 2), 201)
        event = await stream.told()
    assert event is not None
    assert json.loads(event["data"])["amount_minor"] == 2


async def test_only_what_comes_in_to_the_own_account_is_told(here: Open, town: Town) -> None:
    buyer, shop, other = await town.person(1_000), await town.merchant(), await town.merchant()
    path, bearer = _at(shop)
    async with streaming(here.app, path, authorization=bearer) as stream:
        await stream.event()
        await buyer.pay(other.account, 5)
        await town.issuer.deposit(shop.account, 50)
        await shop.pay(other.account, 7)
        await buyer.pay(shop.account, 9)
        told = [await stream.told(), await stream.told()]
    amounts = [json.loads(event["data"])["amount_minor"] for event in told if event]
    assert amounts == [50, 9]


async def test_a_stream_ends_with_the_token_and_tells_nothing_after_it(
    here: Open, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nagara.payments.live.HEARTBEAT_SECONDS", 0.1)
    shop = await town.merchant()
    now = here.country.clock.now()
    claims = AccessClaims(
        issuer="la.nagara",
        audience="la.nagara",
        subject=shop.account,
        client_id=shop.signer.public.kid,
        scope=("holder",),
        issued_at=now,
        expires_at=now.plus_seconds(2),
        jti=new_id(),
    )
    token = issue_access_token(here.country.keys.signer(Purpose.TOKEN), claims)
    path, _ = _at(shop)
    async with streaming(here.app, path, authorization=f"Bearer {token}") as stream:
        assert await stream.event() == {"": "here"}
        assert await stream.told() is None
    assert here.country.clock.now().seconds >= claims.expires_at.seconds


async def test_the_tills_of_a_shop_hear_the_same_and_one_too_many_is_told_to_wait(
    here: Open, town: Town
) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    path, bearer = _at(shop)
    async with AsyncExitStack() as stack:
        tills = [
            await stack.enter_async_context(streaming(here.app, path, authorization=bearer))
            for _ in range(LISTENERS_OF_ACCOUNT_MAX)
        ]
        for till in tills:
            assert await till.event() == {"": "here"}
        words_of(await buyer.pay(shop.account, 11), 201)
        heard = [await till.told() for till in tills]
        assert all(event == heard[0] is not None for event in heard)
        over = await shop.read(f"/accounts/{shop.account}/events")
        problem_of(over, 429, "kernel.too_many")
        assert int(over.headers["retry-after"]) > 0
    async with streaming(here.app, path, authorization=bearer) as stream:
        assert await stream.event() == {"": "here"}
