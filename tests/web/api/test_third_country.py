"""The same day in a country that was made up for this test: no code knows a country."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from nagara.payments import qr
from tests.journal.independent import verify
from tests.web.api.conftest import Open, founded, running
from tests.web.api.people import API, Holder, Town, new_id, problem_of, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = Path(__file__).with_name("made_up.toml")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    tmp_path_factory: pytest.TempPathFactory, keys_folder: Path, module_database_url: str
) -> AsyncIterator[Open]:
    """The made-up country."""
    data = tmp_path_factory.mktemp("country")
    async with running(data, keys_folder, module_database_url, str(PROFILE)) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(here: Open) -> Town:
    """Its institutions."""
    return await founded(here, "qq.made-up", "QQD")


async def test_the_country_speaks_its_own_money_and_scheme(here: Open) -> None:
    told = words_of(await here.client.get(f"{API}/country"), 200)
    assert (told["country"], told["qr_scheme"], told["utc_offset_minutes"]) == (
        "QQ",
        "vietqr",
        -210,
    )
    assert (told["currency"]["code"], told["currency"]["exponent"]) == ("QQD", 2)
    assert told["languages"] == ["en", "vi"]


async def test_a_day_of_paying_works_as_anywhere_else(here: Open, town: Town) -> None:
    buyer = await town.person(20_000, name="Ann Oak", phone="07 123 456", handle="ann")
    shop = await town.merchant(name="Corner Shop")
    assert "+997123456" in (await buyer.view())["addresses"]
    path = f"/accounts/{shop.account}/qr?amount_minor=4550&reference=A1"
    text = words_of(await shop.read(path), 200)["text"]
    assert "54" + "05" + "45.50" in text
    assert qr.decode(text, {"997": ("QQD", 2)}).country == "QQ"
    found = words_of(await buyer.ask("/payees", {"qr": text}), 200)
    assert (found["amount_minor"], found["currency"]) == (4_550, "QQD")
    told = words_of(await buyer.pay(found["payee"], 4_550, reference="A1"), 201)
    bundle = json.loads(here.country.keys.trust_bundle().to_json())
    assert verify(told["receipt"], bundle)["network"] == "qq.made-up"
    assert (await buyer.balance(), await shop.balance()) == (15_450, 4_550)
    line = (await buyer.history())[0]
    assert (line["currency"], line["balance_minor"]) == ("QQD", 15_450)
    assert await here.trial_balance() == [0]


async def test_limits_money_and_numbers_of_other_countries_do_not_count_here(
    town: Town,
) -> None:
    buyer, shop = await town.person(50_000), await town.merchant()
    over = problem_of(await buyer.pay(shop.account, 10_001), 422, "payments.payment_over_limit")
    assert over["order"]["refusal"]["facts"] == {"limit_minor": 10_000}
    words_of(await buyer.pay(shop.account, 10_000), 201)
    problem_of(await buyer.pay(shop.account, 5_001), 422, "payments.day_over_limit")
    kip = await buyer.pay(shop.account, 1, currency="LAK")
    problem_of(kip, 422, "ledger.currency_differs")
    problem_of(await buyer.pay(shop.account, 1, aud="la.nagara"), 422, "payments.network_differs")
    stranger = Holder(town.client, "qq.made-up", "QQD")
    answer = await stranger.send("/wallets", stranger.wallet_request(phone="020 5555 1234"))
    problem_of(answer, 400, "kernel.malformed")


async def test_made_up_money_is_bounded_by_the_profile(town: Town) -> None:
    holder = await town.person()
    wish = {"id": new_id(), "account": holder.account, "amount_minor": 12_345}
    words_of(await holder.ask("/demo/top-ups", wish), 201)
    more = wish | {"id": new_id(), "amount_minor": 12_346}
    problem_of(await holder.ask("/demo/top-ups", more), 413, "kernel.too_large")
    assert await holder.balance() == 12_345
