"""Law of the directory: one address one form, names masked by what people see, look-ups metered."""

from __future__ import annotations

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.errors import Refusal
from nagara.kernel.refusals import Malformed, TooMany
from nagara.payments.directory import rules
from nagara.payments.directory.model import (
    Address,
    AddressKind,
    Budget,
    ParticipantCode,
    PartyKind,
)
from tests.payments.made import ID, LAOS, NOW

PERSON = PartyKind.PERSON
BANK = ParticipantCode("mekong")


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        # Lao: a vowel written before its consonant belongs to it, so do tones and vowels after it
        ("ສົມສີ ວົງສາ", "ສົມສີ ວົ***"),
        ("ແກ້ວ ເພັດດາ", "ແກ້ວ ເພັ***"),
        ("ບຸນມີ ໄຊຍະວົງ", "ບຸນມີ ໄຊ***"),
        ("ນ້ອຍ ໂພນ ສີສຸກ", "ນ້ອຍ ໂພ*** ສີ***"),
        ("ຄຳ ຈຳປາ", "ຄຳ ຈຳ***"),
        # one word: two signs of it, and a word of two signs hides nothing worth hiding
        ("ສົມສີ", "ສົມ***"),
        ("ເພັດ", "ເພັດ"),
        ("ແກ້ວມະນີ", "ແກ້ວ***"),
        # Vietnamese, composed and decomposed: the same signs
        ("Nguyễn Văn An", "Nguyễn V*** A***"),
        ("Đỗ Thị Ánh", "Đỗ T*** Á***"),
        (unicodedata.normalize("NFD", "Lê Ánh"), unicodedata.normalize("NFD", "Lê Á***")),
        # Thai: as Lao
        ("สมชาย เจริญสุข", "สมชาย เจ***"),
        # Latin
        ("Jane Roe", "Jane R***"),
        ("Madonna", "Ma***"),
        ("Bo", "Bo"),
        ("X", "X"),
    ],
)
def test_a_name_is_masked_by_the_signs_that_people_see(full: str, shown: str) -> None:
    assert rules.shown_name(full, PERSON) == shown


@pytest.mark.parametrize("kind", [PartyKind.MERCHANT, PartyKind.AGENT])
def test_the_name_of_a_business_is_shown_whole(kind: PartyKind) -> None:
    assert rules.shown_name("ຮ້ານກາເຟ ດາວ", kind) == "ຮ້ານກາເຟ ດາວ"


@given(st.text(min_size=1, max_size=90))
def test_any_text_is_a_name_that_can_be_shown_or_is_refused(text: str) -> None:
    try:
        full = rules.name(text)
    except Malformed:
        return
    shown = rules.shown_name(full, PERSON)
    assert shown
    assert rules.name(full) == full, "a name in its form keeps it"
    assert not unicodedata.category(shown[0]).startswith("C")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  ສົມສີ \t ວົງສາ ", "ສົມສີ ວົງສາ"),
        ("An\nBình", "An Bình"),
        (unicodedata.normalize("NFD", "Nguyễn"), "Nguyễn"),
        ("7-Eleven", "7-Eleven"),
    ],
)
def test_a_name_is_kept_composed_and_with_single_spaces(text: str, clean: str) -> None:
    assert rules.name(text) == clean


@pytest.mark.parametrize(
    "text",
    ["", "   ", "x" * 81, "a\x00b", "a\x1bb", "\u202eagent", "a\u200fb", "a\ue000", "12 34", "--"],
)
def test_a_name_is_refused_when_nobody_is_called_so(text: str) -> None:
    with pytest.raises(Malformed):
        rules.name(text)


def _address(text: str, kind: AddressKind) -> Address:
    return Address(text, kind)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("keo@mekong", _address("keo@mekong", AddressKind.HANDLE)),
        ("  KEO.s-1@Mekong ", _address("keo.s-1@mekong", AddressKind.HANDLE)),
        (
            "\uff4b\uff45\uff4f\uff20\uff4d\uff45\uff4b\uff4f\uff4e\uff47",
            _address("keo@mekong", AddressKind.HANDLE),
        ),
        ("02055551234", _address("+8562055551234", AddressKind.PHONE)),
        ("20 5555 1234", _address("+8562055551234", AddressKind.PHONE)),
        ("+856 (20) 5555-1234", _address("+8562055551234", AddressKind.PHONE)),
        ("00856 20 55551234", _address("+8562055551234", AddressKind.PHONE)),
        ("030 5551234", _address("+856305551234", AddressKind.PHONE)),
        ("n0123456789ab", _address("N0123456789AB", AddressKind.CODE)),
    ],
)
def test_what_people_type_has_one_form(typed: str, found: Address) -> None:
    assert rules.address(typed, LAOS) == found


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "@",
        "a@mekong",
        "@mekong",
        ".keo@mekong",
        "keo.@mekong",
        "ke o@mekong",
        "кео@mekong",
        "k" * 33 + "@mekong",
        "020 5555 123",
        "020 5555 12345",
        "+66 81 234 5678",
        "N0123456789A",
        "N0123456789AI",
        "x" * 101,
        "keo",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Refusal):
        rules.address(typed, LAOS)


