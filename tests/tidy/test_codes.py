"""Codes are promises to other people's programs: one meaning each, in a range of its room's own."""

from __future__ import annotations

from collections import Counter
from difflib import unified_diff
from typing import Final

from spec.make_codes import PAGE, entries, page

RANGES: Final = {
    "kernel": range(1000, 2000),
    "ledger": range(2000, 3000),
    "payments": range(3000, 3500),
    "payments.qr": range(3500, 4000),
    "keys": range(4000, 5000),
    "storage": range(5000, 6000),
    "journal": range(6000, 7000),
    "web": range(7000, 8000),
}
_ACTORS: Final = {"payer", "payee", "caller", "institution", "operator"}


def test_the_page_of_codes_is_what_the_rooms_say() -> None:
    written, made = PAGE.read_text("utf-8").splitlines(), page().splitlines()
    assert not list(unified_diff(written, made, lineterm="", n=0)), "run: make codes"


def test_no_code_and_no_slug_is_given_twice() -> None:
    codes = Counter(entry.code for entry in entries())
    slugs = Counter(entry.slug for entry in entries())
    assert not [code for code, count in codes.items() if count > 1]
    assert not [slug for slug, count in slugs.items() if count > 1]


def test_every_code_is_in_the_range_of_its_room() -> None:
    outside = [
        entry.slug for entry in entries() if entry.code not in RANGES.get(entry.room, range(0))
    ]
    assert not outside


def test_every_slug_begins_with_the_name_of_its_room() -> None:
    strange = [
        entry.slug
        for entry in entries()
        if entry.slug.partition(".")[0] not in {entry.room, entry.room.rpartition(".")[2]}
    ]
    assert not strange


def test_every_code_says_which_of_the_known_actors_must_act() -> None:
    assert {entry.who for entry in entries()} <= _ACTORS
