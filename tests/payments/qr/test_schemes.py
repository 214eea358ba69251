"""What each scheme says, and what it refuses; shared vectors for other people's readers too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.payments.qr import (
    Code,
    Field,
    Initiation,
    Scheme,
    Tip,
    TipKind,
    amounts,
    decode,
    encode,
    rewrite,
)
from nagara.payments.qr.refusals import (
    AmountWrong,
    CodeTooLong,
    CurrencyUnknown,
    FieldMissing,
    FieldUnknown,
    FieldWrong,
)
from nagara.payments.qr.schemes.promptpay import check_digit_fits
from tests.payments.qr.currencies import CURRENCIES, lao, sealed, tlv

VECTORS: Final = json.loads(
    (Path(__file__).parents[3] / "spec" / "vectors" / "qr.json").read_text("utf-8")
)
KNOWN: Final = {numeric: tuple(pair) for numeric, pair in VECTORS["currencies"].items()}
BANK: Final = {"institution": "99990418", "account": "NGM01"}
SHOP: Final = Code(Scheme.LAOQR, BANK, "LAK")
POSTER: Final[dict[str, Any]] = {
    "name": "Nagara Shop",
    "city": "Vientiane",
    "merchant_category": "5411",
}
PERSON: Final = Code(Scheme.KHQR, {"account": "nagara@devb"}, "KHR", **POSTER)
MADE: Final = Instant.from_seconds(1_767_225_600)


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"])
def test_a_shared_vector_says_what_stands_beside_it(vector: dict[str, Any]) -> None:
    code = decode(vector["text"], KNOWN)
    said = {name: getattr(code, name) for name in vector["says"]}
    assert said == vector["says"]


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"])
def test_a_shared_vector_is_written_back_character_by_character(vector: dict[str, Any]) -> None:
    assert rewrite(decode(vector["text"], KNOWN)) == vector.get("rewritten", vector["text"])


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"])
def test_a_shared_vector_is_encoded_anew_as_the_same_code(vector: dict[str, Any]) -> None:
    code = decode(vector["text"], KNOWN)
    assert decode(encode(code, KNOWN), KNOWN) == code


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_a_shared_vector_is_refused_with_the_code_beside_it(vector: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        decode(vector["text"], KNOWN)
    assert (refused.value.code, refused.value.slug) == (vector["code"], vector["slug"])


@pytest.mark.parametrize(
    ("written", "minor"),
    [("1", 1), ("1.", 1), ("12500", 12500), ("12500.00", 12500), ("0012", 12)],
)
def test_an_amount_is_read_in_whole_minor_units(written: str, minor: int) -> None:
    assert decode(lao(tlv("54", written)), CURRENCIES).amount_minor == minor


@pytest.mark.parametrize(
    "written",
    [
        "0",
        "0.00",
        "-1",
        "+1",
        ".",
        ".5",
        "1.5",
        "1,5",
        "1e3",
        "1 ",
        " 1",
        "0x1",
        "\u0661",
        "1.0.0",
        "99999999999999",
        "1.000000000000",
    ],
)
def test_what_is_no_positive_amount_of_the_currency_is_refused(written: str) -> None:
    with pytest.raises(AmountWrong):
        decode(lao(tlv("54", written)), CURRENCIES)


@pytest.mark.parametrize("minor", [0, -1, 10**13, 10**30])
def test_an_amount_which_does_not_fit_is_not_written(minor: int) -> None:
    with pytest.raises(AmountWrong):
        encode(replace(SHOP, amount_minor=minor), CURRENCIES)
    with pytest.raises(AmountWrong):
        amounts.write(minor, ("LAK", 0))


def test_the_exponent_comes_from_the_caller_and_not_from_the_code() -> None:
    text = lao(tlv("54", "125.50"))
    assert decode(text, {"418": ("LAK", 2)}).amount_minor == 12550
    with pytest.raises(AmountWrong):
        decode(text, {"418": ("LAK", 0)})


def test_a_currency_which_the_caller_did_not_hand_in_is_refused() -> None:
    with pytest.raises(CurrencyUnknown):
        decode(lao(), {"704": ("VND", 0)})
    with pytest.raises(CurrencyUnknown):
        encode(replace(SHOP, currency="XXX"), CURRENCIES)


def test_a_code_with_an_amount_is_for_one_payment_where_nobody_says_otherwise() -> None:
    static = decode(encode(SHOP, CURRENCIES), CURRENCIES)
    dynamic = decode(encode(replace(SHOP, amount_minor=5), CURRENCIES), CURRENCIES)
    assert (static.initiation, dynamic.initiation) == (Initiation.STATIC, Initiation.DYNAMIC)


def test_a_poster_with_a_price_stays_static() -> None:
    poster = replace(SHOP, amount_minor=5, initiation=Initiation.STATIC)
    assert decode(encode(poster, CURRENCIES), CURRENCIES).initiation is Initiation.STATIC


def test_the_same_words_for_institution_and_account_make_a_lao_and_a_vietnamese_code() -> None:
    viet = Code(Scheme.VIETQR, {"institution": "999999", "account": "NGM01"}, "VND")
    assert decode(encode(SHOP, CURRENCIES), CURRENCIES).identifiers["account"] == "NGM01"
    assert decode(encode(viet, CURRENCIES), CURRENCIES).identifiers["account"] == "NGM01"


@pytest.mark.parametrize(
    ("scheme", "identifiers"),
    [
        (Scheme.LAOQR, {"institution": "9999041", "account": "A"}),
        (Scheme.LAOQR, {"institution": "99990418", "account": "ກ"}),
        (Scheme.LAOQR, {"institution": "99990418", "account": ""}),
        (Scheme.LAOQR, {"institution": "99990418", "account": "A" * 57}),
        (Scheme.LAOQR, {"institution": "99990418", "account": "A", "type": "1"}),
        (Scheme.VIETQR, {"institution": "9999991", "account": "1"}),
        (Scheme.VIETQR, {"institution": "999999", "account": "1" * 20}),
        (Scheme.VIETQR, {"institution": "999999", "account": "1", "service": "qr"}),
        (Scheme.PROMPTPAY, {"mobile": "0812345678"}),
        (Scheme.PROMPTPAY, {"national_id": "0000000000002"}),
        (Scheme.PROMPTPAY, {"ewallet": "1"}),
        (Scheme.PROMPTPAY, {"biller": "1", "reference_1": "A"}),
        (Scheme.KHQR, {"account": "nobank"}),
        (Scheme.KHQR, {"account": "a" * 30 + "@bk"}),
        (Scheme.PIX, {"url": "https://pix.example/1"}),
    ],
)
def test_an_identifier_which_the_scheme_does_not_allow_is_not_written(
    scheme: Scheme, identifiers: dict[str, str]
) -> None:
    with pytest.raises(FieldWrong):
        encode(Code(scheme, identifiers, "THB", **POSTER), CURRENCIES)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_code_which_names_no_payee_is_not_written(scheme: Scheme) -> None:
    fixed: dict[str, Any] = {} if scheme is Scheme.UPI else {"city": "Vientiane", "country": "LA"}
    with pytest.raises(FieldMissing):
        encode(Code(scheme, {}, "INR", name="A", merchant_category="5411", **fixed), CURRENCIES)


@pytest.mark.parametrize(
    ("scheme", "identifiers"),
    [
        (Scheme.LAOQR, BANK | {"phone": "1"}),
        (Scheme.LAOQR, BANK | {"00": "A000000727"}),
        (Scheme.LAOQR, BANK | {"03": "other"}),
        (Scheme.LAOQR, BANK | {"01.01": "inside"}),
        (Scheme.PROMPTPAY, {"mobile": "0066000000001", "ewallet": "0" * 15}),
        (Scheme.EMVCO, {"52": "5411"}),
        (Scheme.EMVCO, {"26": "not a template"}),
        (Scheme.EMVCO, {"04.00": "no template"}),
        (Scheme.EMVCO, {"38.00": "A005266284662577", "38.01": "99990418", "38.03": "A"}),
    ],
)
def test_an_identifier_without_a_place_in_the_scheme_is_not_written(
    scheme: Scheme, identifiers: dict[str, str]
) -> None:
    code = replace(PERSON, scheme=scheme, identifiers=identifiers, country="LA")
    with pytest.raises(FieldUnknown):
        encode(code, CURRENCIES)


def test_what_a_bank_adds_to_its_template_is_read_under_its_tag_and_written_back() -> None:
    code = replace(SHOP, identifiers=BANK | {"04": "20261231"})
    assert decode(encode(code, CURRENCIES), CURRENCIES).identifiers["04"] == "20261231"


def test_the_first_scheme_that_is_known_is_the_payee_and_the_rest_is_kept() -> None:
    strange = tlv("26", tlv("00", "x.example") + tlv("01", "1"))
    text = lao("1503abc", strange)
    code = decode(text, CURRENCIES)
    assert code.scheme is Scheme.LAOQR
    assert [field.tag for field in code.others] == ["15", "26"]
    again = decode(encode(code, CURRENCIES), CURRENCIES)
    assert (again.identifiers["account"], again.others) == ("NGM01", code.others)


@pytest.mark.parametrize(
    "other",
    [
        Field("58", "VN"),
        Field("38", "00"),
        Field("63", "0000"),
        Field("26", tlv("00", "A000000727") + tlv("01", "000699999901011") + "0201A"),
        Field("26", tlv("00", "A005266284662577") + tlv("01", "99990418") + tlv("03", "EVIL")),
    ],
)
def test_other_data_objects_cannot_speak_in_place_of_the_payee(other: Field) -> None:
    with pytest.raises(Refusal):
        encode(replace(SHOP, others=(other,)), CURRENCIES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "ຮ້ານ"},
        {"name": "N" * 26},
        {"name": ""},
        {"city": "V" * 16},
        {"country": "la"},
        {"merchant_category": "54"},
        {"postal_code": "0" * 11},
        {"references": {"reference": "R" * 26}},
        {"references": {"bill": ""}},
        {"references": {"ask": "X"}},
        {"local": {"language": "LAO", "name": "ຮ້ານ"}},
    ],
)
def test_what_passes_the_lengths_of_the_standard_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(FieldWrong):
        encode(replace(SHOP, **wrong), CURRENCIES)


@pytest.mark.parametrize(
    "unplaced",
    [
        {"references": {"invoice": "1"}},
        {"references": {"05": "1"}},
        {"local": {"language": "LO", "name": "ຮ້ານ", "street": "1"}},
        {"expires": MADE},
        {"minimum_minor": 5},
    ],
)
def test_what_a_scheme_has_no_place_for_is_not_dropped_in_silence(unplaced: dict[str, Any]) -> None:
    with pytest.raises(FieldUnknown):
        encode(replace(SHOP, **unplaced), CURRENCIES)


def test_a_code_which_grows_over_the_bound_is_not_written() -> None:
    others = tuple(Field(str(tag), "x" * 99) for tag in range(80, 85))
    with pytest.raises(CodeTooLong):
        encode(replace(SHOP, others=others), CURRENCIES)


@pytest.mark.parametrize(
    "tip",
    [
        Tip(TipKind.ASK_PAYER),
        Tip(TipKind.FIXED, fixed_minor=500),
        Tip(TipKind.PERCENTAGE, percentage_hundredths=9999),
    ],
)
def test_a_tip_is_read_as_it_was_written(tip: Tip) -> None:
    assert decode(encode(replace(SHOP, tip=tip), CURRENCIES), CURRENCIES).tip == tip


@pytest.mark.parametrize(
    "tip",
    [
        Tip(TipKind.FIXED),
        Tip(TipKind.FIXED, fixed_minor=0),
        Tip(TipKind.PERCENTAGE, percentage_hundredths=10_000),
        Tip(TipKind.ASK_PAYER, fixed_minor=5),
        Tip(TipKind.FIXED, fixed_minor=5, percentage_hundredths=5),
    ],
)
def test_a_tip_that_contradicts_itself_is_not_written(tip: Tip) -> None:
    with pytest.raises(Refusal):
        encode(replace(SHOP, tip=tip), CURRENCIES)


@pytest.mark.parametrize(
    "objects",
    [["550204"], ["550202"], ["560510000"], ["550201", "560510000"], ["550203", "5705100.0"]],
)
def test_a_tip_that_contradicts_itself_is_not_read(objects: list[str]) -> None:
    with pytest.raises(Refusal):
        decode(lao(*objects), CURRENCIES)


@pytest.mark.parametrize("order", [("53", "54", "58"), ("58", "53", "54"), ("58", "54", "53")])
def test_a_thai_bill_is_read_in_whatever_order_its_writer_uses(order: tuple[str, ...]) -> None:
    objects = {"53": "764", "54": "1234.56", "58": "TH"}
    bill = tlv("00", "A000000677010112") + tlv("02", "CUST01") + tlv("01", "099999999999900")
    text = sealed("000201010212" + tlv("30", bill) + "".join(tlv(t, objects[t]) for t in order))
    code = decode(text, CURRENCIES)
    assert (code.scheme, code.amount_minor) == (Scheme.PROMPTPAY, 123456)
    assert code.identifiers == {"biller": "099999999999900", "reference_1": "CUST01"}
    assert rewrite(code) == text


@pytest.mark.parametrize("number", ["0000000000001", "1234567890121", "9999999999994"])
def test_a_thai_number_whose_thirteenth_digit_fits_is_accepted(number: str) -> None:
    assert check_digit_fits(number)


@pytest.mark.parametrize("number", ["0000000000000", "1234567890123", "9999999999999"])
def test_a_thai_number_whose_thirteenth_digit_does_not_fit_is_seen(number: str) -> None:
    assert not check_digit_fits(number)


def test_a_khqr_with_an_amount_must_say_when_it_ends() -> None:
    with pytest.raises(FieldMissing):
        encode(replace(PERSON, amount_minor=100), CURRENCIES)
    with pytest.raises(FieldMissing):
        encode(replace(PERSON, amount_minor=100, expires=MADE), CURRENCIES)


def test_a_khqr_that_ends_before_it_begins_is_not_written() -> None:
    with pytest.raises(FieldWrong):
        encode(replace(PERSON, created=MADE, expires=MADE.plus_seconds(-1)), CURRENCIES)


def test_the_times_of_a_khqr_are_instants_in_milliseconds() -> None:
    code = replace(PERSON, amount_minor=100, created=MADE, expires=MADE.plus_seconds(300))
    read = decode(encode(code, CURRENCIES), CURRENCIES)
    assert (read.created, read.expires) == (MADE, MADE.plus_seconds(300))
    with pytest.raises(FieldWrong):
        encode(replace(code, expires=Instant(MADE.micros + 300_000_001)), CURRENCIES)


@pytest.mark.parametrize("times", ["0012176722560000", "0013abcdefghijklm", "nonsense", "05011"])
def test_the_times_of_a_khqr_are_refused_where_they_are_no_times(times: str) -> None:
    body = encode(PERSON, CURRENCIES)[:-8]
    with pytest.raises(FieldWrong):
        decode(sealed(body + tlv("99", times)), CURRENCIES)


def test_a_pix_without_a_reference_is_written_with_three_stars() -> None:
    pix = Code(Scheme.PIX, {"account": "loja@nagara.example"}, "BRL", **POSTER)
    assert decode(encode(pix, CURRENCIES), CURRENCIES).references == {"reference": "***"}


def test_the_reference_of_a_pix_is_letters_and_digits() -> None:
    pix = Code(Scheme.PIX, {"account": "loja@nagara.example"}, "BRL", **POSTER)
    with pytest.raises(FieldWrong):
        encode(replace(pix, references={"reference": "A-1"}), CURRENCIES)


def test_the_identifier_of_pix_is_read_in_capitals_too() -> None:
    account = tlv("00", "BR.GOV.BCB.PIX") + tlv("01", "+5500000000000")
    assert decode(sealed("000201" + tlv("26", account) + "5303986"), CURRENCIES).scheme == "pix"


def test_an_empty_data_object_is_as_if_it_were_absent() -> None:
    code = decode(lao("5900", "6200", "5400"), CURRENCIES)
    assert (code.name, code.references, code.amount_minor) == (None, {}, None)
