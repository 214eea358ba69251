"""10,000 orders at once on an account with money for 100: exactly 100 are posted."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from uuid import UUID

import pytest

from nagara.kernel import canonical
from nagara.keys import Algorithm, new_signer
from nagara.ledger import AccountId
from nagara.web.app import Process
from tests.web.api.asgi import post
from tests.web.api.conftest import Open
from tests.web.api.people import API, Holder, Told, Town, new_id, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDERS = 10_000
AMOUNT = 7
ENOUGH_FOR = 100


async def _send(app: Process, bodies: list[bytes]) -> Counter[str]:
    ends: Counter[str] = Counter()

    async def sender(mine: list[bytes]) -> None:
        for body in mine:
            _, answer = await post(app, f"{API}/orders", body, content_type="application/jose")
            told: Told = json.loads(answer)
            ends[told.get("slug") or told["state"]] += 1

    await asyncio.gather(*(sender(bodies[place::512]) for place in range(512)))
    return ends


@pytest.mark.timeout(180)
async def test_of_ten_thousand_orders_at_once_as_many_are_posted_as_there_is_money_for(
    here: Open, town: Town
) -> None:
    payer = Holder(town.client, signer=new_signer(Algorithm.ED25519))
    await payer.open_wallet()
    await town.issuer.deposit(payer.account, AMOUNT * ENOUGH_FOR + AMOUNT - 1)
    shops = [await town.merchant() for _ in range(3)]
    words = payer.order_words(shops[0].account, AMOUNT)
    bodies = [
        payer.signed(
            "order",
            canonical.json(words | {"id": new_id(), "payee": shops[place % 3].account}),
        )
        for place in range(ORDERS)
    ]
    ends = await _send(here.app, bodies)
    assert ends == {
        "posted": ENOUGH_FOR,
        "ledger.funds_insufficient": ORDERS - ENOUGH_FOR,
    }
    assert await payer.balance() == AMOUNT - 1
    assert sum([await shop.balance() for shop in shops]) == AMOUNT * ENOUGH_FOR
    assert await here.trial_balance() == [0]
    async with here.country.database.unit() as unit:
        assert await here.country.ledger.audit(unit) == []
    accounts = [AccountId(UUID(one.account)) for one in (payer, *shops)]
    async with here.country.database.read() as unit:
        held = await here.country.ledger.accounts(unit, accounts)
    assert sum(one.debits_posted for one in held.values()) == AMOUNT * ENOUGH_FOR
    again = words_of(await payer.read(f"/accounts/{payer.account}/payments?limit=100"), 200)
    assert sum(line["direction"] == "out" for line in again["payments"]) == 100
