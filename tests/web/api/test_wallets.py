"""Wallets over HTTP: opened by a device, read by its session, shared with further devices."""

from __future__ import annotations

import pytest

from nagara.keys import AccessClaims, Algorithm, Purpose, issue_access_token, new_signer
from tests.web.api.conftest import Open
from tests.web.api.people import Holder, Town, new_id, problem_of, seconds, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_wallet_is_opened_by_the_device_that_will_hold_it(town: Town) -> None:
    holder = Holder(town.client)
    told = await holder.open_wallet(name=" ສົມສີ   ວົງສາ ", handle="Somsy", phone="020 5555 1234")
    assert told == {
        "account": holder.account,
        "address": "somsy@lanexang",
        "name": "ສົມສີ ວົງສາ",
        "kind": "person",
        "tier": "basic",
        "currency": "LAK",
        "issuer": "lanexang",
    }
    view = await holder.view()
    assert view["addresses"][:2] == ["somsy@lanexang", "+8562055551234"]
    assert (view["balance_minor"], view["available_minor"], view["state"]) == (0, 0, "active")
    assert view["limits"] == {
        "payment_max_minor": 5_000_000,
        "day_max_minor": 20_000_000,
        "day_left_minor": 20_000_000,
    }
    assert [device["kid"] for device in view["devices"]] == [holder.signer.public.kid]


async def test_the_same_wallet_asked_for_twice_gets_the_same_answer(town: Town) -> None:
    holder = Holder(town.client)
    request = holder.wallet_request()
    first, second = [await holder.send("/wallets", request) for _ in range(2)]
    assert (first.status_code, first.content) == (201, second.content)
    assert second.status_code == 201


async def test_a_wallet_is_refused_when_its_account_stands_with_other_content(town: Town) -> None:
    holder = Holder(town.client)
    await holder.open_wallet()
    answer = await holder.send("/wallets", holder.wallet_request(name="ຄົນອື່ນ"))
    problem_of(answer, 409, "kernel.key_reused")


async def test_a_wallet_is_refused_when_its_account_is_somebody_elses(town: Town) -> None:
    owner, thief = await town.person(), Holder(town.client)
    thief.account = owner.account
    answer = await thief.send("/wallets", thief.wallet_request())
    problem_of(answer, 409, "payments.account_taken")
    assert (await owner.view())["name"] == "ສົມສີ"


async def test_a_wallet_is_refused_when_its_device_holds_another_and_nothing_is_left(
    town: Town,
) -> None:
    owner = await town.person()
    again = Holder(town.client, signer=owner.signer)
    problem_of(await again.send("/wallets", again.wallet_request()), 409, "payments.device_taken")
    answer = await owner.pay(again.account, 1)
    problem_of(answer, 404, "payments.payee_unknown")


async def test_a_wallet_is_refused_when_its_handle_or_number_leads_to_another(town: Town) -> None:
    await town.person(handle="dao", phone="02055551111")
    for taken in ({"handle": "DAO"}, {"phone": "+856 20 5555 1111"}):
        holder = Holder(town.client)
        answer = await holder.send("/wallets", holder.wallet_request(**taken))
        problem_of(answer, 409, "payments.address_taken")


async def test_a_wallet_is_refused_at_an_institution_that_is_not_open_to_the_public(
    town: Town,
) -> None:
    holder = Holder(town.client)
    closed = await holder.send("/wallets", holder.wallet_request(issuer="mekong"))
    problem_of(closed, 403, "payments.not_open_to_public")
    unknown = await holder.send("/wallets", holder.wallet_request(issuer="nobody"))
    problem_of(unknown, 404, "payments.participant_unknown")


async def test_a_wallet_is_refused_when_its_request_is_stale_early_or_for_elsewhere(
    town: Town,
) -> None:
    now = seconds()
    for members, status, slug in (
        ({"iat": now - 400, "exp": now - 1}, 422, "payments.request_expired"),
        ({"iat": now + 100, "exp": now + 200}, 422, "payments.request_expired"),
        ({"exp": now + 1_000}, 422, "payments.lifetime_too_long"),
        ({"aud": "zz.nagara"}, 422, "payments.network_differs"),
        ({"account": "7f9c24e8-3b12-4fef-91e0-56a2d5a3f2c1"}, 400, "kernel.malformed"),
        ({"name": "\u202eevil"}, 400, "kernel.malformed"),
        ({"name": "a\u0000b"}, 400, "kernel.malformed"),
        ({"name": "1234"}, 400, "kernel.malformed"),
        ({"handle": "a"}, 400, "kernel.malformed"),
        ({"handle": "a b"}, 400, "kernel.malformed"),
        ({"phone": "12345"}, 400, "kernel.malformed"),
        ({"kind": "agent"}, 400, "kernel.malformed"),
        ({"tier": "full"}, 400, "kernel.malformed"),
    ):
        holder = Holder(town.client)
        answer = await holder.send("/wallets", holder.wallet_request(**members))
        problem_of(answer, status, slug)


