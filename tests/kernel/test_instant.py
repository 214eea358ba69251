"""Instants: microseconds in, the same text out, and every other text refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.instant import DAY, SECOND, Instant, SystemClock

YEAR_9999 = 253_402_300_799 * SECOND
MOMENTS = st.integers(-30_000_000_000 * SECOND, YEAR_9999)  # from the year 1019


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22 10:00:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00.1234567Z",
        "2026-11-22T10:00:00+0700",
        "2026-11-22T24:00:01Z",
        "2026-11-22T10:00:60Z",
        "2026-02-30T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00Z\n",
        "٢٠٢٦-11-22T10:00:00Z",
        "20261122T100000Z",
    ],
)
def test_an_instant_is_refused_when_it_is_not_rfc_3339(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Instant.parse(text)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01z", SECOND),
        ("1970-01-01T07:00:00.5+07:00", 500_000),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),  # RFC 3339 section 5.8
        ("1996-12-19T16:39:57-08:00", 851_042_397 * SECOND),  # RFC 3339 section 5.8
    ],
)
def test_rfc_3339_text_is_read_to_the_microsecond(text: str, micros: int) -> None:
    assert Instant.parse(text).micros == micros


@given(MOMENTS)
def test_an_instant_written_down_is_read_back_the_same(micros: int) -> None:
    written = str(Instant(micros))
    assert len(written) == len("2026-11-22T10:00:00.000000Z")
    assert Instant.parse(written).micros == micros


@given(MOMENTS, MOMENTS)
def test_instants_and_their_texts_have_the_same_order(one: int, other: int) -> None:
    earlier, later = sorted((Instant(one), Instant(other)))
    assert str(earlier) <= str(later)


@given(MOMENTS)
def test_a_database_gives_back_the_instant_it_was_given(micros: int) -> None:
    instant = Instant(micros)
    assert Instant.from_datetime(instant.datetime()) == instant
    assert instant.datetime().tzinfo is UTC


@given(MOMENTS, st.integers(-10_000_000, 10_000_000))
def test_moving_by_seconds_and_back_changes_nothing(micros: int, seconds: int) -> None:
    assert Instant(micros).plus_seconds(seconds).plus_seconds(-seconds) == Instant(micros)


def test_seconds_are_rounded_down_before_the_epoch_too() -> None:
    assert Instant(-1).seconds == -1
    assert Instant(SECOND - 1).seconds == 0
    assert Instant.from_seconds(5) == Instant(5 * SECOND)


@pytest.mark.parametrize(("offset", "day"), [(0, 0), (7 * 60, 1), (-1, -1)])
def test_the_civil_day_changes_at_local_midnight(offset: int, day: int) -> None:
    moment = DAY - 7 * 3600 * SECOND if offset == 7 * 60 else 0
    assert Instant(moment).day(offset) == day
    assert Instant(moment - 1).day(offset) == day - (offset != -1)


def test_the_system_clock_is_in_this_age() -> None:
    assert Instant.from_datetime(datetime(2025, 1, 1, tzinfo=UTC)) < SystemClock().now()
