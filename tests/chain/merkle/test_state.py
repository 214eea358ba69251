"""The state: its root is a function of the set alone, and it leaves behind just what it says."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.merkle import smt
from tests.chain.merkle import definition
from tests.chain.merkle.shelf import Shelf

KEYS = st.integers(0, 60).map(lambda number: b"key %d" % number)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(min_size=1, max_size=3), max_size=40)


def _after(state: dict[bytes, bytes], changes: dict[bytes, bytes | None]) -> dict[bytes, bytes]:
    merged = {**state, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _close_keys(count: int, bits: int) -> list[bytes]:
    """Keys whose hashes begin with the same bits."""
    found: list[bytes] = []
    number = 0
    while len(found) < count:
        key = b"%d" % number
        if int.from_bytes(definition.digest(key)) >> (256 - bits) == 0:
            found.append(key)
        number += 1
    return found


def test_an_empty_state_is_zeros_and_a_lone_leaf_is_its_own_root() -> None:
    shelf = Shelf()
    shelf.apply({})
    assert shelf.root == bytes(32)
    shelf.apply({b"k": b"v"})
    leaf = definition.digest(b"\x00", definition.digest(b"k"), definition.digest(b"v"))
    assert shelf.root == leaf


@given(st.lists(CHANGES, max_size=8))
def test_the_root_is_that_of_the_definition_after_every_batch(
    batches: list[dict[bytes, bytes | None]],
) -> None:
    shelf, state = Shelf(), dict[bytes, bytes]()
    for changes in batches:
        shelf.apply(changes)
        state = _after(state, changes)
        assert shelf.root == definition.state_root(state)
        assert dict(shelf.leaves.values()) == state


@given(st.lists(CHANGES, max_size=8))
def test_what_is_kept_is_what_a_walk_reaches_and_nothing_else(
    batches: list[dict[bytes, bytes | None]],
) -> None:
    shelf = Shelf()
    for changes in batches:
        shelf.apply(changes)
    reached: set[bytes] = set()

    def read(name: bytes) -> bytes:
        reached.add(name)
        return shelf.pages[name]

    walked = list(smt.leaves(read, shelf.top))
    assert reached == set(shelf.pages)
    assert [leaf[2] + leaf[3] for leaf in walked] == sorted(shelf.leaves, key=lambda name: name[8:])
    assert list(smt.leaves_down(read, shelf.top)) == walked[::-1]


@given(st.dictionaries(KEYS, st.binary(min_size=1), min_size=1), st.randoms())
def test_the_same_set_has_the_same_root_in_any_order_and_any_batches(
    state: dict[bytes, bytes], chance: random.Random
) -> None:
    whole, pieces = Shelf(), Shelf()
    whole.apply(state)
    keys = sorted(state)
    chance.shuffle(keys)
    pieces.apply({b"passing %d" % number: b"by" for number in range(20)})
    while keys:
        part = [keys.pop() for _ in range(min(len(keys), chance.randrange(1, 8)))]
        pieces.apply({key: state[key] for key in part})
    pieces.apply({b"passing %d" % number: None for number in range(20)})
    assert pieces.root == whole.root == definition.state_root(state)


@pytest.mark.parametrize("count", [2, 6, 7, 20])
def test_keys_that_agree_in_many_bits_stand_deep_and_leave_no_trace(count: int) -> None:
    shelf = Shelf()
    shelf.apply({b"other": b"1"})
    alone = shelf.root
    deep = dict.fromkeys(_close_keys(count, 12), b"v")
    shelf.apply(deep)
    assert shelf.root == definition.state_root({b"other": b"1", **deep})
    assert len(shelf.prove(next(iter(deep))).siblings) > 12
    shelf.apply(dict.fromkeys(deep, None))
    assert shelf.root == alone
    assert not shelf.pages


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    shelf = Shelf()
    shelf.apply({b"%d" % number: b"v" for number in range(100)})
    again: dict[bytes, bytes | None] = {b"%d" % number: b"v" for number in range(0, 100, 7)}
    grown = shelf.apply({**again, b"never there": None})
    nothing = (grown.pages, grown.leaves, grown.gone_pages, grown.gone_leaves)
    assert nothing == ((), (), (), ())


def test_a_batch_reads_and_writes_each_page_once() -> None:
    shelf = Shelf()
    shelf.apply({b"%d" % number: b"v" for number in range(3_000)})
    read: list[bytes] = []

    def reading(name: bytes) -> bytes:
        read.append(name)
        return shelf.pages[name]

    shelf.read = reading
    grown = shelf.apply({b"%d" % number: b"w" for number in range(500)})
    assert len(read) == len(set(read))
    places = [place for place, _ in grown.pages]
    assert len(places) == len(set(places))
    assert places == sorted(places)


@pytest.mark.parametrize("changes", [{b"": b"v"}, {b"k": b""}])
def test_an_empty_key_or_value_is_no_fact(changes: dict[bytes, bytes | None]) -> None:
    with pytest.raises(ValueError, match="one byte"):
        Shelf().apply(changes)


@pytest.mark.parametrize("backward", [False, True])
def test_a_walk_begins_at_any_place_whether_a_leaf_is_there_or_not(*, backward: bool) -> None:
    shelf = Shelf()
    shelf.apply({b"%d" % number: b"v" for number in range(300)})
    hashes = sorted(name[8:] for name in shelf.leaves)
    for number in range(0, 400, 7):
        start = definition.digest(b"%d" % number)
        if backward:
            walk, due = smt.leaves_down, [one for one in hashes[::-1] if one <= start]
        else:
            walk, due = smt.leaves, [one for one in hashes if one >= start]
        assert [leaf[3] for leaf in walk(shelf.read, shelf.top, start)] == due


# A set of names is walked in an order that the seed chooses; the bytes may not show it.
_DAY = """
from tests.chain.merkle.shelf import Shelf
shelf = Shelf()
names = {f"institution {number}" for number in range(400)}
for turn in range(4):
    shelf.apply({name.encode(): f"{turn} {name}".encode() for name in names})
    shelf.apply({name.encode(): None for name in names if str(turn) in name})
print(shelf.root.hex(), sorted(shelf.pages.items()), sorted(shelf.leaves))
"""


def test_the_bytes_are_the_same_whatever_seeds_the_hashes_of_python() -> None:
    told = set()
    for seed, place, zone in (("0", "C", "UTC"), ("1", "C.UTF-8", "Asia/Vientiane")):
        said = {"PYTHONHASHSEED": seed, "LC_ALL": place, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", _DAY],
            env=os.environ | said | {"PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            check=True,
            text=True,
        )
        told.add(done.stdout)
    assert len(told) == 1
