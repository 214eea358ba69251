"""Signed tokens: the published examples, the attack list, and any change at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.kernel.errors import CodedError
from nagara.kernel.refusals import TooLarge
from nagara.keys import (
    Algorithm,
    CompactSigner,
    EmbeddedKeyVerifier,
    PublicKey,
    base64url,
    base64url_decode,
    embedded_jws,
    new_signer,
    parse_object,
    sign_jws,
    verify_jws,
)
from nagara.keys.refusals import (
    AlgorithmRefused,
    HeaderRefused,
    KeyMalformed,
    KeyMismatch,
    SignatureWrong,
    TokenMalformed,
    TypeWrong,
)
from nagara.keys.signers import FileSigner

VECTORS = json.loads((Path(__file__).parents[2] / "spec/vectors/jws.json").read_text("utf-8"))
UNTYPED = frozenset({None})
DEVICES = {algorithm: new_signer(algorithm) for algorithm in Algorithm}
PAYLOAD = b'{"amount":12500,"currency":"LAK"}'
BOTH = pytest.mark.parametrize("algorithm", list(Algorithm))
URL_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


def key_of(row: dict[str, object]) -> PublicKey:
    jwk = row.get("jwk", VECTORS["accepted"][0]["jwk"])
    return PublicKey.from_jwk(jwk)  # type: ignore[arg-type]


def with_header(header: bytes, algorithm: Algorithm = Algorithm.ES256) -> str:
    """A token with any header text, rightly signed by the device's key."""
    signed = base64url(header) + b"." + base64url(PAYLOAD)
    return (signed + b"." + base64url(DEVICES[algorithm].sign(signed))).decode()


@pytest.mark.parametrize("row", VECTORS["accepted"], ids=lambda row: row["source"])
def test_a_token_of_the_standards_is_accepted(row: dict[str, str]) -> None:
    _, payload = verify_jws(row["token"], lambda _: key_of(row), UNTYPED)  # type: ignore[arg-type]
    assert base64url(payload).decode() == row["token"].split(".")[1]


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: row["why"])
def test_a_token_of_the_attack_list_is_refused_with_its_code(row: dict[str, object]) -> None:
    with pytest.raises(CodedError) as refused:
        verify_jws(str(row["token"]), lambda _: key_of(row), UNTYPED)
    assert refused.value.code == row["code"]


@pytest.mark.parametrize("row", VECTORS["embedded"], ids=lambda row: row["source"])
def test_a_token_of_the_standards_with_its_own_key_is_accepted(row: dict[str, str]) -> None:
    proved = EmbeddedKeyVerifier(row["typ"]).verify(row["token"])
    assert proved.key.kid == row["thumbprint"]
    assert proved.payload == base64url_decode(row["token"].split(".")[1].encode())


@pytest.mark.parametrize("row", VECTORS["signed"], ids=lambda row: row["source"])
def test_ed25519_signatures_are_those_of_the_standard(row: dict[str, str]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64url_decode(row["d"].encode()))
    signature = FileSigner(private).sign(row["input"].encode())
    assert base64url(signature).decode() == row["signature"]


@BOTH
@settings(max_examples=150, deadline=None)
@given(choice=st.data())
def test_any_changed_byte_of_a_token_is_refused_on_both_paths(
    algorithm: Algorithm, choice: st.DataObject
) -> None:
    device = DEVICES[algorithm]
    general = sign_jws(device, PAYLOAD, "order+jwt").encode()
    embedded = embedded_jws(device, PAYLOAD, "order+jwt").encode()
    known = EmbeddedKeyVerifier("order+jwt")
    known.verify(embedded)
    place = choice.draw(st.integers(0, len(general) - 1))
    byte = choice.draw(st.sampled_from(URL_ALPHABET) | st.integers(0, 255))
    if byte != general[place]:
        with pytest.raises(CodedError):
            verify_jws(_changed(general, place, byte), lambda _: device.public, "order+jwt")
    place = choice.draw(st.integers(0, len(embedded) - 1))
    if byte != embedded[place]:
        for verifier in (known, EmbeddedKeyVerifier("order+jwt")):
            with pytest.raises(CodedError):
                verifier.verify(_changed(embedded, place, byte))


def _changed(token: bytes, place: int, byte: int) -> bytes:
    return token[:place] + bytes((byte,)) + token[place + 1 :]


