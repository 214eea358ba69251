"""Whose wish of a language wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.web.pages.language import choose_language

_OFFERED = ("lo", "en", "vi")


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "chosen"),
    [
        ("vi", "en", "lo", "vi"),
        (None, "en", "lo", "en"),
        (None, None, "vi", "vi"),
        (None, None, "", "lo"),
        ("xx", None, "", "lo"),
        ("xx", "yy", "vi", "vi"),
        ("", "", "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        (None, None, "th-TH,th;q=0.9,en;q=0.5,vi;q=0.7", "vi"),
        (None, None, "en;q=0, vi;q=0.1", "vi"),
        (None, None, "en;q=2, vi;q=nan, lo;q=x", "lo"),
        (None, None, "*", "lo"),
        ("<script>", "../../etc", "\x00", "lo"),
    ],
)
def test_the_persons_own_wish_wins_and_unknown_ones_are_passed_over(
    query: str | None, cookie: str | None, accept: str, chosen: str
) -> None:
    assert choose_language(_OFFERED, query, cookie, accept) == chosen


def test_wishes_beyond_the_limit_are_not_read() -> None:
    assert choose_language(_OFFERED, None, None, "xx," * 20 + "vi") == "lo"


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice(accept: str) -> None:
    assert choose_language(_OFFERED, None, None, accept) in _OFFERED
