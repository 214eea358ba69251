"""Payment links (`upi://pay`): percent signs, twins, hidden characters, and what is carried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from nagara.kernel.errors import Refusal
from nagara.payments.qr import Code, Field, Initiation, Scheme, decode, encode, rewrite
from nagara.payments.qr.refusals import (
    AmountWrong,
    CharacterForbidden,
    CodeTooLong,
    CurrencyUnknown,
    FieldBroken,
    FieldMissing,
    FieldTwice,
    FieldUnknown,
    FieldWrong,
)
from nagara.payments.qr.schemes import upi
from tests.payments.qr.currencies import CURRENCIES

PAYEE: Final = "upi://pay?pa=nagara.shop@example"
LINK: Final = Code(Scheme.UPI, {"account": "nagara.shop@example"}, "INR")


def test_a_link_says_payee_amount_and_what_for() -> None:
    text = PAYEE + "&pn=Nagara%20Shop&mc=5411&tr=ORD%2F1&tn=Tea%20%26%20rice&am=10.5&mam=1&cu=INR"
    assert decode(text, CURRENCIES) == Code(
        scheme=Scheme.UPI,
        identifiers={"account": "nagara.shop@example"},
        currency="INR",
        amount_minor=1050,
        name="Nagara Shop",
        initiation=Initiation.DYNAMIC,
        merchant_category="5411",
        references={"reference": "ORD/1", "purpose": "Tea & rice"},
        minimum_minor=100,
    )


def test_a_link_keeps_its_signature_and_its_text() -> None:
    text = PAYEE + "&pn=A%20b&mode=02&purpose=00&orgid=159999&x_new=%41&sign=MEUC+a/b=="
    code = decode(text, CURRENCIES)
    assert code.identifiers["sign"] == "MEUC+a/b=="
    assert code.others == (Field("x_new", "%41"),)
    assert rewrite(code) == text


def test_a_plus_sign_is_a_blank_as_phones_read_it_and_is_never_written() -> None:
    assert decode(PAYEE + "&pn=A+b%2Bc", CURRENCIES).name == "A b+c"
    assert "pn=A%20b%2Bc" in encode(replace(LINK, name="A b+c"), CURRENCIES)


def test_a_link_in_capitals_is_read() -> None:
    assert decode("UPI://PAY?pa=a.b@example", CURRENCIES).identifiers == {"account": "a.b@example"}


@pytest.mark.parametrize("absent", ["am=", "am=null", "mam=null&am=", "tn="])
def test_a_parameter_without_a_value_is_absent(absent: str) -> None:
    code = decode(f"{PAYEE}&{absent}", CURRENCIES)
    assert (code.amount_minor, code.minimum_minor, code.references) == (None, None, {})
    assert code.initiation is Initiation.STATIC


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("upi://pay?", FieldBroken),
        ("upi://pay?pa", FieldBroken),
        (PAYEE + "&&am=1", FieldBroken),
        (PAYEE + "&=1", FieldBroken),
        (PAYEE + "&a b=1", FieldBroken),
        ("upi://pay?pn=Nagara", FieldMissing),
        ("upi://pay?pa=nobank", FieldWrong),
        ("upi://pay?pa=a@b@c", FieldWrong),
        (PAYEE + "&pa=other@example", FieldTwice),
        (PAYEE + "&x=1&x=1", FieldTwice),
        (PAYEE + "&pn=%", FieldWrong),
        (PAYEE + "&pn=%4", FieldWrong),
        (PAYEE + "&pn=%zz", FieldWrong),
        (PAYEE + "&pn=%ff", FieldWrong),
        (PAYEE + "&pn=%ed%a0%80", FieldWrong),
        (PAYEE + "&pn=A%00", CharacterForbidden),
        (PAYEE + "&pn=A%E2%80%AEB", CharacterForbidden),
        (PAYEE + "&pn=\ud800", CharacterForbidden),
        (PAYEE + "&mc=54", FieldWrong),
        (PAYEE + "&am=0", AmountWrong),
        (PAYEE + "&am=-1", AmountWrong),
        (PAYEE + "&am=1.005", AmountWrong),
        (PAYEE + "&am=1e3", AmountWrong),
        (PAYEE + "&cu=XXX", CurrencyUnknown),
        (PAYEE + "".join(f"&k{number}=1" for number in range(40)), CodeTooLong),
        (PAYEE + "&tn=" + "a" * 1024, CodeTooLong),
    ],
)
def test_a_link_that_is_broken_or_unclear_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        decode(text, CURRENCIES)


@pytest.mark.parametrize(
    "unplaced",
    [
        {"city": "Delhi"},
        {"local": {"language": "HI", "name": "ना"}},
        {"references": {"bill": "1"}},
        {"identifiers": {"account": "a@example", "institution": "1"}},
        {"initiation": Initiation.DYNAMIC},
        {"others": (Field("pa", "evil@example"),)},
        {"others": (Field("x", "1&pa=evil@example"),)},
        {"others": (Field("x&pa", "1"),)},
    ],
)
def test_what_a_link_has_no_place_for_is_not_written(unplaced: dict[str, Any]) -> None:
    with pytest.raises(FieldUnknown):
        encode(replace(LINK, **unplaced), CURRENCIES)


@pytest.mark.parametrize("name", ["A&pa=evil@example", "A#b", "A%20b", "ນະຄະຣາ", "Đà Nẵng"])
def test_a_name_cannot_break_out_of_its_parameter(name: str) -> None:
    again = decode(encode(replace(LINK, name=name), CURRENCIES), CURRENCIES)
    assert (again.name, again.identifiers) == (name, LINK.identifiers)


def test_a_link_which_grows_over_the_bound_is_not_written() -> None:
    with pytest.raises(CodeTooLong):
        encode(replace(LINK, name="ກ" * (upi.TEXT_CHARS_MAX // 9)), CURRENCIES)
