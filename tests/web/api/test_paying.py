"""Paying over HTTP: what is signed is decided once, and the receipt proves it to anybody."""

from __future__ import annotations

import asyncio
import json

import pytest

from nagara.kernel import canonical
from nagara.keys import Algorithm, new_signer
from tests.journal.independent import verify
from tests.web.api.conftest import Open
from tests.web.api.people import Holder, Told, Town, new_id, problem_of, seconds, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_payment_moves_the_money_once_and_says_so_on_both_sides(
    here: Open, town: Town
) -> None:
    buyer, shop = await town.person(100_000), await town.merchant()
    told = words_of(await buyer.pay(shop.account, 30_000, note="ກາເຟ", reference="A-1"), 201)
    assert told["state"] == "posted"
    assert told["refusal"] is None
    assert (await buyer.balance(), await shop.balance()) == (70_000, 30_000)
    assert await buyer.order_of(told["id"]) == told
    assert await shop.order_of(told["id"]) == told
    line = (await shop.history())[0]
    assert (line["note"], line["reference"], line["direction"]) == ("ກາເຟ", "A-1", "in")
    assert await here.trial_balance() == [0]


@pytest.mark.parametrize("algorithm", list(Algorithm))
async def test_a_receipt_proves_the_payment_to_somebody_who_has_none_of_our_code(
    here: Open, town: Town, algorithm: Algorithm
) -> None:
    buyer = Holder(town.client, signer=new_signer(algorithm))
    await buyer.open_wallet(name="ສົມສີ ວົງສາ")
    await town.issuer.deposit(buyer.account, 5_000)
    shop = await town.merchant()
    told = words_of(await buyer.pay(shop.account, 5_000), 201)
    bundle = json.loads(here.country.keys.trust_bundle().to_json())
    fact = verify(told["receipt"], bundle)
    assert (fact["id"], fact["state"], fact["at"]) == (told["id"], "posted", told["at"])
    assert fact["payee"] == {
        "account": shop.account,
        "name": "ຮ້ານກາເຟ ດາວ",
        "participant": "lanexang",
    }
    assert fact["payer"]["name"] == "ສົມສີ ວົ***"


async def test_a_receipt_proves_a_refusal_too(here: Open, town: Town) -> None:
    buyer, shop = await town.person(1), await town.merchant()
    answer = problem_of(await buyer.pay(shop.account, 2), 422, "ledger.funds_insufficient")
    bundle = json.loads(here.country.keys.trust_bundle().to_json())
    fact = verify(answer["order"]["receipt"], bundle)
    assert (fact["state"], fact["refusal"]) == ("refused", 2003)


async def _refused(
    payer: Holder, body: bytes, status: int, slug: str, state: str = "refused"
) -> Told:
    """The refusal of an order, which is told the same way whenever and however it is asked for."""
    answer = await payer.send("/orders", body)
    told = problem_of(answer, status, slug)
    order: Told = told["order"]
    assert order["state"] == state
    assert order["refusal"]["slug"] == slug
    assert (await payer.send("/orders", body)).content == answer.content
    assert await payer.order_of(order["id"]) == order
    return told


