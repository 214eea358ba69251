"""A country that is up, over real sockets: its contract holds no input that breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nagara.kernel.instant import SystemClock
from nagara.keys import AccessClaims, KeyStore, Purpose, issue_access_token
from tests.cli.running_country import RunningCountry
from tests.web.api.people import API, Holder, new_id, problem_of, words_of

PASSPHRASE = "of a test"
UP = f"""
import os, sys
from nagara.cli import main
os.environ["NAGARA_KEY_PASSPHRASE"] = {PASSPHRASE!r}
sys.argv.insert(1, "up")
main()
"""
EXAMPLES_MAX = 30
SECONDS_MAX = 20.0
schemathesis.serializer.alias("application/jose", "text/plain")


@dataclass(frozen=True, slots=True)
class Up:
    """A country that is up, and the keys to every door of it."""

    url: str
    keys: KeyStore

    def token(self, subject: str, scope: str) -> str:
        """A session for anybody."""
        now = SystemClock().now()
        claims = AccessClaims(
            "la.nagara",
            "la.nagara",
            subject,
            "test",
            (scope,),
            now,
            now.plus_seconds(600),
            new_id(),
        )
        return issue_access_token(self.keys.signer(Purpose.TOKEN), claims)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`nagara up --demo`, with two web processes."""
    data = tmp_path_factory.mktemp("up") / "data"
    running = RunningCountry(data, "--demo", code=UP)
    try:
        running.wait_until_up()
        keys = KeyStore.open(data / "keys", PASSPHRASE.encode(), SystemClock())
        yield Up(f"http://127.0.0.1:{running.port}", keys)
    finally:
        running.end()


async def test_a_payment_between_two_people_works_over_real_sockets(up: Up) -> None:
    async with httpx.AsyncClient(base_url=up.url, timeout=SECONDS_MAX) as client:
        buyer, shop = Holder(client), Holder(client)
        await buyer.open_wallet()
        await shop.open_wallet(kind="merchant", name="ຮ້ານ")
        wish = {"id": new_id(), "account": buyer.account, "amount_minor": 5_000}
        words_of(await buyer.ask("/demo/top-ups", wish), 201)
        body = buyer.order(shop.account, 4_000)
        answers = await asyncio.gather(*(buyer.send("/orders", body) for _ in range(8)))
        assert {one.status_code for one in answers} == {201}
        assert len({one.content for one in answers}) == 1, "two processes, one answer"
        problem_of(await buyer.pay(shop.account, 4_000), 422, "ledger.funds_insufficient")
        assert (await buyer.balance(), await shop.balance()) == (1_000, 4_000)


async def test_a_client_that_goes_away_in_the_middle_leaves_a_country_that_serves(
    up: Up,
) -> None:
    port = httpx.URL(up.url).port
    for part in (
        b"POST ",
        b"POST /api/payments/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n",
        b"POST /api/payments/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\neyJ",
        b"GET /api/payments/v1/country HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00\xff\r\n\r\n",
    ):
        for _ in range(5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(part)
            await writer.drain()
            writer.transport.abort()
    async with httpx.AsyncClient(base_url=up.url, timeout=SECONDS_MAX) as client:
        words_of(await client.get(f"{API}/country"), 200)


def _holder(up: Up) -> Holder:
    async def opened() -> Holder:
        async with httpx.AsyncClient(base_url=up.url, timeout=SECONDS_MAX) as client:
            holder = Holder(client)
            await holder.open_wallet()
            return holder

    return asyncio.run(opened())


def _tried(operation: Any, tokens: list[str], account: str) -> set[int]:  # noqa: ANN401 - theirs
    """The statuses of an operation, asked with whatever its contract allows and forbids."""
    heard = set[int]()

    @settings(
        max_examples=EXAMPLES_MAX,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(), st.sampled_from(tokens), st.booleans())
    def ask(case: Any, token: str, own: bool) -> None:  # noqa: ANN401, FBT001 - theirs
        places = case.path_parameters
        if own and "code" in places:
            places["code"] = "lanexang"
        if own and "account" in places and not case.path.endswith("/events"):
            places["account"] = account
        answer = case.call(headers={"authorization": f"Bearer {token}"}, timeout=SECONDS_MAX)
        heard.add(answer.status_code)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.json().keys() >= {"code", "who", "action"}, answer.text

    ask()
    return heard


@pytest.mark.timeout(170)
def test_no_input_that_the_contract_allows_or_forbids_breaks_the_country(up: Up) -> None:
    schema = schemathesis.openapi.from_url(f"{up.url}/openapi.json")
    holder = _holder(up)
    tokens = [holder.token, up.token("lanexang", "participant"), up.token("op", "operator"), ""]
    found: list[Any] = list(schema.get_all_operations())
    every = [one.ok() for one in found]
    operations = [one for one in every if one.path.startswith(("/api/", "/oauth/"))]
    statuses = {
        f"{one.method} {one.path}": _tried(one, tokens, holder.account) for one in operations
    }
    assert len(statuses) >= 20
    tried = statuses["post /api/payments/v1/participants"]
    assert {400, 403} <= tried, "both what is allowed and what is not was tried"
