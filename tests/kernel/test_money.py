"""Money: whole minor units, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.money import MINOR_MAX, Money, minor_from_decimal

MINORS = st.integers(-MINOR_MAX, MINOR_MAX)


@pytest.mark.parametrize("minor", [1.0, True, False, "1", None, b"1", 1j], ids=repr)
def test_money_is_refused_when_it_is_not_a_whole_number(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "LAK")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [MINOR_MAX + 1, -MINOR_MAX - 1, 2**63])
def test_money_is_refused_when_it_is_out_of_range(minor: int) -> None:
    with pytest.raises(ValueError, match="range"):
        Money(minor, "LAK")


@pytest.mark.parametrize("currency", ["", "lak", "LA", "LAKK", "LAK\n", "L4K", " LAK", "ກີບ"])
def test_money_is_refused_without_a_currency_code_of_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="4217"):
        Money(1, currency)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "LAK") + Money(1, "VND")
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "LAK") - Money(1, "VND")


def test_a_sum_past_the_range_is_refused_and_does_not_wrap() -> None:
    with pytest.raises(ValueError, match="range"):
        Money(MINOR_MAX, "LAK") + Money(1, "LAK")


@given(st.integers(-(10**17), 10**17), st.integers(-(10**17), 10**17))
def test_adding_and_subtracting_come_back_to_the_start(one: int, other: int) -> None:
    start, moved = Money(one, "VND"), Money(other, "VND")
    assert start + moved - moved == start


@given(MINORS, st.integers(1, 50))
def test_a_split_loses_nothing_and_is_fair_to_one_unit(minor: int, parts: int) -> None:
    shares = Money(minor, "LAK").split(parts)
    assert len(shares) == parts
    assert sum(share.minor for share in shares) == minor
    assert max(s.minor for s in shares) - min(s.minor for s in shares) <= 1


@pytest.mark.parametrize("parts", [0, -1])
def test_money_is_not_split_into_less_than_one_part(parts: int) -> None:
    with pytest.raises(ValueError, match="one part"):
        Money(1, "LAK").split(parts)


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [
        (12_500, 0, "12500"),
        (12_500, 2, "125.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (0, 3, "0.000"),
        (-12_345, 3, "-12.345"),
    ],
)
def test_the_decimal_form_is_that_of_the_exponent(minor: int, exponent: int, text: str) -> None:
    assert Money(minor, "LAK").decimal(exponent) == text


@given(st.integers(0, MINOR_MAX), st.integers(0, 6))
def test_the_decimal_form_is_read_back_as_the_same_amount(minor: int, exponent: int) -> None:
    assert minor_from_decimal(Money(minor, "LAK").decimal(exponent), exponent) == minor


@pytest.mark.parametrize(
    "text",
    ["", ".", ".5", "-1", "+1", "1,5", "1 000", "1e3", "٣", "1.0000000", " 1", "1\n", "0x1", "1_0"],
)
def test_a_decimal_is_refused_when_it_is_not_plain(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        minor_from_decimal(text, 2)


@pytest.mark.parametrize(("text", "exponent"), [("1.5", 0), ("1.005", 2), ("0.0001", 3)])
def test_a_decimal_is_refused_when_it_is_finer_than_the_currency(text: str, exponent: int) -> None:
    with pytest.raises(ValueError, match="finer"):
        minor_from_decimal(text, exponent)


@pytest.mark.parametrize(
    ("text", "exponent", "minor"), [("1.", 0, 1), ("1.00", 0, 1), ("1.50", 1, 15), ("007", 2, 700)]
)
def test_zeros_that_say_nothing_are_read_over(text: str, exponent: int, minor: int) -> None:
    assert minor_from_decimal(text, exponent) == minor