@BOTH
@settings(max_examples=100, deadline=None)
@given(choice=st.data())
def test_any_cut_or_insertion_in_a_token_is_refused(
    algorithm: Algorithm, choice: st.DataObject
) -> None:
    token = embedded_jws(DEVICES[algorithm], PAYLOAD, "order+jwt")
    place = choice.draw(st.integers(0, len(token) - 1))
    inserted = choice.draw(st.text(min_size=1, max_size=3))
    verifier = EmbeddedKeyVerifier("order+jwt")
    for changed in (
        token[:place],
        token[:place] + token[place + 1 :],
        token[:place] + inserted + token[place:],
    ):
        with pytest.raises(CodedError):
            verifier.verify(changed)


@settings(deadline=None)
@given(st.binary(max_size=80) | st.text(max_size=80))
def test_noise_is_refused_and_never_an_error_of_ours(noise: bytes | str) -> None:
    with pytest.raises(CodedError):
        EmbeddedKeyVerifier("order+jwt").verify(noise)
    with pytest.raises(CodedError):
        verify_jws(noise, lambda _: DEVICES[Algorithm.ES256].public, "order+jwt")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "alg": JSON | st.sampled_from(["ES256", "EdDSA"]),
            "typ": JSON | st.just("order+jwt"),
            "jwk": JSON | st.just(dict(DEVICES[Algorithm.ES256].public.jwk)),
            "kid": JSON,
        },
    )
)
def test_a_header_of_any_types_is_answered_with_a_code(header: dict[str, object]) -> None:
    token = with_header(json.dumps(header).encode())
    fits = header == {
        "alg": "ES256",
        "typ": "order+jwt",
        "jwk": DEVICES[Algorithm.ES256].public.jwk,
    }
    if not fits:
        with pytest.raises(CodedError):
            EmbeddedKeyVerifier("order+jwt").verify(token)
    try:
        verify_jws(token, lambda _: DEVICES[Algorithm.ES256].public, "order+jwt")
    except CodedError:
        return
    assert (header["alg"], header["typ"]) == ("ES256", "order+jwt")


def embedded_header(**change: object) -> bytes:
    jwk = dict(DEVICES[Algorithm.ES256].public.jwk)
    header: dict[str, object] = {"alg": "ES256", "typ": "order+jwt", "jwk": jwk, **change}
    return json.dumps({k: v for k, v in header.items() if v != "absent"}).encode()


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (embedded_header(kid="a"), HeaderRefused),
        (embedded_header(crit=["jwk"]), HeaderRefused),
        (embedded_header(b64=False), HeaderRefused),
        (embedded_header(jku="https://keys.example"), HeaderRefused),
        (embedded_header(jwk="absent"), HeaderRefused),
        (embedded_header(typ="absent"), HeaderRefused),
        (embedded_header(alg="absent"), AlgorithmRefused),
        (embedded_header(alg="none"), AlgorithmRefused),
        (embedded_header(alg="HS256"), AlgorithmRefused),
        (embedded_header(alg=["ES256"]), AlgorithmRefused),
        (embedded_header(alg="EdDSA"), KeyMismatch),
        (embedded_header(typ="session+jwt"), TypeWrong),
        (embedded_header(typ=None), TypeWrong),
        (embedded_header(typ=["order+jwt"]), TypeWrong),
        (embedded_header(jwk="key"), KeyMalformed),
        (embedded_header(jwk={}), KeyMalformed),
        (
            embedded_header(jwk={**DEVICES[Algorithm.ES256].public.jwk, "d": "AAAA"}),
            KeyMalformed,
        ),
        (
            embedded_header(jwk={**DEVICES[Algorithm.ES256].public.jwk, "kid": "a"}),
            KeyMalformed,
        ),
        (embedded_header(jwk=dict(DEVICES[Algorithm.ED25519].public.jwk)), KeyMismatch),
        (embedded_header(jwk=dict(new_signer(Algorithm.ES256).public.jwk)), SignatureWrong),
        (embedded_header()[:-1] + b',"typ":"order+jwt"}', TokenMalformed),
        (b"\xef\xbb\xbf" + embedded_header(), TokenMalformed),
        (b"null", TokenMalformed),
        (b"[" * 700, TokenMalformed),
        (embedded_header(typ="x" * 2000), TooLarge),
    ],
)
def test_a_token_with_its_own_key_is_refused_when_its_header_is_not_exactly_that(
    header: bytes, refusal: type[CodedError]
) -> None:
    with pytest.raises(refusal):
        EmbeddedKeyVerifier("order+jwt").verify(with_header(header))


@BOTH
def test_a_known_device_is_still_refused_with_another_devices_signature(
    algorithm: Algorithm,
) -> None:
    verifier = EmbeddedKeyVerifier("order+jwt")
    mine = embedded_jws(DEVICES[algorithm], b"1", "order+jwt")
    other = embedded_jws(new_signer(algorithm), b"1", "order+jwt")
    verifier.verify(mine)
    verifier.verify(other)
    forged = ".".join((*mine.split(".")[:2], other.split(".")[2]))
    with pytest.raises(SignatureWrong):
        verifier.verify(forged)


