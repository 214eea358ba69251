"""Snapshots: the same bytes from everybody, and nothing believed but the whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from nagara.chain.merkle import log, snapshot
from nagara.chain.merkle.store import MerkleStore
from nagara.chain.merkle.view import Version
from nagara.kernel.canonical import cbor
from nagara.kernel.errors import Refusal
from nagara.kernel.refusals import NotFound

LEAVES = [log.leaf_hash(b"%d" % number) for number in range(700)]
STATE = {b"k%d" % number: b"v%d" % number for number in range(2_000)}


@pytest.fixture
def full(tmp_path: Path) -> Iterator[MerkleStore]:
    store = MerkleStore(tmp_path / "full")
    names = sorted(STATE)
    for at in range(0, len(names), 500):
        part = {name: STATE[name] for name in names[at : at + 500]}
        store.write(store.draft(part, {"land": LEAVES[at // 4 : at // 4 + 125]}))
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[MerkleStore]:
    store = MerkleStore(tmp_path / "empty")
    yield store
    store.close()


def _chunks(store: MerkleStore) -> tuple[Version, list[bytes]]:
    with store.reading() as view:
        return view.version, list(snapshot.chunks(view, {"land": 500}))


def _in_pieces(chunks: list[bytes]) -> list[bytes]:
    """The same leaves in more chunks, as if each held less."""
    head, body = chunks
    pieces, at, piece = [head], 0, b""
    while at < len(body):
        size = int.from_bytes(body[at : at + 2]) + int.from_bytes(body[at + 2 : at + 6]) + 6
        piece += body[at : at + size]
        at += size
        if len(piece) > 5_000:
            pieces.append(piece)
            piece = b""
    return [*pieces, piece]


def test_a_version_taken_over_is_the_same_version_and_goes_on(
    full: MerkleStore, empty: MerkleStore
) -> None:
    version, chunks = _chunks(full)
    pieces = _in_pieces(chunks)
    assert len(pieces) > 5
    taken = snapshot.take_over(empty, version.number, version.root, pieces, version.note)
    assert taken == version
    assert _chunks(empty) == (version, chunks)
    changes: dict[bytes, bytes | None] = {b"k5": None, b"new": b"v", b"k6": b"w"}
    drafts = [store.draft(changes, {"land": LEAVES[500:]}) for store in (full, empty)]
    assert drafts[0].root == drafts[1].root
    assert drafts[0].head("land") == drafts[1].head("land")
    empty.write(drafts[1])
    empty.prune(drafts[1].number)
    with empty.reading() as view:
        assert dict(view.leaves()) == {
            key: value for key, value in {**STATE, **changes}.items() if value is not None
        }


def test_the_chunks_do_not_show_how_a_state_came_to_be(
    full: MerkleStore, empty: MerkleStore
) -> None:
    names = list(STATE)
    random.Random(1).shuffle(names)
    empty.write(empty.draft(dict.fromkeys(names[:900], b"before") | {b"passing": b"by"}))
    whole: dict[bytes, bytes | None] = {name: STATE[name] for name in names}
    empty.write(empty.draft(whole | {b"passing": None}, {"land": LEAVES[:500]}))
    assert _chunks(empty)[1] == _chunks(full)[1]


def test_a_log_taken_over_proves_what_came_later_and_says_what_it_lacks(
    full: MerkleStore, empty: MerkleStore
) -> None:
    version, chunks = _chunks(full)
    snapshot.take_over(empty, version.number, version.root, chunks)
    draft = empty.draft({}, {"land": LEAVES[500:]})
    empty.write(draft)
    full.write(full.draft({}, {"land": LEAVES[500:]}))
    with empty.reading() as view, full.reading() as complete:
        for index in range(500, 700, 9):
            proof = view.inclusion("land", index, 700)
            assert proof == complete.inclusion("land", index, 700)
        with pytest.raises(NotFound):
            view.inclusion("land", 3, 700)


def test_a_snapshot_with_any_byte_changed_is_refused_and_leaves_nothing(
    full: MerkleStore, empty: MerkleStore
) -> None:
    version, chunks = _chunks(full)
    body, chance = chunks[1], random.Random(2)
    for _ in range(40):
        at = chance.randrange(len(body))
        changed = body[:at] + bytes((body[at] ^ (1 << chance.randrange(8)),)) + body[at + 1 :]
        with pytest.raises(Refusal):
            snapshot.take_over(empty, version.number, version.root, [chunks[0], changed])
        with empty.reading() as view:
            assert view.version.number == 0
            assert not view.logs()
    assert snapshot.take_over(empty, version.number, version.root, chunks).root == version.root


def test_chunks_that_are_missing_turned_round_or_doubled_are_refused(
    full: MerkleStore, empty: MerkleStore
) -> None:
    version, chunks = _chunks(full)
    head, *rest = _in_pieces(chunks)
    for wrong in ([], [head], [head, *rest[:-1]], [head, *rest[::-1]], [head, *rest, rest[-1]]):
        with pytest.raises(Refusal):
            snapshot.take_over(empty, version.number, version.root, wrong)


@pytest.mark.parametrize(
    "first",
    [b"", cbor([]), cbor({"land": b"\0" * 7 + b"\1"}), cbor({1: b""}), cbor({"land": 3})],
)
def test_a_first_chunk_of_another_form_is_refused(empty: MerkleStore, first: bytes) -> None:
    with pytest.raises(Refusal):
        snapshot.take_over(empty, 1, bytes(32), [first])


def test_taking_over_replaces_what_was_there(full: MerkleStore, empty: MerkleStore) -> None:
    version, chunks = _chunks(full)
    empty.write(empty.draft({b"older": b"state"}, {"sea": LEAVES[:3]}))
    snapshot.take_over(empty, version.number, version.root, chunks)
    with empty.reading() as view:
        assert view.get(b"older") is None
        assert view.logs() == ("land",)
