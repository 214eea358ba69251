"""Proofs under attack: what is not just what was issued proves nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.merkle import ics23, log, proofs
from nagara.chain.merkle.proofs import (
    LogConsistency,
    LogHead,
    LogInclusion,
    OtherLeaf,
    StateProof,
    verify_absent,
    verify_consistency,
    verify_inclusion,
    verify_present,
)
from nagara.kernel.canonical import cbor
from nagara.kernel.errors import Refusal
from tests.chain.merkle.definition import digest, log_path, log_proof, log_root
from tests.chain.merkle.shelf import Shelf

LEAVES = [log.leaf_hash(bytes((number,))) for number in range(13)]
HEAD = LogHead(13, log_root(LEAVES))
PAST = LogHead(6, log_root(LEAVES[:6]))
STATE = {b"%d" % number: b"value of %d" % number for number in range(200)}


@pytest.fixture(scope="module")
def state() -> Shelf:
    shelf = Shelf()
    shelf.apply(STATE)
    return shelf


def _absent(state: Shelf, *, beside_a_leaf: bool) -> bytes:
    """A key whose place is empty, or taken by another leaf."""
    keys = (b"nobody %d" % number for number in range(1_000))
    return next(key for key in keys if (state.prove(key).other is not None) == beside_a_leaf)


def _survivors(encoded: bytes, holds: Callable[[bytes], bool]) -> list[tuple[int, int]]:
    """Where a byte can be another and the proof still holds."""
    assert holds(encoded)
    found = []
    for at in range(len(encoded)):
        for flip in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            changed = encoded[:at] + bytes((encoded[at] ^ flip,)) + encoded[at + 1 :]
            try:
                if holds(changed):
                    found.append((at, flip))
            except Refusal:
                continue
    return found


@pytest.mark.parametrize("index", range(13))
def test_no_byte_of_an_inclusion_proof_can_be_another(index: int) -> None:
    proof = LogInclusion(index, log_path(index, LEAVES))

    def holds(encoded: bytes) -> bool:
        return verify_inclusion(LogInclusion.decoded(encoded), LEAVES[index], HEAD)

    assert not _survivors(proof.encoded(), holds)


@pytest.mark.parametrize("older", range(1, 13))
def test_no_byte_of_a_consistency_proof_can_be_another(older: int) -> None:
    proof = LogConsistency(log_proof(older, LEAVES))
    past = LogHead(older, log_root(LEAVES[:older]))

    def holds(encoded: bytes) -> bool:
        return verify_consistency(LogConsistency.decoded(encoded), past, HEAD)

    assert not _survivors(proof.encoded(), holds)


def test_no_byte_of_a_proof_of_presence_can_be_another(state: Shelf) -> None:
    for key in list(STATE)[:20]:

        def holds(encoded: bytes, key: bytes = key) -> bool:
            return verify_present(StateProof.decoded(encoded), key, STATE[key], state.root)

        assert not _survivors(state.prove(key).encoded(), holds)


@pytest.mark.parametrize("beside_a_leaf", [False, True])
def test_no_byte_of_a_proof_of_absence_can_be_another(state: Shelf, *, beside_a_leaf: bool) -> None:
    key = _absent(state, beside_a_leaf=beside_a_leaf)

    def holds(encoded: bytes) -> bool:
        return verify_absent(StateProof.decoded(encoded), key, state.root)

    assert not _survivors(state.prove(key).encoded(), holds)


def test_presence_and_absence_exclude_each_other(state: Shelf) -> None:
    for key, value in STATE.items():
        proof = state.prove(key)
        assert verify_present(proof, key, value, state.root)
        assert not verify_absent(proof, key, state.root)
        own = OtherLeaf(digest(key), digest(value))
        assert not verify_absent(replace(proof, other=own), key, state.root)
        for shorter in range(len(proof.siblings)):
            assert not verify_absent(StateProof(proof.siblings[:shorter]), key, state.root)


def test_a_leaf_elsewhere_does_not_prove_absence(state: Shelf) -> None:
    """The proof of one key with its own leaf as the other one, told of every key."""
    lent, value = next(iter(STATE.items()))
    proof = replace(state.prove(lent), other=OtherLeaf(digest(lent), digest(value)))
    believed = [key for key in STATE if verify_absent(proof, key, state.root)]
    assert not believed


def test_a_leaf_that_stands_where_it_does_not_belong_proves_no_absence() -> None:
    """A tree with a leaf on the wrong side, which no honest tree has."""
    keys = [b"%d" % number for number in range(100)]
    right = next(key for key in keys if digest(key)[0] >= 128)
    left = next(key for key in keys if digest(key)[0] < 128)
    other = OtherLeaf(digest(right), digest(b"v"))
    leaf = digest(b"\x00", other.key_hash, other.value_hash)
    root = digest(b"\x01", leaf, bytes(32))
    assert not verify_absent(StateProof((bytes(32),), other), left, root)


def test_a_proof_is_of_one_value_one_key_and_one_root(state: Shelf) -> None:
    key, other = list(STATE)[:2]
    proof = state.prove(key)
    assert not verify_present(proof, key, STATE[other], state.root)
    assert not verify_present(proof, other, STATE[key], state.root)
    assert not verify_present(proof, key, STATE[key], digest(state.root))


def test_a_node_of_the_state_is_no_leaf_of_it(state: Shelf) -> None:
    """An inner node offered as a leaf: its first byte is another one."""
    proof = state.prove(next(iter(STATE)))
    for shorter in range(len(proof.siblings)):
        cut = proof.siblings[:shorter]
        other = OtherLeaf(proof.siblings[shorter], proof.siblings[shorter])
        key = _absent(state, beside_a_leaf=False)
        assert not verify_absent(StateProof(cut, other), key, state.root)


def test_the_same_path_does_not_serve_a_log_of_another_size() -> None:
    path = log_path(0, LEAVES[:3])
    assert len(path) == len(log_path(0, LEAVES[:4]))
    proof = LogInclusion(0, path)
    assert verify_inclusion(proof, LEAVES[0], LogHead(3, log_root(LEAVES[:3])))
    assert not verify_inclusion(proof, LEAVES[0], LogHead(4, log_root(LEAVES[:4])))


@pytest.mark.parametrize(
    "head", [LogHead(0, HEAD.root), LogHead(13, HEAD.root[:-1]), LogHead(1 << 70, HEAD.root)]
)
def test_a_head_that_cannot_be_proves_nothing(head: LogHead) -> None:
    assert not verify_inclusion(LogInclusion(0, log_path(0, LEAVES)), LEAVES[0], head)
    assert not verify_consistency(LogConsistency(log_proof(6, LEAVES)), PAST, head)
    assert not verify_consistency(LogConsistency(()), LogHead(0, digest()), HEAD)


def test_a_log_does_not_shrink_and_does_not_change_at_one_size() -> None:
    assert not verify_consistency(LogConsistency(log_proof(6, LEAVES)), HEAD, PAST)
    assert not verify_consistency(LogConsistency(()), PAST, LogHead(6, digest()))
    assert verify_consistency(LogConsistency(()), PAST, PAST)


HASH = b"\x07" * 32


@pytest.mark.parametrize(
    "members",
    [
        [],
        [True, b"", b"", b""],
        [0, b"", b"", b"", b""],
        [257, b"\xff" * 33, HASH * 257, b""],
        [1, b"\x80", HASH[:-1], b""],
        [1, b"\x80", b"", b""],
        [1, b"\x80", bytes(32), b""],
        [1, b"\xc0", HASH, b""],
        [1, b"\x80\x00", HASH, b""],
        [1, b"\x80", HASH, HASH],
        {1: 1},
    ],
)
def test_a_state_proof_of_another_form_is_refused(members: object) -> None:
    with pytest.raises(Refusal):
        StateProof.decoded(cbor(members))


@pytest.mark.parametrize("members", [[True, b""], [0, b"\x00"], [0], b"\x00", {}])
def test_a_log_proof_of_another_form_is_refused(members: object) -> None:
    with pytest.raises(Refusal):
        LogInclusion.decoded(cbor(members))
    with pytest.raises(Refusal):
        LogConsistency.decoded(cbor(members))


@given(st.binary(max_size=300))
def test_chance_bytes_are_refused_or_written_again_as_they_were(data: bytes) -> None:
    for form in (StateProof, LogInclusion, LogConsistency):
        try:
            assert form.decoded(data).encoded() == data
        except Refusal:
            continue


def test_a_proof_that_is_larger_than_any_proof_is_refused_unread() -> None:
    deepest = StateProof((HASH,) * 256, OtherLeaf(HASH, HASH))
    assert StateProof.decoded(deepest.encoded()) == deepest
    assert len(deepest.encoded()) <= proofs.PROOF_SIZE_MAX
    with pytest.raises(Refusal):
        StateProof.decoded(bytes(proofs.PROOF_SIZE_MAX + 1))


def test_checking_imports_nothing_of_the_trees() -> None:
    for module in (proofs, ics23):
        assert module.__file__ is not None
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        taken = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not [name for name in taken if name and name.startswith("nagara.chain")]