@pytest.mark.parametrize("place", [0, 32])
def test_a_signature_with_a_zero_that_changes_no_number_is_refused(place: int) -> None:
    device = DEVICES[Algorithm.ES256]
    for token, verify in (
        (
            embedded_jws(device, PAYLOAD, "order+jwt"),
            lambda text: EmbeddedKeyVerifier("order+jwt").verify(text),
        ),
        (
            sign_jws(device, PAYLOAD, "order+jwt"),
            lambda text: verify_jws(text, lambda _: device.public, "order+jwt"),
        ),
    ):
        signed, _, tail = token.rpartition(".")
        raw = base64url_decode(tail.encode())
        longer = base64url(raw[:place] + b"\0" + raw[place:]).decode()
        with pytest.raises(SignatureWrong):
            verify(f"{signed}.{longer}")


def test_a_device_that_has_not_proved_itself_takes_no_place_in_memory() -> None:
    verifier = EmbeddedKeyVerifier("order+jwt")
    token = embedded_jws(DEVICES[Algorithm.ES256], b"1", "order+jwt")
    with pytest.raises(SignatureWrong):
        verifier.verify(token.rpartition(".")[0] + "." + base64url(bytes(64)).decode())
    assert not verifier._known
    verifier.verify(token)
    assert len(verifier._known) == 1


def test_the_devices_kept_in_memory_are_bounded_and_the_oldest_goes_first() -> None:
    verifier = EmbeddedKeyVerifier("order+jwt", devices_max=2)
    first, second, third = (
        embedded_jws(new_signer(Algorithm.ED25519), b"1", "order+jwt") for _ in range(3)
    )
    for token in (first, second, first, third):
        verifier.verify(token)
    assert [head.decode() for head in verifier._known] == [
        first.split(".")[0],
        third.split(".")[0],
    ]
    assert verifier.verify(second).payload == b"1"


@BOTH
def test_both_ways_of_signing_make_a_token_that_is_accepted(algorithm: Algorithm) -> None:
    device = DEVICES[algorithm]
    for token in (
        sign_jws(device, PAYLOAD, "receipt+jwt"),
        CompactSigner(device, "receipt+jwt").sign(PAYLOAD),
    ):
        header, payload = verify_jws(token.encode(), lambda _: device.public, "receipt+jwt")
        assert payload == PAYLOAD
        expected = {"alg": algorithm.value, "kid": device.public.kid, "typ": "receipt+jwt"}
        assert header == expected


def test_a_member_that_is_expected_is_let_through_and_signed() -> None:
    device = DEVICES[Algorithm.ED25519]
    token = sign_jws(device, PAYLOAD, "a", {"iss": "la"})
    assert verify_jws(token, lambda _: device.public, "a", extra=("iss",))[0]["iss"] == "la"
    with pytest.raises(HeaderRefused):
        verify_jws(token, lambda _: device.public, "a")
    with pytest.raises(ValueError, match="caller"):
        sign_jws(device, PAYLOAD, "a", {"alg": "none"})


def test_a_token_over_the_limit_is_refused_before_it_is_read() -> None:
    device = DEVICES[Algorithm.ED25519]
    with pytest.raises(TooLarge):
        verify_jws("." * 16_385, lambda _: device.public, "a")
    with pytest.raises(TooLarge):
        EmbeddedKeyVerifier("a", size_max=10).verify("a" * 11)


@pytest.mark.parametrize(
    "text",
    [
        b"A",
        b"AA=",
        b"AA==",
        b"AB",
        b"AAB",
        b"AA+A",
        b"AA/A",
        b"AA A",
        b"AA\n",
        b"=",
        b"!!!!",
        b"\xff",
    ],
)
def test_base64url_is_refused_in_any_other_form(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        base64url_decode(text)


@given(st.binary(max_size=70))
def test_base64url_gives_back_the_bytes(raw: bytes) -> None:
    assert base64url_decode(base64url(raw)) == raw


@given(st.binary(max_size=12))
def test_text_that_is_read_as_base64url_is_the_text_of_those_bytes(text: bytes) -> None:
    try:
        raw = base64url_decode(text)
    except ValueError:
        return
    assert base64url(raw) == text


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"1", b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":NaN}', b"\xff", b"{}x"],
)
def test_a_payload_is_refused_when_it_is_not_one_strict_object(raw: bytes) -> None:
    with pytest.raises(TokenMalformed):
        parse_object(raw, "payload")
