"""Programs: client assertions in, access tokens out, and one-time codes for their operators."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.errors import CodedError
from nagara.kernel.instant import Instant
from nagara.keys import (
    AccessClaims,
    Algorithm,
    ClientAssertion,
    PublicKey,
    check_client_assertion,
    issue_access_token,
    new_one_time_code,
    new_signer,
    redeem_one_time_code,
    sign_jws,
    unproved_client,
    verify_access_token,
    verify_client_assertion,
)
from nagara.keys.claims import check_access_claims
from nagara.keys.refusals import (
    AccessTokenExpired,
    AccessTokenRefused,
    AssertionRefused,
    KeyUnknown,
    OneTimeCodeWrong,
    SignatureWrong,
    TokenMalformed,
    TypeWrong,
)

NOW = Instant.from_seconds(1_800_000_000)
HERE = ("https://nagara.example/oauth/token", "https://nagara.example")
BANK = new_signer(Algorithm.ES256)
COUNTRY = new_signer(Algorithm.ED25519)
GOOD: dict[str, object] = {
    "iss": "bank-a",
    "sub": "bank-a",
    "aud": HERE[0],
    "exp": NOW.seconds + 300,
    "iat": NOW.seconds,
    "jti": "one",
}
ABSENT = object()


def changed(claims: dict[str, object], **change: object) -> dict[str, object]:
    return {k: v for k, v in {**claims, **change}.items() if v is not ABSENT}


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"iss": "bank-b"}, "iss"),
        ({"iss": ABSENT}, "iss"),
        ({"sub": "bank-b"}, "sub"),
        ({"sub": ["bank-a"]}, "sub"),
        ({"aud": ABSENT}, "aud"),
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [[]]}, "aud"),
        ({"aud": {}}, "aud"),
        ({"aud": list(HERE)}, "aud"),
        ({"aud": [HERE[0], "https://other.example"]}, "aud"),
        ({"exp": ABSENT}, "exp"),
        ({"exp": NOW.seconds}, "exp"),
        ({"exp": NOW.seconds + 361}, "exp"),
        ({"exp": str(NOW.seconds + 10)}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": -1}, "exp"),
        ({"exp": 10**400}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": NOW.seconds + 301}, "exp"),
        ({"iat": NOW.seconds + 61}, "iat"),
        ({"iat": "now"}, "iat"),
        ({"nbf": NOW.seconds + 61}, "nbf"),
        ({"iat": NOW.seconds - 60}, "exp"),
        ({"jti": ABSENT}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
        ({"jti": "x" * 257}, "jti"),
    ],
)
def test_an_assertion_is_refused_when_a_claim_says_what_it_may_not(
    change: dict[str, object], claim: str
) -> None:
    with pytest.raises(AssertionRefused) as refused:
        check_client_assertion(changed(GOOD, **change), "bank-a", frozenset(HERE), NOW)
    assert refused.value.facts["claim"] == claim


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"aud": HERE[1]},
        {"aud": [HERE[1]]},
        {"iat": ABSENT},
        {"iat": NOW.seconds + 60, "exp": NOW.seconds + 360},
        {"exp": NOW.seconds + 1},
        {"exp": NOW.seconds + 10.5},
        {"nbf": NOW.seconds},
    ],
)
def test_an_assertion_is_accepted_within_the_limits(change: dict[str, object]) -> None:
    proved = check_client_assertion(changed(GOOD, **change), "bank-a", HERE, NOW)
    assert (proved.client_id, proved.jti) == ("bank-a", "one")
    assert proved.expires_at > NOW


def assertion(typ: str = "JWT") -> str:
    return sign_jws(BANK, json.dumps(GOOD).encode(), typ)


def proved(token: str, *keys: PublicKey) -> ClientAssertion:
    return verify_client_assertion(token, unproved_client(token), keys, HERE, NOW)


def test_an_assertion_is_proved_by_a_key_of_the_client_and_by_no_other() -> None:
    other = new_signer(Algorithm.ES256).public
    assert proved(assertion(), other, BANK.public).client_id == "bank-a"
    assert proved(assertion("client-authentication+jwt"), BANK.public).jti == "one"
    for keys in ((), (other,)):
        with pytest.raises(KeyUnknown):
            proved(assertion(), *keys)


def test_a_token_of_another_type_is_no_assertion() -> None:
    with pytest.raises(TypeWrong):
        proved(assertion("at+jwt"), BANK.public)


def test_a_client_with_one_key_may_leave_out_its_name_but_not_its_signature() -> None:
    stranger = new_signer(Algorithm.ES256)

    class Nameless:
        public = BANK.public

        def sign(self, message: bytes) -> bytes:
            return stranger.sign(message)

    with pytest.raises(SignatureWrong):
        proved(sign_jws(Nameless(), json.dumps(GOOD).encode(), "JWT"), BANK.public)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.!.c", "e30.W10.AA", "e30.eyJhIjoxfQ.AA"])
def test_a_client_is_not_read_out_of_a_broken_assertion(token: str) -> None:
    with pytest.raises((TokenMalformed, AssertionRefused)):
        unproved_client(token)


CLAIMS = AccessClaims(
    issuer=HERE[1],
    audience="payments",
    subject="bank-a",
    client_id="bank-a",
    scope=("participant",),
    issued_at=NOW,
    expires_at=NOW.plus_seconds(300),
    jti="two",
)


def read(token: str, now: Instant = NOW, audience: str = "payments") -> AccessClaims:
    def find(kid: str) -> PublicKey:
        if kid != COUNTRY.public.kid:
            raise KeyUnknown(kid=kid)
        return COUNTRY.public

    return verify_access_token(token, find, HERE[1], audience, now)


def test_an_access_token_gives_back_its_claims_until_its_end() -> None:
    token = issue_access_token(COUNTRY, CLAIMS)
    assert read(token) == CLAIMS
    assert read(token, NOW.plus_seconds(299)) == CLAIMS
    with pytest.raises(AccessTokenExpired):
        read(token, NOW.plus_seconds(300))


def test_an_access_token_is_refused_elsewhere_from_the_future_and_by_another_key() -> None:
    token = issue_access_token(COUNTRY, CLAIMS)
    with pytest.raises(AccessTokenRefused):
        read(token, audience="identity")
    with pytest.raises(AccessTokenRefused):
        read(token, NOW.plus_seconds(-61))
    with pytest.raises(KeyUnknown):
        read(issue_access_token(BANK, CLAIMS))


def test_a_client_assertion_or_a_receipt_is_no_access_token() -> None:
    for typ in ("JWT", "nagara-receipt+jwt", "AT+JWT"):
        with pytest.raises(TypeWrong):
            read(sign_jws(COUNTRY, b"{}", typ))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "client_id", "iat", "exp", "jti"])
def test_an_access_token_is_refused_when_a_claim_is_missing(name: str) -> None:
    full = {
        "iss": "i",
        "aud": "a",
        "sub": "s",
        "client_id": "c",
        "iat": 0,
        "exp": NOW.seconds + 1,
        "jti": "j",
    }
    assert check_access_claims(full, "i", "a", NOW).scope == ()
    for value in (ABSENT, [], {}, "", None):
        with pytest.raises(AccessTokenRefused) as refused:
            check_access_claims(changed(full, **{name: value}), "i", "a", NOW)
        assert refused.value.facts["claim"] == name


def test_an_access_token_with_a_strange_scope_is_refused() -> None:
    full = {"iss": "i", "aud": "a", "sub": "s", "client_id": "c", "iat": 0, "jti": "j"}
    for scope in (["participant"], 7, "a " * 40):
        with pytest.raises(AccessTokenRefused):
            check_access_claims({**full, "exp": 1, "scope": scope}, "i", "a", Instant(0))


def test_a_one_time_code_works_once_and_in_the_way_people_type_it() -> None:
    code, record = new_one_time_code(NOW, 600)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " ")):
        redeem_one_time_code(record, typed, NOW.plus_seconds(599))
    with pytest.raises(OneTimeCodeWrong):
        redeem_one_time_code(None, code, NOW)


def test_a_one_time_code_is_refused_when_it_is_too_old() -> None:
    code, record = new_one_time_code(NOW, 600)
    with pytest.raises(OneTimeCodeWrong):
        redeem_one_time_code(record, code, NOW.plus_seconds(600))


@given(st.text(max_size=40))
def test_a_one_time_code_is_refused_when_it_is_any_other_text(typed: str) -> None:
    _, record = new_one_time_code(NOW, 600)
    with pytest.raises(OneTimeCodeWrong):
        redeem_one_time_code(record, typed, NOW)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    for _ in range(200):
        code, record = new_one_time_code(NOW, 600)
        if {"0", "1"} <= set(code):
            redeem_one_time_code(record, code.replace("0", "o").replace("1", "L"), NOW)
            return
    raise AssertionError("no code with both digits in 200")


def test_the_record_of_a_one_time_code_does_not_hold_the_code() -> None:
    code, record = new_one_time_code(NOW, 600)
    assert code.replace("-", "") not in repr(record)
    assert new_one_time_code(NOW, 600)[0] != code
    for ttl in (0, 3601):
        with pytest.raises(ValueError, match="lives"):
            new_one_time_code(NOW, ttl)


def test_no_refusal_of_a_token_repeats_the_token() -> None:
    token = issue_access_token(COUNTRY, CLAIMS)
    with pytest.raises(CodedError) as refused:
        read(token[:-2])
    assert token[:-2] not in str(refused.value)
