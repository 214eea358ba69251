"""Confirmation of payee: who would be paid, told to those who may know and not to collectors."""

from __future__ import annotations

import pytest

from nagara.payments import qr
from tests.web.api.people import Town, new_id, problem_of, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_person_is_found_by_handle_number_and_code_and_shown_masked(town: Town) -> None:
    asker = await town.person()
    friend = await town.person(name="ແກ້ວ ສີສຸກ", handle="keo", phone="02055552222")
    code = (await friend.view())["addresses"][-1]
    for address in ("keo@lanexang", " KEO@Lanexang ", "020 5555-2222", "+8562055552222", code):
        told = words_of(await asker.ask("/payees", {"address": address}), 200)
        assert told["payee"] == friend.account, address
        assert (told["name"], told["kind"]) == ("ແກ້ວ ສີ***", "person")
        assert told["participant"]["code"] == "lanexang"
        assert (told["amount_minor"], told["currency"], told["reference"]) == (None, "LAK", None)


async def test_a_merchant_is_found_by_its_own_code_with_amount_and_reference(town: Town) -> None:
    asker, shop = await town.person(9_000), await town.merchant(category="5814")
    made = words_of(
        await shop.read(f"/accounts/{shop.account}/qr?amount_minor=4500&reference=A-77"), 200
    )
    assert made["svg"].startswith("<")
    told = words_of(await asker.ask("/payees", {"qr": made["text"]}), 200)
    assert told["name"] == "ຮ້ານກາເຟ ດາວ"
    assert (told["amount_minor"], told["reference"]) == (4_500, "A-77")
    words_of(await asker.pay(told["payee"], 4_500, reference="A-77"), 201)


async def test_a_code_that_a_bank_printed_before_leads_to_the_account_it_belongs_to(
    town: Town,
) -> None:
    shop = await town.customer("merchant", codes=["01234567890123"])
    sticker = qr.Code(
        scheme=qr.Scheme.LAOQR,
        identifiers={"institution": "88880418", "account": "01234567890123"},
        currency="LAK",
    )
    text = qr.encode(sticker, {"418": ("LAK", 0)})
    asker = await town.person()
    told = words_of(await asker.ask("/payees", {"qr": text}), 200)
    assert told["payee"] == shop.account


async def test_a_code_is_refused_when_it_is_of_another_network_or_currency(town: Town) -> None:
    asker = await town.person()
    currencies = {"418": ("LAK", 0), "704": ("VND", 0)}
    foreign = qr.Code(
        scheme=qr.Scheme.VIETQR,
        identifiers={"institution": "970999", "account": "123"},
        currency="VND",
    )
    answer = await asker.ask("/payees", {"qr": qr.encode(foreign, currencies)})
    problem_of(answer, 422, "payments.code_of_another_network")
    unknown = qr.Code(
        scheme=qr.Scheme.LAOQR,
        identifiers={"institution": "77770418", "account": "123"},
        currency="LAK",
    )
    answer = await asker.ask("/payees", {"qr": qr.encode(unknown, currencies)})
    problem_of(answer, 404, "payments.payee_unknown")


async def test_a_code_in_another_currency_is_refused_before_anybody_pays(town: Town) -> None:
    asker, shop = await town.person(), await town.merchant()
    receiver = next(a for a in (await shop.view())["addresses"] if a.startswith("N"))
    code = qr.Code(
        scheme=qr.Scheme.LAOQR,
        identifiers={"institution": "99990418", "account": receiver},
        currency="THB",
    )
    text = qr.encode(code, {"764": ("THB", 2)})
    problem_of(await asker.ask("/payees", {"qr": text}), 400, "kernel.malformed")


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"address": "a@lanexang", "qr": "x"},
        {"address": 5},
        {"address": ""},
        {"address": "x" * 101},
        {"address": "nobody here"},
        {"address": "\u0000@lanexang"},
        {"address": "a@lanexang", "more": 1},
    ],
    ids=["none", "two", "a number", "empty", "long", "words", "a null character", "a member more"],
)
async def test_a_question_is_refused_when_it_is_not_one(
    town: Town, question: dict[str, object]
) -> None:
    asker = await town.person()
    problem_of(await asker.ask("/payees", question), 400, "kernel.malformed")


async def test_a_text_that_is_no_payment_code_is_refused(town: Town) -> None:
    asker = await town.person()
    problem_of(await asker.ask("/payees", {"qr": "hello"}), 400, "qr.not_a_payment_code")


async def test_misses_use_up_the_budget_of_who_asks_and_of_nobody_else(town: Town) -> None:
    collector, other = await town.person(), await town.person()
    for number in range(3):
        answer = await collector.ask("/payees", {"address": f"0205555000{number}"})
        problem_of(answer, 404, "payments.payee_unknown")
    over = await collector.ask("/payees", {"address": "02055550009"})
    problem_of(over, 429, "kernel.too_many")
    assert 0 < int(over.headers["retry-after"]) <= 120
    answer = await other.ask("/payees", {"address": "02055550009"})
    problem_of(answer, 404, "payments.payee_unknown")


async def test_hits_use_up_the_budget_too_and_then_hit_and_miss_look_the_same(
    town: Town,
) -> None:
    collector = await town.person()
    await town.person(handle="bounmi")
    answers = [await collector.ask("/payees", {"address": "bounmi@lanexang"}) for _ in range(14)]
    found = [one.status_code for one in answers]
    assert found == [200] * 13 + [429]
    miss = await collector.ask("/payees", {"address": "none@lanexang"})
    assert miss.json() == answers[-1].json()


async def test_names_are_not_told_to_operators_or_strangers(town: Town) -> None:
    await town.person(handle="noy")
    for token, status in ((town.operator, 403), ("", 401)):
        answer = await town.client.post(
            "/api/payments/v1/payees",
            json={"address": "noy@lanexang"},
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.status_code == status
    told = await town.bank.ask("/payees", {"address": "noy@lanexang"})
    assert told.status_code == 200


async def test_a_payee_that_was_looked_up_cannot_be_guessed_from_another_id(town: Town) -> None:
    asker = await town.person()
    answer = await asker.read(f"/accounts/{new_id()}")
    problem_of(answer, 404, "kernel.not_found")


async def test_the_code_of_an_account_costs_nothing_because_nobody_guesses_it(town: Town) -> None:
    payer, shop = await town.person(), await town.merchant()
    code = (await shop.view())["address"]
    answers = [await payer.ask("/payees", {"address": code}) for _ in range(40)]
    assert {one.status_code for one in answers} == {200}
