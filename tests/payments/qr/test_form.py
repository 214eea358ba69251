"""The attack list on the form of a code: what is damaged, ambiguous or hidden is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.errors import Refusal
from nagara.payments.qr import Field, decode, emvco, rewrite
from nagara.payments.qr.refusals import (
    CharacterForbidden,
    ChecksumMissing,
    ChecksumWrong,
    CodeTooLong,
    FieldBroken,
    FieldTwice,
    FieldWrong,
    NestedTooDeep,
    NotAPaymentCode,
)
from tests.payments.qr.currencies import CURRENCIES, crc16, lao, sealed, tlv

GOOD = lao(tlv("58", "LA"), tlv("59", "Nagara Shop"))


@pytest.mark.parametrize("text", ["", " ", "\n", "0", "nagara", "https://shop.example/pay"])
def test_a_text_that_is_no_payment_code_is_refused(text: str) -> None:
    with pytest.raises(NotAPaymentCode):
        decode(text, CURRENCIES)


@pytest.mark.parametrize("cut", range(2, len(GOOD)))
def test_a_code_cut_off_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(Refusal):
        decode(GOOD[:cut], CURRENCIES)


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_a_code_with_one_changed_character_is_refused(place: int) -> None:
    other = "7" if GOOD[place] != "7" else "8"
    with pytest.raises(Refusal):
        decode(GOOD[:place] + other + GOOD[place + 1 :], CURRENCIES)


def test_the_refusal_of_a_wrong_checksum_says_both_numbers() -> None:
    wrong = "0000" if GOOD[-4:] != "0000" else "1111"
    with pytest.raises(ChecksumWrong) as refused:
        decode(GOOD[:-4] + wrong, CURRENCIES)
    assert refused.value.facts == {"found": wrong, "expected": GOOD[-4:]}


def test_a_checksum_in_lower_case_is_read_and_written_in_upper_case() -> None:
    code = decode(GOOD[:-4] + GOOD[-4:].lower(), CURRENCIES)
    assert rewrite(code) == GOOD


@pytest.mark.parametrize("blanks", [" ", "\n", "\r\n", "\t "])
def test_blanks_around_a_pasted_code_do_not_count(blanks: str) -> None:
    assert decode(blanks + GOOD + blanks, CURRENCIES) == decode(GOOD, CURRENCIES)


def test_a_blank_inside_a_code_is_not_taken_away() -> None:
    with pytest.raises(Refusal):
        decode(GOOD[:20] + " " + GOOD[20:], CURRENCIES)


def test_the_checksum_counts_utf8_bytes_and_lengths_count_characters() -> None:
    local = tlv("64", tlv("00", "LO") + tlv("01", "ຮ້ານນະຄະຣາ"))
    assert decode(lao(local), CURRENCIES).local == {"language": "LO", "name": "ຮ້ານນະຄະຣາ"}


def test_a_length_that_counts_bytes_is_refused() -> None:
    name = "Cà phê"
    in_bytes = f"59{len(name.encode()):02d}{name}"
    with pytest.raises(Refusal):
        decode(lao(in_bytes), CURRENCIES)


def test_a_character_beyond_the_first_plane_counts_as_one() -> None:
    assert decode(lao(tlv("59", "Shop 𠀀")), CURRENCIES).name == "Shop 𠀀"


@pytest.mark.parametrize("length", ["0x", "1 ", "+1", "-1", "\u0660\u0661", "1", "9"])
def test_a_length_which_is_not_two_digits_or_passes_the_end_is_refused(length: str) -> None:
    with pytest.raises(FieldBroken) as refused:
        decode(f"{GOOD[:-8]}61{length}", CURRENCIES)
    assert refused.value.facts == {"field": "61", "position": len(GOOD) - 8 + 1}


@pytest.mark.parametrize("tag", ["A1", "\u0660\u0661", " 1", "-1"])
def test_a_tag_which_is_not_two_digits_is_refused(tag: str) -> None:
    with pytest.raises(FieldBroken):
        decode(lao(f"{tag}03abc"), CURRENCIES)


def test_a_code_of_the_longest_length_is_read_and_one_more_is_refused() -> None:
    filler = [tlv(str(tag), "x" * 99) for tag in (95, 96, 97, 98)]
    room = emvco.TEXT_CHARS_MAX - len(lao(*filler)) - 4
    longest = lao(*filler, tlv("94", "x" * room))
    assert len(longest) == emvco.TEXT_CHARS_MAX
    assert rewrite(decode(longest, CURRENCIES)) == longest
    with pytest.raises(CodeTooLong):
        decode(lao(*filler, tlv("94", "x" * (room + 1))), CURRENCIES)


def test_no_code_over_the_bound_is_written_from_data_objects_either() -> None:
    with pytest.raises(CodeTooLong):
        emvco.write(Field(str(tag), "x" * 99) for tag in range(80, 85))


@pytest.mark.parametrize("text", ["0" * 3000, " " * 3000, "upi://pay?pa=" + "a" * 3000])
def test_a_text_of_any_kind_over_its_bound_is_refused(text: str) -> None:
    with pytest.raises(CodeTooLong):
        decode(text, CURRENCIES)


@pytest.mark.parametrize("hidden", ["\x00", "\n", "\x7f", "\x85", "\u202e", "\u2066", "\ufffe"])
def test_a_character_that_hides_something_is_refused(hidden: str) -> None:
    with pytest.raises(CharacterForbidden):
        decode(lao(tlv("59", f"Na{hidden}gara")), CURRENCIES)


def test_half_a_surrogate_pair_is_refused_and_breaks_nothing() -> None:
    with pytest.raises(CharacterForbidden):
        decode(GOOD[:-12] + "\ud800" + GOOD[-11:], CURRENCIES)


def test_the_word_break_of_lao_script_is_no_hidden_character() -> None:
    assert decode(lao(tlv("59", "ນະ\u200bຄະ")), CURRENCIES).name == "ນະ\u200bຄະ"


@pytest.mark.parametrize(
    "text",
    [
        lao(tlv("58", "LA"), tlv("58", "LA")),
        lao(tlv("62", tlv("05", "A") + tlv("05", "B"))),
        lao(tlv("26", tlv("00", "x.example") + tlv("00", "y.example"))),
        lao(tlv("63", "0000")),
    ],
)
def test_a_data_object_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(FieldTwice):
        decode(text, CURRENCIES)


def test_a_bank_number_that_stands_twice_in_vietqr_is_refused() -> None:
    payee = tlv("00", "999999") + tlv("00", "999998") + tlv("01", "0001")
    account = tlv("00", "A000000727") + tlv("01", payee)
    with pytest.raises(FieldWrong):
        decode(sealed("000201" + tlv("38", account) + "5303704"), CURRENCIES)


def test_a_checksum_which_is_not_the_last_data_object_is_refused() -> None:
    with pytest.raises(ChecksumMissing):
        decode(GOOD + tlv("90", "more"), CURRENCIES)


def test_a_code_without_a_checksum_is_refused() -> None:
    with pytest.raises(ChecksumMissing):
        decode(GOOD[:-8], CURRENCIES)


def _nested(levels: int) -> str:
    value = "NAGARA"
    for _ in range(levels):
        value = tlv("00", value)
    return lao(tlv("99", value))


def test_templates_are_read_to_the_depth_of_the_bound_and_refused_beyond() -> None:
    deepest = decode(_nested(emvco.TEMPLATE_DEPTH_MAX), CURRENCIES)
    assert deepest.others[0].fields[0].fields[0].fields[0].value == "NAGARA"
    with pytest.raises(NestedTooDeep):
        decode(_nested(emvco.TEMPLATE_DEPTH_MAX + 1), CURRENCIES)


def test_a_plain_value_in_an_unreserved_template_is_kept_as_it_is() -> None:
    assert decode(lao(tlv("80", "046")), CURRENCIES).others == (Field("80", "046"),)


@pytest.mark.parametrize("number", ["0000", "00000000", "000012", "00020"])
def test_a_number_that_only_looks_like_a_template_stays_a_number(number: str) -> None:
    (kept,) = decode(lao(tlv("98", number)), CURRENCIES).others
    assert (kept.value, kept.fields) == (number, ())
    text = lao(tlv("62", tlv("05", number)))
    assert decode(text, CURRENCIES).references == {"reference": number}


def test_a_broken_template_of_the_standard_is_refused() -> None:
    with pytest.raises(FieldBroken):
        decode(lao(tlv("62", "0510short")), CURRENCIES)


def test_payload_format_00_is_read_and_never_written() -> None:
    old = sealed("000200" + GOOD[6:-8])
    assert rewrite(decode(old, CURRENCIES)) == GOOD


@pytest.mark.parametrize("body", ["000202", "0003010", "0000", "0102110002"])
def test_another_payload_format_is_refused(body: str) -> None:
    with pytest.raises(Refusal):
        decode(sealed(body + GOOD[6:-8]), CURRENCIES)


def test_unknown_data_objects_are_kept_in_order_and_written_back_unchanged() -> None:
    text = lao("7903abc", "0403xyz", "5902Na", "8502ok", "6504more")
    code = decode(text, CURRENCIES)
    assert [field.tag for field in code.others] == ["79", "04", "85", "65"]
    assert rewrite(code) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_the_checksum_is_the_one_of_the_standard(text: str) -> None:
    assert emvco.checksum(text) == crc16(text)


def test_the_checksum_of_the_standard_example_is_29b1() -> None:
    assert emvco.checksum("123456789") == "29B1"


@given(
    st.one_of(
        st.text(max_size=600),
        st.text("0123456789A@. \u0e81", max_size=200).map(lambda body: sealed("000201" + body)),
        st.text(max_size=100).map(lambda body: "upi://pay?" + body),
        st.text("pamntrcu=&%@+0aF.", max_size=100).map(lambda body: "upi://pay?" + body),
        st.lists(
            st.tuples(st.integers(0, 99), st.text(max_size=30)).map(
                lambda pair: tlv(f"{pair[0]:02d}", pair[1])
            ),
            max_size=12,
        ).map(lambda objects: lao(*objects)),
    )
)
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        code = decode(text, CURRENCIES)
    except Refusal:
        return
    assert decode(rewrite(code), CURRENCIES) == code
