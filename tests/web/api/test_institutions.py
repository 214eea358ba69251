"""Institutions over HTTP: no shared secret, and money in and out of their own accounts only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nagara.kernel import canonical
from nagara.keys import Algorithm, base64url, new_signer
from tests.web.api.conftest import Open
from tests.web.api.people import (
    API,
    Holder,
    Program,
    Told,
    Town,
    new_id,
    problem_of,
    seconds,
    words_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_program_gets_a_short_token_for_its_assertion_once(town: Town) -> None:
    assertion = town.bank.assertion()
    answer = await town.bank.exchange(assertion)
    told = words_of(answer, 200)
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 900, "participant")
    assert answer.headers["cache-control"] == "no-store"
    problem_of(await town.bank.exchange(assertion), 409, "payments.request_replayed")


async def test_the_audience_may_be_the_address_of_the_token_endpoint(town: Town) -> None:
    assertion = town.bank.assertion(aud="http://nagara.test/oauth/token")
    words_of(await town.bank.exchange(assertion), 200)


def _unsigned(claims: Told) -> str:
    head = base64url(canonical.json({"alg": "none", "typ": "JWT"})).decode()
    return f"{head}.{base64url(canonical.json(claims)).decode()}."


@pytest.mark.parametrize(
    ("claims", "slug"),
    [
        ({"aud": "vn.nagara"}, "keys.assertion_refused"),
        ({"aud": None}, "keys.assertion_refused"),
        ({"iss": "lanexang"}, "keys.assertion_refused"),
        ({"exp": 1}, "keys.assertion_refused"),
        ({"exp": None}, "keys.assertion_refused"),
        ({"exp": 4_000_000_000}, "keys.assertion_refused"),
        ({"iat": 4_000_000_000}, "keys.assertion_refused"),
        ({"jti": None}, "keys.assertion_refused"),
        ({"sub": "nobody"}, "keys.assertion_refused"),
        ({"sub": None}, "keys.assertion_refused"),
        ({"sub": "lanexang", "iss": "lanexang"}, "keys.key_unknown"),
    ],
    ids=str,
)
async def test_an_assertion_is_refused_when_it_claims_what_is_not_so(
    town: Town, claims: dict[str, Any], slug: str
) -> None:
    answer = await town.bank.exchange(town.bank.assertion(**claims))
    problem_of(answer, 401, slug)


async def test_an_assertion_is_refused_when_it_is_unsigned_or_by_another_key(town: Town) -> None:
    bank = town.bank
    claims = {"iss": "mekong", "sub": "mekong", "aud": "la.nagara", "jti": new_id()}
    unsigned = _unsigned(claims | {"exp": seconds() + 60})
    problem_of(await bank.exchange(unsigned), 401, "keys.algorithm_refused")
    stranger = bank.assertion(by=new_signer(Algorithm.ES256))
    problem_of(await bank.exchange(stranger), 401, "keys.key_unknown")


@pytest.mark.parametrize("jti", ["a\x00b", "\x00", "x" * 256, "ກ", "a b"])
async def test_whatever_text_names_an_assertion_it_is_taken_once_or_refused(
    town: Town, jti: str
) -> None:
    assertion = town.bank.assertion(jti=jti)
    first, second = [await town.bank.exchange(assertion) for _ in range(2)]
    assert first.status_code in {200, 401}
    assert second.status_code in {401, 409}


@pytest.mark.parametrize(
    "fields",
    [
        {"grant_type": "password"},
        {"client_assertion_type": "secret"},
        {"client_assertion": ""},
        {"client_assertion": "a.b.c"},
        {"scope": "operator"},
    ],
    ids=str,
)
async def test_a_token_is_refused_when_the_form_asks_for_something_else(
    town: Town, fields: dict[str, str]
) -> None:
    assertion = fields.get("client_assertion", town.bank.assertion())
    answer = await town.bank.exchange(assertion, **fields)
    assert answer.status_code in {400, 401, 403}
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "body", [b"", b"grant_type", b"a=1&a=2", b"\xff=1", b"&".join([b"a=1"] * 99)], ids=repr
)
async def test_a_token_is_refused_when_the_body_is_no_form(town: Town, body: bytes) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await town.client.post("/oauth/token", content=body, headers=form)
    problem_of(answer, 400, "kernel.malformed")


async def test_only_an_operator_admits_institutions(town: Town) -> None:
    new = Program(town.client, "new-bank")
    body = {
        "id": new_id(),
        "code": "new-bank",
        "name": {"en": "New Bank"},
        "kind": "bank",
        "open_to_public": True,
        "acquirer": None,
        "jwks": [new.jwk],
    }
    person = await town.person()
    for caller in (town.bank.token, person.token):
        bearer = {"authorization": f"Bearer {caller}"}
        answer = await town.client.post(f"{API}/participants", json=body, headers=bearer)
        problem_of(answer, 403, "kernel.forbidden")
    bearer = {"authorization": f"Bearer {town.operator}"}
    for _ in range(2):
        answer = await town.client.post(f"{API}/participants", json=body, headers=bearer)
        assert words_of(answer, 201)["code"] == "new-bank"
    again = body | {"id": new_id(), "name": {"en": "Newer Bank"}}
    answer = await town.client.post(f"{API}/participants", json=again, headers=bearer)
    problem_of(answer, 409, "payments.account_taken")
    country = words_of(await town.client.get(f"{API}/country"), 200)
    assert [one["code"] for one in country["participants"]] == ["lanexang", "mekong", "new-bank"]
    await new.admit()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "bank\n"},
        {"code": "B"},
        {"kind": "bank\n"},
        {"kind": "casino"},
        {"acquirer": "888804180"},
        {"acquirer": "888888\n"},
        {"name": {"english": "x"}},
        {"name": {"en\n": "x"}},
        {"name": {}},
        {"jwks": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"jwks": [{}]},
        {"id": "7f9c24e8-3b12-4fef-91e0-56a2d5a3f2c1"},
        {"secret": "x"},
    ],
    ids=str,
)
async def test_an_institution_is_refused_when_its_description_is_wrong(
    town: Town, wrong: dict[str, Any]
) -> None:
    body = {
        "id": new_id(),
        "code": "new-bank",
        "name": {"en": "New Bank"},
        "kind": "bank",
        "open_to_public": True,
        "acquirer": None,
        "jwks": [],
    }
    bearer = {"authorization": f"Bearer {town.operator}"}
    answer = await town.client.post(f"{API}/participants", json=body | wrong, headers=bearer)
    assert answer.status_code in {400, 401}, answer.text


async def test_an_acquirer_number_belongs_to_one_institution(town: Town) -> None:
    body = {
        "id": new_id(),
        "code": "third-bank",
        "name": {"en": "Third Bank"},
        "kind": "bank",
        "open_to_public": True,
        "acquirer": "88880418",
        "jwks": [],
    }
    bearer = {"authorization": f"Bearer {town.operator}"}
    answer = await town.client.post(f"{API}/participants", json=body, headers=bearer)
    problem_of(answer, 409, "payments.account_taken")


async def test_money_enters_and_leaves_once_under_its_id(here: Open, town: Town) -> None:
    person = await town.person()
    body = town.issuer.movement(person.account, 50_000)
    path = "/participants/lanexang/deposits"
    answers = await asyncio.gather(*(town.issuer.ask(path, body) for _ in range(4)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    other = await town.issuer.ask(path, body | {"amount_minor": 1})
    problem_of(other, 409, "kernel.key_reused")
    out = town.issuer.movement(person.account, 20_000)
    words_of(await town.issuer.ask("/participants/lanexang/withdrawals", out), 201)
    assert await person.balance() == 30_000
    lines = await person.history()
    assert [line["purpose"] for line in lines] == ["withdrawal", "deposit"]
    assert await here.trial_balance() == [0]


async def test_money_under_the_id_of_an_order_or_another_movement_is_refused(town: Town) -> None:
    payer, shop = await town.person(500), await town.customer("merchant")
    told = words_of(await payer.pay(shop.account, 100), 201)
    taken = town.issuer.movement(payer.account, 100, id=told["id"])
    answer = await town.issuer.ask("/participants/lanexang/deposits", taken)
    problem_of(answer, 409, "ledger.transfer_differs")
    body = town.issuer.movement(payer.account, 100)
    words_of(await town.issuer.ask("/participants/lanexang/deposits", body), 201)
    same = await payer.ask(
        "/demo/top-ups", {"id": body["id"], "account": payer.account, "amount_minor": 100}
    )
    problem_of(same, 409, "kernel.key_reused")
    assert await payer.balance() == 500


async def test_more_than_there_is_does_not_leave(town: Town) -> None:
    person = await town.person(100)
    body = town.issuer.movement(person.account, 101)
    answer = await town.issuer.ask("/participants/lanexang/withdrawals", body)
    problem_of(answer, 422, "ledger.funds_insufficient")
    assert await person.balance() == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"amount_minor": 1.5},
        {"amount_minor": "5"},
        {"amount_minor": True},
        {"amount_minor": 2**53},
        {"currency": "USD"},
        {"currency": "LAK\n"},
        {"currency": "lak"},
        {"account": "me"},
        {"id": "7f9c24e8-3b12-4fef-91e0-56a2d5a3f2c1"},
        {"more": 1},
    ],
    ids=str,
)
async def test_a_movement_is_refused_when_its_words_are_wrong(
    town: Town, wrong: dict[str, Any]
) -> None:
    person = await town.person()
    body = town.issuer.movement(person.account, 5) | wrong
    answer = await town.issuer.ask("/participants/lanexang/deposits", body)
    assert answer.status_code in {400, 422}, answer.text
    assert await person.balance() == 0


async def test_an_institution_touches_only_what_is_its_own(town: Town) -> None:
    person, customer = await town.person(1_000), await town.customer("person", 1_000)
    body = town.bank.movement(person.account, 10)
    for deed in ("deposits", "withdrawals"):
        # its own path, another's account; then another's path
        answer = await town.bank.ask(f"/participants/mekong/{deed}", body)
        problem_of(answer, 404, "kernel.not_found")
        answer = await town.bank.ask(f"/participants/lanexang/{deed}", body)
        problem_of(answer, 403, "kernel.forbidden")
    problem_of(await town.bank.set_state(person.account, "frozen"), 404, "kernel.not_found")
    problem_of(await town.bank.read("/participants/lanexang/position"), 403, "kernel.forbidden")
    answer = await person.ask("/participants/lanexang/deposits", body)
    problem_of(answer, 403, "kernel.forbidden")
    assert (await person.balance(), await customer.balance()) == (1_000, 1_000)


async def test_an_account_is_refused_when_its_words_are_wrong(town: Town) -> None:
    holder = Holder(town.client)
    good = {
        "account": holder.account,
        "kind": "person",
        "name": "ບຸນມີ",
        "tier": "full",
        "devices": [dict(holder.signer.public.jwk)],
    }
    for wrong, status in (
        ({"tier": "platinum"}, 400),
        ({"tier": "full\n"}, 400),
        ({"kind": "agent\n"}, 400),
        ({"devices": []}, 400),
        ({"devices": [{}]}, 401),
        ({"devices": [dict(holder.signer.public.jwk)] * 2}, 409),
        ({"category": "58145"}, 400),
        ({"codes": ["a b"]}, 400),
        ({"codes": ["x"] * 9}, 400),
        ({"account": "7f9c24e8-3b12-4fef-91e0-56a2d5a3f2c1"}, 400),
    ):
        answer = await town.bank.ask("/participants/mekong/accounts", good | wrong)
        assert answer.status_code == status, (wrong, answer.text)
    lacking = await town.issuer.ask("/participants/lanexang/accounts", good | {"codes": ["1"]})
    problem_of(lacking, 400, "kernel.malformed")


async def test_an_account_closes_empty_and_stays_closed(town: Town) -> None:
    customer = await town.customer("person", 10)
    problem_of(
        await town.bank.set_state(customer.account, "closed"), 422, "ledger.account_not_empty"
    )
    out = town.bank.movement(customer.account, 10)
    words_of(await town.bank.ask("/participants/mekong/withdrawals", out), 201)
    for _ in range(2):
        words_of(await town.bank.set_state(customer.account, "closed"), 201)
    problem_of(await town.bank.set_state(customer.account, "active"), 422, "ledger.account_closed")


async def test_positions_follow_the_payments_and_sum_to_zero(here: Open, town: Town) -> None:
    person, shop = await town.person(9_000), await town.customer("merchant", 500)
    before = await here.country.payments.positions()
    words_of(await person.pay(shop.account, 7_000), 201)
    for program, change in ((town.issuer, -7_000), (town.bank, 7_000)):
        told = words_of(await program.read(f"/participants/{program.code}/position"), 200)
        assert (told["net_minor"], told["currency"]) == (before[program.code] + change, "LAK")
    assert sum((await here.country.payments.positions()).values()) == 0