async def test_a_session_request_is_taken_once(town: Town) -> None:
    holder = await town.person()
    request = holder.signed("session", holder.fresh(account=holder.account, jti=new_id()))
    told = words_of(await holder.send("/sessions", request), 201)
    assert (told["account"], told["expires_in_seconds"]) == (holder.account, 900)
    problem_of(await holder.send("/sessions", request), 409, "payments.request_replayed")


async def test_a_session_is_refused_to_a_device_of_another_account(town: Town) -> None:
    owner, thief = await town.person(), await town.person()
    request = thief.signed("session", thief.fresh(account=owner.account, jti=new_id()))
    problem_of(await thief.send("/sessions", request), 403, "payments.not_the_accounts_device")


async def test_an_order_is_not_taken_for_a_session_and_a_session_not_for_an_order(
    town: Town,
) -> None:
    holder = await town.person()
    payload = holder.fresh(account=holder.account, jti=new_id())
    problem_of(
        await holder.send("/sessions", holder.signed("order", payload)), 401, "keys.type_wrong"
    )
    session = holder.signed("session", payload)
    problem_of(await holder.send("/orders", session), 401, "keys.type_wrong")


async def test_an_account_is_shown_to_its_own_session_only(town: Town) -> None:
    owner, other = await town.person(), await town.person()
    path = f"/accounts/{owner.account}"
    for below in ("", "/payments", "/statement?from=2026-01-01&to=2026-01-02", "/qr", "/events"):
        problem_of(await other.read(path + below), 404, "kernel.not_found")
        problem_of(await town.issuer.read(path + below), 404, "kernel.not_found")
    nobody = await town.client.get(f"/api/payments/v1{path}")
    problem_of(nobody, 401, "kernel.unauthenticated")
    assert nobody.headers["www-authenticate"] == "Bearer"


async def test_a_session_ends_with_its_token(here: Open, town: Town) -> None:
    owner = await town.person()
    now = here.country.clock.now()
    claims = AccessClaims(
        issuer="la.nagara",
        audience="la.nagara",
        subject=owner.account,
        client_id=owner.signer.public.kid,
        scope=("holder",),
        issued_at=now.plus_seconds(-900),
        expires_at=now.plus_seconds(-1),
        jti=new_id(),
    )
    owner.token = issue_access_token(here.country.keys.signer(Purpose.TOKEN), claims)
    answer = await owner.read(f"/accounts/{owner.account}")
    problem_of(answer, 401, "keys.access_token_expired")


async def test_a_token_that_we_did_not_sign_opens_nothing(town: Town) -> None:
    owner = await town.person()
    head, body, tail = owner.token.split(".")
    twisted = body[:-2] + ("A" if body[-2] != "A" else "B") + body[-1]
    for token in ("x", "a.b.c", f"{head}.{twisted}.{tail}", f"{head}.{body}.", "ກ"):
        answer = await town.client.get(
            f"/api/payments/v1/accounts/{owner.account}",
            headers=[(b"authorization", f"Bearer {token}".encode())],
        )
        assert answer.status_code == 401, (token, answer.text)


