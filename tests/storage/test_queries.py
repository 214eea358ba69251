"""The form of `queries.sql`: every statement has a name, a purpose and an end."""

from __future__ import annotations

import pytest

from nagara.storage import load_queries
from nagara.storage.queries import STATEMENT_CHARS_MAX, parse_queries


def test_statements_are_found_by_name_without_their_closing_semicolon() -> None:
    queries = parse_queries(
        "-- of a room\n\n-- name: one\n-- Why one.\nSELECT 1;\n\n"
        "-- name: two\n-- Why two.\nSELECT %(x)s\n-- inside\n;\n"
    )
    assert dict(queries) == {"one": "SELECT 1", "two": "SELECT %(x)s\n-- inside\n"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1;\n-- name: a\n-- b\nSELECT 1;", "before the first"),
        ("-- name: a b\n-- why\nSELECT 1;", "not a name"),
        ("-- name: a\nSELECT 1;", "line of purpose"),
        ("-- name: a\n-- why\n", "line of purpose"),
        ("-- name: a\n-- why\nSELECT 1;\n-- name: a\n-- why\nSELECT 1;", "two queries"),
        (f"-- name: a\n-- why\nSELECT '{'x' * STATEMENT_CHARS_MAX}';", "over 4096"),
    ],
)
def test_a_file_which_breaks_the_form_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_queries(text)


def test_storage_finds_its_own_statements() -> None:
    assert "head" in load_queries("nagara.storage")
