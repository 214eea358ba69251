"""Ids: version 7, in order of time, written in one form."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.ids import SystemIds, parse_uuid7, uuid7
from nagara.kernel.instant import Instant, SystemClock
from nagara.kernel.refusals import Malformed

MILLIS = st.integers(0, 2**48 - 1)
RANDOM = st.integers(0, 2**74 - 1)
GOOD = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562 appendix A.6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD[:-1],
        "urn:uuid:" + GOOD,
        "{" + GOOD + "}",
        GOOD.replace("-", ""),
        "{017f22e2-79b07cc398c4-dc0c0c07398f}",
        "017f22e279b0-7cc3-98c4-dc0c0c0-7398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07_98f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398٣",
        "0x7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        None,
        7,
    ],
    ids=repr,
)
def test_an_id_is_refused_when_it_is_not_a_uuid_of_version_7(text: object) -> None:
    with pytest.raises(Malformed):
        parse_uuid7(text, "id")  # type: ignore[arg-type]


def test_the_example_of_the_standard_is_made_from_its_parts() -> None:
    random = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert str(uuid7(Instant(1_645_557_742_000_000), random)) == GOOD


def test_an_id_is_read_in_either_case_as_the_same_id() -> None:
    assert parse_uuid7(GOOD, "id") == parse_uuid7(GOOD.upper(), "id") == UUID(GOOD)


@given(MILLIS, RANDOM)
def test_every_id_is_of_version_7_and_is_read_back(millis: int, random: int) -> None:
    made = uuid7(Instant(millis * 1000), random)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert parse_uuid7(str(made), "id") == made


@given(MILLIS, MILLIS, RANDOM, RANDOM)
def test_ids_have_the_order_of_their_milliseconds(one: int, other: int, a: int, b: int) -> None:
    if one < other:
        assert uuid7(Instant(one * 1000), a) < uuid7(Instant(other * 1000), b)


@given(MILLIS, RANDOM, RANDOM)
def test_two_ids_of_one_millisecond_differ_when_their_randomness_does(
    ms: int, a: int, b: int
) -> None:
    assert (uuid7(Instant(ms * 1000), a) == uuid7(Instant(ms * 1000), b)) == (a == b)


def test_the_system_does_not_give_an_id_twice() -> None:
    source = SystemIds(SystemClock())
    assert len({source.new() for _ in range(1000)}) == 1000
