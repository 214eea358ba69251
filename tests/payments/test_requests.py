"""Signed requests: what a true signature covers may still be nonsense, and then it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel import canonical
from nagara.kernel.errors import Refusal
from nagara.keys import (
    Algorithm,
    EmbeddedKeyVerifier,
    base64url,
    base64url_decode,
    embedded_jws,
    new_signer,
)
from nagara.payments import requests
from nagara.payments.orders.model import Purpose, SignedOrder
from tests.payments.made import ID, NOW, PAYEE, PAYER

DEVICE = new_signer(Algorithm.ED25519)
NETWORK = "la.nagara"
WORDS: dict[str, Any] = {
    "id": str(ID),
    "payer": str(PAYER),
    "payee": str(PAYEE),
    "amount": 1_000,
    "currency": "LAK",
    "purpose": "goods",
    "aud": NETWORK,
    "iat": NOW.seconds,
    "exp": NOW.seconds + 300,
}


def _read(payload: bytes) -> SignedOrder:
    token = embedded_jws(DEVICE, payload, requests.ORDER_TYPE)
    proved = EmbeddedKeyVerifier(requests.ORDER_TYPE).verify(token)
    return requests.read_order(token, proved, NETWORK)


def _with(**members: object) -> bytes:
    return json.dumps(WORDS | members).encode()


def _raw(member: str, written: str) -> bytes:
    """The order with one member written literally."""
    marked = json.dumps(WORDS | {member: "MARK"})
    return marked.replace('"MARK"', written).encode()


def test_an_order_is_read_as_it_was_signed() -> None:
    signed = _read(canonical.json(WORDS | {"note": "ກາເຟ ☕", "reference": "A-1"}))
    order = signed.order
    assert (order.id, order.payer, order.payee) == (ID, PAYER, PAYEE)
    assert (order.amount_minor, order.currency, order.purpose) == (1_000, "LAK", Purpose.GOODS)
    assert (order.note, order.reference) == ("ກາເຟ ☕", "A-1")
    assert (order.issued_at, order.expires_at) == (NOW, NOW.plus_seconds(300))
    assert signed.thumbprint == DEVICE.public.thumbprint
    assert requests.signed_order(signed.signed) == order


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(WORDS, indent=2).encode(),
        json.dumps(dict(reversed(WORDS.items()))).encode(),
        json.dumps(WORDS | {"note": "ກາເຟ"}).encode(),  # escaped as \\uXXXX
        json.dumps(WORDS | {"note": ""}).encode(),
        _with(id=str(ID).upper()),
        _raw("amount", "1000 "),
    ],
    ids=["indented", "turned around", "escaped", "an empty note", "id in capitals", "a blank"],
)
def test_an_order_that_is_not_canonical_but_clear_is_taken(payload: bytes) -> None:
    assert _read(payload).order.amount_minor == 1_000


ATTACKS: dict[str, bytes] = {
    "nothing": b"",
    "not an object": b"[]",
    "null": b"null",
    "cut short": canonical.json(WORDS)[:-1],
    "two objects": canonical.json(WORDS) + b"{}",
    "a member twice": canonical.json(WORDS)[:-1] + b',"amount":1}',
    "a member twice, first escaped": canonical.json(WORDS)[:-1] + b',"\\u0061mount":1000}',
    "a member twice with the same value": canonical.json(WORDS)[:-1] + b',"amount":1000}',
    "an unknown member": _with(tip=1),
    "a member of another type of request": _with(jti=str(ID)),
    "amount zero": _with(amount=0),
    "amount negative": _with(amount=-1),
    "amount minus zero": _raw("amount", "-0"),
    "amount with a fraction": _raw("amount", "1000.5"),
    "amount as a decimal": _raw("amount", "1000.0"),
    "amount in scientific form": _raw("amount", "1e3"),
    "amount as text": _with(amount="1000"),
    "amount true": _with(amount=True),
    "amount null": _with(amount=None),
    "amount over 2^53": _with(amount=2**53),
    "amount over 64 bits": _with(amount=2**64 + 1000),
    "amount with a leading zero": _raw("amount", "01000"),
    "amount in hexadecimal": _raw("amount", "0x3E8"),
    "amount not a number": _raw("amount", "NaN"),
    "amount infinite": _raw("amount", "Infinity"),
    "currency lower case": _with(currency="lak"),
    "currency too long": _with(currency="LAKK"),
    "currency with a line after it": _with(currency="LAK\n"),
    "id of version 4": _with(id="7f9c24e8-3b12-4fef-91e0-56a2d5a3f2c1"),
    "id nil": _with(id="00000000-0000-0000-0000-000000000000"),
    "id a number": _with(id=7),
    "payer no id": _with(payer="me"),
    "payee missing": json.dumps({k: v for k, v in WORDS.items() if k != "payee"}).encode(),
    "purpose unknown": _with(purpose="fun"),
    "purpose in capitals": _with(purpose="GOODS"),
    "iat negative": _with(iat=-1),
    "iat a fraction": _raw("iat", "1795334400.5"),
    "exp beyond all calendars": _with(exp=10**15),
    "exp beyond all numbers": _raw("exp", "9" * 400),
    "note too long": _with(note="x" * 141),
    "note a number": _with(note=5),
    "note null": _with(note=None),
    "note with a null character": _with(note="a\x00b"),
    "note with an escape sequence": _with(note="a\x1b[31mb"),
    "note with a line break": _with(note="a\nb"),
    "note that turns the line around": _with(note="a\u202egnp.exe"),
    "note with an isolate": _with(note="a\u2066b"),
    "note with a line separator": _with(note="a\u2028b"),
    "note with a private character": _with(note="a\ue000b"),
    "note with half a character": _raw("note", '"a\\ud800b"'),
    "reference too long": _with(reference="x" * 36),
    "reference with a line break": _with(reference="a\nb"),
    "invalid UTF-8": canonical.json(WORDS | {"note": "MARK"}).replace(b"MARK", b"\xc3\x28"),
    "a surrogate in UTF-8": canonical.json(WORDS | {"note": "MARK"}).replace(
        b"MARK", b"\xed\xa0\x80"
    ),
    "a byte order mark": b"\xef\xbb\xbf" + canonical.json(WORDS),
    "another network": _with(aud="vn.nagara"),
    "a list of networks": _with(aud=[NETWORK]),
    "deep": _raw("note", "[" * 5_000 + "]" * 5_000)[:6_000],
}


@pytest.mark.parametrize("payload", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_order_is_refused_when_its_signature_covers_nonsense(payload: bytes) -> None:
    with pytest.raises(Refusal):
        _read(payload)


@pytest.mark.parametrize("note", ["ສະ\u200bບາຍ\u200bດີ", "👩\u200d🌾 ເຂົ້າ", "Cảm ơn", "q\u0323"])
def test_a_note_may_say_what_people_write(note: str) -> None:
    assert _read(canonical.json(WORDS | {"note": note})).order.note == note


@pytest.mark.parametrize("reference", ["HĐ-2026/11", "x" * 35])
def test_a_reference_may_be_what_a_biller_prints(reference: str) -> None:
    assert _read(canonical.json(WORDS | {"reference": reference})).order.reference == reference


@given(st.binary(max_size=300))
def test_any_signed_bytes_are_an_order_or_refused(payload: bytes) -> None:
    with pytest.raises(Refusal):
        _read(payload)


@given(
    st.dictionaries(
        st.sampled_from([*WORDS, "note", "reference", "x"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
        min_size=1,
    )
)
def test_an_order_with_changed_members_is_read_as_it_stands_or_refused(
    changed: dict[str, Any],
) -> None:
    try:
        signed = _read(json.dumps(WORDS | changed).encode())
    except Refusal:
        return
    said = json.loads(base64url_decode(signed.signed.split(".")[1].encode()))
    assert said["amount"] == signed.order.amount_minor
    assert type(said["amount"]) is int
    assert said["purpose"] == signed.order.purpose.name.lower()


def test_a_signature_of_another_type_of_request_is_refused() -> None:
    token = embedded_jws(DEVICE, canonical.json(WORDS), requests.SESSION_TYPE)
    with pytest.raises(Refusal):
        EmbeddedKeyVerifier(requests.ORDER_TYPE).verify(token)


def test_an_order_without_a_signature_is_refused() -> None:
    head = base64url(canonical.json({"alg": "none", "typ": requests.ORDER_TYPE})).decode()
    body = base64url(canonical.json(WORDS)).decode()
    with pytest.raises(Refusal):
        EmbeddedKeyVerifier(requests.ORDER_TYPE).verify(f"{head}.{body}.")
