"""Money, numbers and moments as the people of each country write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.instant import Instant
from nagara.kernel.profile import Profile, load_profile
from nagara.web.pages import Formats

_LA = load_profile("la")
_VN = load_profile("vn")


@pytest.mark.parametrize(
    ("profile", "minor", "code", "written"),
    [
        (_LA, 25_000, None, "25.000\u00a0₭"),
        (_VN, 180_000, None, "180.000\u00a0₫"),
        (_LA, 0, None, "0\u00a0₭"),
        (_LA, -1_500, None, "\u22121.500\u00a0₭"),
        (_LA, 123_456, "THB", "1,234.56\u00a0฿"),
        (_LA, -5, "THB", "\u22120.05\u00a0฿"),
        (_LA, 10**18, None, "1.000.000.000.000.000.000\u00a0₭"),
    ],
)
def test_money_is_written_as_people_write_it(
    profile: Profile, minor: int, code: str | None, written: str
) -> None:
    assert Formats(profile, "lo").money(minor, code) == written


def test_money_of_an_unknown_currency_is_refused() -> None:
    with pytest.raises(KeyError):
        Formats(_LA, "lo").money(1, "XXX")


@pytest.mark.parametrize(
    ("language", "spoken"), [("lo", "25000 ລາວ ກີບ"), ("en", "25000 Laotian Kip")]
)
def test_money_is_spoken_without_dots_and_with_the_currencys_name(
    language: str, spoken: str
) -> None:
    assert Formats(_LA, language).spoken(25_000) == spoken


@given(st.integers(-(10**18), 10**18))
def test_no_digit_of_an_amount_is_lost_or_made_up(minor: int) -> None:
    for code in (None, "THB", "USD"):
        digits = "".join(sign for sign in Formats(_LA, "en").digits(minor, code) if sign.isdigit())
        assert int(digits) == abs(minor)


@given(st.integers(0, 10**15))
def test_a_number_reads_back_as_itself(value: int) -> None:
    assert int(Formats(_VN, "vi").number(value).replace(".", "")) == value


def test_a_moment_is_local_to_the_country_and_not_to_the_server() -> None:
    at = Instant.parse("2026-12-31T18:30:05Z")
    assert Formats(_LA, "en").clock_time(at) == "01:30"
    assert Formats(_LA, "en").clock_seconds(at) == "01:30:05"
    assert Formats(_LA, "en").day(at) == "January 1, 2027"
    assert Formats(_VN, "vi").moment(at) == "1 tháng 1, 2027, 01:30"


def test_lao_months_have_lao_names() -> None:
    assert Formats(_LA, "lo").day(Instant.parse("2026-11-22T00:00:00Z")) == "22 ພະຈິກ 2026"