async def test_an_order_is_refused_when_the_money_is_not_there(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    told = await _refused(buyer, buyer.order(shop.account, 1_001), 422, "ledger.funds_insufficient")
    assert told["who"] == "payer"
    assert (await buyer.balance(), await shop.balance()) == (1_000, 0)


async def test_an_order_is_refused_when_it_came_after_its_expiry(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    past = buyer.order(shop.account, 1, iat=seconds() - 600, exp=seconds() - 1)
    await _refused(buyer, past, 422, "payments.order_expired", "expired")


async def test_an_order_is_refused_when_it_was_made_in_the_future(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    early = buyer.order(shop.account, 1, iat=seconds() + 120, exp=seconds() + 200)
    await _refused(buyer, early, 422, "payments.order_not_yet")


async def test_an_order_is_refused_when_it_would_stay_valid_for_too_long(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    lasting = buyer.order(shop.account, 1, exp=seconds() + 1_000)
    await _refused(buyer, lasting, 422, "payments.lifetime_too_long")


async def test_an_order_is_refused_when_it_is_in_another_currency(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    dollars = buyer.order(shop.account, 1, currency="USD")
    await _refused(buyer, dollars, 422, "ledger.currency_differs")


async def test_an_order_is_refused_when_its_payee_does_not_exist(town: Town) -> None:
    buyer = await town.person(1_000)
    await _refused(buyer, buyer.order(new_id(), 1), 404, "payments.payee_unknown")


async def test_an_order_is_refused_when_it_would_pay_into_the_funds_of_an_institution(
    here: Open, town: Town
) -> None:
    funds = (await here.country.payments.participants())["mekong"].funds  # type: ignore[index]
    buyer = await town.person(1_000)
    await _refused(buyer, buyer.order(str(funds), 1), 404, "payments.payee_unknown")


async def test_an_order_is_refused_when_payer_and_payee_are_one(town: Town) -> None:
    buyer = await town.person(1_000)
    await _refused(buyer, buyer.order(buyer.account, 1), 422, "ledger.same_account")


async def test_an_order_is_refused_when_it_is_over_the_limit_of_one_payment(town: Town) -> None:
    buyer, shop = await town.person(9_000_000), await town.merchant()
    told = await _refused(
        buyer, buyer.order(shop.account, 5_000_001), 422, "payments.payment_over_limit"
    )
    assert told["order"]["refusal"]["facts"] == {"limit_minor": 5_000_000}
    words_of(await buyer.pay(shop.account, 5_000_000), 201)


async def test_an_order_is_refused_when_it_is_over_what_is_left_of_the_day(town: Town) -> None:
    buyer, shop = await town.person(50_000_000), await town.merchant()
    for _ in range(3):
        words_of(await buyer.pay(shop.account, 5_000_000), 201)
    words_of(await buyer.pay(shop.account, 4_999_999), 201)
    told = await _refused(buyer, buyer.order(shop.account, 2), 422, "payments.day_over_limit")
    assert told["order"]["refusal"]["facts"] == {"limit_minor": 20_000_000, "left_minor": 1}
    assert (await buyer.view())["limits"]["day_left_minor"] == 1


async def test_orders_of_one_payer_in_one_batch_count_towards_the_same_day(town: Town) -> None:
    buyer, shop = await town.person(50_000_000), await town.merchant()
    answers = await asyncio.gather(*(buyer.pay(shop.account, 3_000_000) for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [201] * 6 + [422] * 14
    slugs = {one.json()["slug"] for one in answers if one.status_code == 422}
    assert slugs == {"payments.day_over_limit"}
    assert await shop.balance() == 18_000_000


async def test_a_refused_order_does_not_count_towards_the_day(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    problem_of(await buyer.pay(shop.account, 4_000_000), 422, "ledger.funds_insufficient")
    assert (await buyer.view())["limits"]["day_left_minor"] == 20_000_000


async def test_the_same_order_is_answered_with_the_same_bytes_however_often(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    body = buyer.order(shop.account, 600)
    at_once = await asyncio.gather(*(buyer.send("/orders", body) for _ in range(8)))
    later = await buyer.send("/orders", body)
    assert {one.status_code for one in (*at_once, later)} == {201}
    assert len({one.content for one in (*at_once, later)}) == 1
    assert await buyer.balance() == 400


async def test_the_same_order_signed_again_is_the_same_order(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    payload = canonical.json(buyer.order_words(shop.account, 600))
    first, second = buyer.signed("order", payload), buyer.signed("order", payload)
    assert first != second, "ES256 signs the same content differently each time"
    answers = [await buyer.send("/orders", body) for body in (first, second)]
    assert answers[0].status_code == 201
    assert answers[0].content == answers[1].content


async def test_an_order_id_with_other_content_is_refused_and_changes_nothing(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    first = words_of(await buyer.pay(shop.account, 100), 201)
    again = await buyer.pay(shop.account, 101, id=first["id"])
    problem_of(again, 409, "kernel.key_reused")
    assert await buyer.order_of(first["id"]) == first
    assert await buyer.balance() == 900


async def test_an_order_id_of_somebody_else_is_refused_and_changes_nothing(town: Town) -> None:
    buyer, other, shop = await town.person(1_000), await town.person(1_000), await town.merchant()
    first = words_of(await buyer.pay(shop.account, 100), 201)
    problem_of(await other.pay(shop.account, 100, id=first["id"]), 409, "kernel.key_reused")
    assert await other.balance() == 1_000


async def test_an_order_under_the_id_of_a_deposit_is_refused(town: Town) -> None:
    buyer, shop = await town.person(), await town.merchant()
    body = town.issuer.movement(buyer.account, 1_000)
    words_of(await town.issuer.ask("/participants/lanexang/deposits", body), 201)
    answer = await buyer.pay(shop.account, 1_000, id=body["id"])
    problem_of(answer, 409, "ledger.transfer_differs")
    assert await buyer.balance() == 1_000


async def test_an_order_by_the_device_of_another_is_refused_and_leaves_nothing(
    town: Town,
) -> None:
    thief, victim = await town.person(), await town.person(1_000)
    words = victim.order_words(thief.account, 1_000)
    answer = await thief.send("/orders", thief.signed("order", words))
    told = problem_of(answer, 403, "payments.not_the_accounts_device")
    assert "order" not in told
    path = f"/orders/{words['id']}"
    problem_of(await victim.read(path), 404, "kernel.not_found")
    assert await victim.balance() == 1_000
    words_of(await victim.send("/orders", victim.signed("order", words)), 201)


async def test_an_order_by_an_unknown_device_is_refused_and_leaves_nothing(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    words = buyer.order_words(shop.account, 100)
    stranger = new_signer(Algorithm.ED25519)
    body = buyer.signed("order", words, by=stranger)
    problem_of(await buyer.send("/orders", body), 401, "payments.device_unknown")
    problem_of(await buyer.read(f"/orders/{words['id']}"), 404, "kernel.not_found")


async def test_an_order_of_another_network_is_refused_and_leaves_nothing(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    words = buyer.order_words(shop.account, 100, aud="zz.nagara")
    body = buyer.signed("order", words)
    problem_of(await buyer.send("/orders", body), 422, "payments.network_differs")
    problem_of(await buyer.read(f"/orders/{words['id']}"), 404, "kernel.not_found")


@pytest.mark.parametrize("frozen_side", ["payer", "payee"])
@pytest.mark.parametrize(("state", "slug"), [("frozen", "frozen"), ("closed", "closed")])
async def test_an_order_is_refused_when_an_account_of_it_is_frozen_or_closed(
    town: Town, frozen_side: str, state: str, slug: str
) -> None:
    payer, payee = await town.customer("person"), await town.customer("merchant")
    held = payer if frozen_side == "payer" else payee
    words_of(await town.bank.set_state(held.account, state), 201)
    assert (await held.view())["state"] == state
    await _refused(payer, payer.order(payee.account, 1), 422, f"ledger.account_{slug}")


async def test_a_frozen_account_pays_again_once_it_is_open_again(town: Town) -> None:
    payer, payee = await town.customer("person", 500), await town.customer("merchant")
    for state in ("frozen", "active"):
        words_of(await town.bank.set_state(payer.account, state), 201)
    words_of(await payer.pay(payee.account, 500), 201)


async def test_cash_goes_in_and_out_through_an_agent_only(town: Town) -> None:
    agent, person = await town.customer("agent", 90_000), await town.person()
    words_of(await agent.pay(person.account, 50_000, purpose="top_up"), 201)
    words_of(await person.pay(agent.account, 20_000, purpose="cash_out"), 201)
    assert (await agent.balance(), await person.balance()) == (60_000, 30_000)
    friend = await town.person()
    for purpose in ("top_up", "cash_out"):
        body = person.order(friend.account, 1, purpose=purpose)
        await _refused(person, body, 422, "payments.purpose_not_allowed")


async def test_an_order_is_shown_to_its_sides_and_their_institutions_only(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.customer("merchant")
    told = words_of(await buyer.pay(shop.account, 10), 201)
    path = f"/orders/{told['id']}"
    for side in (town.issuer, town.bank):
        assert words_of(await side.read(path), 200) == told
    stranger = await town.person()
    problem_of(await stranger.read(path), 404, "kernel.not_found")
    problem_of(await town.client.get(f"/api/payments/v1{path}"), 401, "kernel.unauthenticated")