@given(st.text(max_size=120))
def test_any_text_is_an_address_or_refused_and_its_form_is_an_address_again(text: str) -> None:
    try:
        found = rules.address(text, LAOS)
    except Malformed:
        return
    assert rules.address(found.text, LAOS) == found


@pytest.mark.parametrize(
    "text",
    [
        "\u3164\u3164",  # Hangul fillers: letters that nobody sees
        "\u1160",
        "Kham\u034f",
        "Kham\ufe0f",
        "\u2800Kham",
        "Kham\u17b5",
        "Kha\u0321\u0321\u0321\u0321\u0321m",  # marks over the lines around
        "\u0412\u0430nk Lao",  # Cyrillic V and a before a Latin nk
        "B\u03b1nk",
    ],
    ids=ascii,
)
def test_a_name_is_refused_when_it_looks_like_another(text: str) -> None:
    with pytest.raises(Malformed):
        rules.name(text)


@pytest.mark.parametrize(
    "text",
    [
        "ຮ້ານ ນາງ ຄຳ",
        "ນ້ຳໃຈ",
        "Nguyễn Thị Ngọc Ánh",
        "Иван Khamphet",  # a word of each is nobody's disguise
        "ร้านป้าน้ำ",
        "ហាង សុខា",
        "中文店",
        "7-Eleven Café",
    ],
)
def test_a_name_is_taken_when_people_are_called_so(text: str) -> None:
    assert rules.name(text)


def test_a_sticker_names_its_bank_and_its_receiver_exactly() -> None:
    assert rules.sticker("88880418", "0123") == Address("88880418:0123", AddressKind.STICKER)
    for receiver in ("", "a b", "ກ", "x" * 57, "a\n"):
        with pytest.raises(Malformed):
            rules.sticker("88880418", receiver)


def test_the_code_of_an_account_comes_from_its_random_bits_and_reads_as_a_code() -> None:
    code = rules.account_code(ID)
    assert rules.address(code.lower(), LAOS) == Address(code, AddressKind.CODE)
    assert code != rules.account_code(UUID(int=ID.int ^ 1))
    assert code == rules.account_code(UUID(int=ID.int ^ (1 << 100)))


@pytest.mark.parametrize(
    ("tokens", "waited", "cost", "left"),
    [
        (60, 0, rules.HIT_COST, 58),
        (60, 0, rules.MISS_COST, 48),
        (12, 0, rules.MISS_COST, 0),
        (11, 0, rules.HIT_COST, None),
        (11, 9, rules.HIT_COST, None),
        (11, 10, rules.HIT_COST, 10),
        (0, 120, rules.MISS_COST, 0),
        (0, 10_000, rules.MISS_COST, 48),
        (60, -500, rules.HIT_COST, 58),
    ],
)
def test_a_budget_falls_with_each_question_and_refills_with_time(
    tokens: int, waited: int, cost: int, left: int | None
) -> None:
    budget = Budget(tokens, NOW)
    now = NOW.plus_seconds(waited)
    if left is None:
        with pytest.raises(TooMany) as refused:
            rules.spend(budget, cost, now)
        wait = refused.value.facts["retry_after_seconds"]
        assert isinstance(wait, int)
        assert rules.spend(budget, cost, now.plus_seconds(wait)).tokens >= 0
    else:
        assert rules.spend(budget, cost, now).tokens == left


@given(st.lists(st.tuples(st.integers(0, 30_000_000), st.booleans()), max_size=200))
def test_however_the_questions_are_spaced_nobody_asks_more_than_the_budget_allows(
    questions: list[tuple[int, bool]],
) -> None:
    budget, now, spent = Budget(rules.BUDGET_TOKENS_MAX, NOW), NOW, 0
    for pause, hit in questions:
        now = type(now)(now.micros + pause)
        cost = rules.HIT_COST if hit else rules.MISS_COST
        try:
            budget = rules.spend(budget, cost, now)
        except TooMany:
            continue
        spent += cost
    elapsed = (now.micros - NOW.micros) // 1_000_000
    allowed = rules.BUDGET_TOKENS_MAX + elapsed // rules.BUDGET_REFILL_SECONDS
    assert spent <= allowed
