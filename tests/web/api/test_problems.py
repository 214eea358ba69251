"""Every no is said in full: what, why, what to do and who, in the language that was asked for."""

from __future__ import annotations

import pytest

from nagara.keys import base64url
from tests.web.api.conftest import Open
from tests.web.api.people import API, JOSE, JSON, Town, problem_of, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


LANGUAGES = {"lo": "ຈ່າຍ", "vi": "Hãy", "en": "No account"}


async def test_a_refusal_is_said_in_the_language_that_was_asked_for(town: Town) -> None:
    payer = await town.person()
    titles = set()
    for language in ("lo", "vi", "en"):
        answer = await payer.ask(
            "/payees", {"address": "nobody@mekong"}, **{"accept-language": language}
        )
        told = problem_of(answer, 404, "payments.payee_unknown")
        titles.add(told["title"])
    assert len(titles) == 3
    assert "There is nobody to pay under this address." in titles


@pytest.mark.parametrize(
    ("accept", "starts"),
    [
        ("fr", "ບໍ່"),  # the country's own language where none is known
        ("vi;q=0.3, en;q=0.9", "There is no"),
        ("*", "ບໍ່"),
        ("en-GB", "There is no"),
        ("x" * 3_000, "ບໍ່"),
        ("en;q=nan, vi;q=x", "ບໍ່"),
    ],
    ids=["another", "weights", "any", "region", "long", "nonsense"],
)
async def test_whatever_language_is_asked_for_an_answer_comes(
    here: Open, accept: str, starts: str
) -> None:
    answer = await here.client.get(f"{API}/nowhere", headers={"accept-language": accept})
    assert problem_of(answer, 404, "kernel.not_found")["title"].startswith(starts)


async def test_a_path_that_does_not_exist_is_a_problem_and_a_wrong_method_names_the_right_ones(
    here: Open,
) -> None:
    problem_of(await here.client.get(f"{API}/nowhere"), 404, "kernel.not_found")
    for wrong in ("not-an-id", "%00", "%ff"):
        answer = await here.client.get(f"{API}/orders/{wrong}")
        problem_of(answer, 404, "kernel.not_found")
    answer = await here.client.put(f"{API}/payees")
    problem_of(answer, 405, "kernel.malformed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/orders", "/wallets", "/sessions"])
async def test_a_signed_request_is_refused_when_its_form_is_wrong(here: Open, path: str) -> None:
    url = API + path
    for content_type in ("application/json", "text/plain", "application/josephine", ""):
        answer = await here.client.post(url, content=b"x", headers={"content-type": content_type})
        problem_of(answer, 400, "kernel.malformed")
    for body in (b"", b"x", b"a.b", b"a.b.c.d", b"\xff\xfe", "ກ.ຂ.ຄ".encode(), b"." * 2_000):
        answer = await here.client.post(url, content=body, headers=JOSE)
        assert answer.status_code in {400, 401}, (body, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
    answer = await here.client.post(url, content=b"x" * 8_193, headers=JOSE)
    problem_of(answer, 413, "kernel.too_large")
    answer = await here.client.post(url, content=b"x" * 70_000, headers=JOSE)
    problem_of(answer, 413, "kernel.too_large")


async def test_a_body_is_read_no_further_than_its_limit(here: Open) -> None:
    answer = await here.client.post(f"{API}/qr/decode", content=b" " * 16_385, headers=JSON)
    problem_of(answer, 413, "kernel.too_large")


@pytest.mark.parametrize(
    "head",
    [
        '{"alg":"none","typ":"nagara-order+jwt"}',
        '{"alg":"\\ud800","typ":"nagara-order+jwt"}',
        '{"alg":"ES256","typ":"nagara-order+jwt","\\ud800":1}',
        '{"alg":"ES256","typ":"nagara-order+jwt","jwk":{"kty":"\\ud800"}}',
        '{"alg":"ES256","typ":"nagara-order+jwt","jwk":5}',
        '{"alg":["ES256"]}',
        '{"alg":{"a":1}}',
        "[]",
        "{",
    ],
)
async def test_a_header_of_nonsense_is_refused_and_never_breaks_us(here: Open, head: str) -> None:
    token = base64url(head.encode()) + b".e30." + base64url(bytes(64))
    answer = await here.client.post(f"{API}/orders", content=token, headers=JOSE)
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("kid", ['"\\ud800"', "5", "null", '"' + "x" * 400 + '"', '"\\u0000"'])
async def test_a_bearer_token_of_nonsense_is_refused_and_never_breaks_us(
    here: Open, kid: str
) -> None:
    head = '{"alg":"EdDSA","typ":"at+jwt","kid":' + kid + "}"
    token = (base64url(head.encode()) + b".e30." + base64url(bytes(64))).decode()
    path = f"{API}/participants/mekong/position"
    answer = await here.client.get(path, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("sub", ['"\\ud800"', '"\\u0000"', "5", '""'])
async def test_a_client_of_nonsense_is_refused_and_never_breaks_us(here: Open, sub: str) -> None:
    body = base64url(f'{{"sub":{sub}}}'.encode()).decode()
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"e30.{body}.AAAA",
    }
    answer = await here.client.post("/oauth/token", data=form)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"text":"\\ud800"}', b'{"text":1}', b'\xff{"text":""}', b"{}"],
    ids=repr,
)
async def test_json_of_nonsense_is_refused_and_never_breaks_us(here: Open, body: bytes) -> None:
    answer = await here.client.post(f"{API}/qr/decode", content=body, headers=JSON)
    problem_of(answer, 400, "kernel.malformed")


async def test_json_under_another_content_type_is_refused(here: Open) -> None:
    body = b'{"text":"000201"}'
    for wrong in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await here.client.post(
            f"{API}/qr/decode", content=body, headers={"content-type": wrong}
        )
        problem_of(answer, 400, "kernel.malformed")


async def test_the_country_says_what_a_client_must_know(here: Open) -> None:
    told = words_of(await here.client.get(f"{API}/country"), 200)
    assert (told["country"], told["network"], told["qr_scheme"]) == ("LA", "la.nagara", "laoqr")
    assert told["currency"]["exponent"] == 0
    assert told["languages"] == ["lo", "en", "vi"]


async def test_health_is_told_to_machines(here: Open, town: Town) -> None:
    payer, shop = await town.person(10), await town.merchant()
    words_of(await payer.pay(shop.account, 10), 201)
    assert (await here.client.get("/livez")).text == "ok"
    assert words_of(await here.client.get("/readyz"), 200) == {"ready": True}
    metrics = (await here.client.get("/metrics")).text
    assert "nagara_order_seconds_count 1.0" in metrics


async def test_codes_are_read_and_written_for_anybody(here: Open) -> None:
    code = {
        "scheme": "laoqr",
        "identifiers": {"institution": "99990418", "account": "N0123456789AB"},
        "currency": "LAK",
        "amount_minor": 5_000,
    }
    text = words_of(await here.client.post(f"{API}/qr/encode", json=code), 200)["text"]
    told = words_of(await here.client.post(f"{API}/qr/decode", json={"text": text}), 200)
    assert (told["amount_minor"], told["identifiers"]["account"]) == (5_000, "N0123456789AB")
    for accept, start in (("image/svg+xml", b"<"), ("image/png", b"\x89PNG")):
        picture = await here.client.post(f"{API}/qr/encode", json=code, headers={"accept": accept})
        assert picture.headers["content-type"].startswith(accept)
        assert picture.content.startswith(start)
    wrong = await here.client.post(f"{API}/qr/decode", json={"text": text[:-1] + "0"})
    assert wrong.status_code == 400