async def test_a_further_device_pays_and_a_revoked_one_does_not_from_the_next_order_on(
    town: Town,
) -> None:
    owner, shop = await town.person(1_000), await town.merchant()
    tablet = new_signer(Algorithm.ED25519)
    path = f"/accounts/{owner.account}"
    added = owner.fresh(account=owner.account, jti=new_id(), device=dict(tablet.public.jwk))
    answer = await owner.send(f"{path}/devices", owner.signed("device", added))
    assert words_of(answer, 201) == {"kid": tablet.public.kid}
    by_tablet = owner.signed("order", owner.order_words(shop.account, 100), by=tablet)
    paid = words_of(await owner.send("/orders", by_tablet), 201)

    gone = owner.fresh(account=owner.account, jti=new_id(), kid=tablet.public.kid)
    words_of(await owner.send(f"{path}/revocations", owner.signed("device", gone)), 201)
    words = owner.order_words(shop.account, 100)
    late = owner.signed("order", words, by=tablet)
    problem_of(await owner.send("/orders", late), 401, "payments.device_revoked")
    problem_of(await owner.read(f"/orders/{words['id']}"), 404, "kernel.not_found")
    # who lost the first answer must not be led to pay again: the payment stands, and is told
    assert words_of(await owner.send("/orders", by_tablet), 201) == paid
    other = owner.order_words(shop.account, 101, id=paid["id"])
    reused = await owner.send("/orders", owner.signed("order", other, by=tablet))
    problem_of(reused, 401, "payments.device_revoked")
    states = {one["kid"]: one["state"] for one in (await owner.view())["devices"]}
    assert states == {owner.signer.public.kid: "active", tablet.public.kid: "revoked"}


async def test_a_revoked_device_opens_no_session_and_adds_no_device(town: Town) -> None:
    owner = await town.person()
    kid = owner.signer.public.kid
    gone = owner.fresh(account=owner.account, jti=new_id(), kid=kid)
    path = f"/accounts/{owner.account}"
    words_of(await owner.send(f"{path}/revocations", owner.signed("device", gone)), 201)
    session = owner.signed("session", owner.fresh(account=owner.account, jti=new_id()))
    problem_of(await owner.send("/sessions", session), 401, "payments.device_revoked")
    key = dict(new_signer(Algorithm.ES256).public.jwk)
    more = owner.signed("device", owner.fresh(account=owner.account, jti=new_id(), device=key))
    problem_of(await owner.send(f"{path}/devices", more), 401, "payments.device_revoked")


async def test_a_device_request_is_refused_when_it_does_not_fit_its_address(town: Town) -> None:
    owner, other = await town.person(), await town.person()
    key = dict(new_signer(Algorithm.ES256).public.jwk)
    path = f"/accounts/{owner.account}"
    for target, members, status, slug in (
        (f"{path}/devices", {"kid": owner.signer.public.kid}, 400, "kernel.malformed"),
        (f"{path}/revocations", {"device": key}, 400, "kernel.malformed"),
        (f"{path}/devices", {}, 400, "kernel.malformed"),
        (f"{path}/devices", {"device": key, "kid": "x"}, 400, "kernel.malformed"),
        (f"/accounts/{other.account}/devices", {"device": key}, 400, "kernel.malformed"),
        (f"{path}/devices", {"device": key | {"d": "AAAA"}}, 401, "keys.key_malformed"),
        (f"{path}/devices", {"device": {"kty": "RSA"}}, 401, "keys.key_malformed"),
        (f"{path}/revocations", {"kid": "not a key"}, 400, "kernel.malformed"),
        (f"{path}/revocations", {"kid": other.signer.public.kid}, 401, "payments.device_unknown"),
        (
            f"{path}/devices",
            {"device": dict(other.signer.public.jwk)},
            409,
            "payments.device_taken",
        ),
    ):
        payload = owner.fresh(account=owner.account, jti=new_id(), **members)
        answer = await owner.send(target, owner.signed("device", payload))
        problem_of(answer, status, slug)


async def test_an_account_has_five_devices_in_use_at_most(town: Town) -> None:
    owner = await town.person()
    for count in range(1, 6):
        key = dict(new_signer(Algorithm.ED25519).public.jwk)
        payload = owner.fresh(account=owner.account, jti=new_id(), device=key)
        body = owner.signed("device", payload)
        answer = await owner.send(f"/accounts/{owner.account}/devices", body)
        if count < 5:
            assert answer.status_code == 201
        else:
            problem_of(answer, 422, "payments.devices_too_many")


async def test_a_wish_signed_anew_after_a_lost_answer_is_the_same_command(town: Town) -> None:
    holder = Holder(town.client)
    first = await holder.send("/wallets", holder.wallet_request(iat=seconds() - 5))
    again = await holder.send("/wallets", holder.wallet_request(iat=seconds() - 1))
    assert (first.status_code, first.content) == (again.status_code, again.content)


async def test_whoever_calls_itself_a_merchant_gets_the_lowest_limits(town: Town) -> None:
    told = await Holder(town.client).open_wallet(kind="merchant", name="ຮ້ານໃຫຍ່")
    assert told["tier"] == "basic"
