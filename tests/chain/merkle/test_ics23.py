"""Proofs in the form of ICS-23, ours and those that an attacker makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.merkle import ics23, smt
from nagara.chain.merkle.ics23 import (
    SMT,
    TENDERMINT,
    Existence,
    InnerOp,
    LeafOp,
    NonExistence,
    verify_existence,
    verify_non_existence,
)
from nagara.kernel.errors import Refusal
from tests.chain.merkle.definition import digest
from tests.chain.merkle.shelf import Shelf

STATE = {b"%d" % number: b"value of %d" % number for number in range(60)}
NOBODY = [b"nobody %d" % number for number in range(60)]


@pytest.fixture(scope="module")
def state() -> Shelf:
    shelf = Shelf()
    shelf.apply(STATE)
    return shelf


def _present(state: Shelf, key: bytes) -> Existence:
    return ics23.existence(key, STATE[key], state.prove(key).siblings)


def _absent(state: Shelf, key: bytes) -> NonExistence:
    own = digest(key)
    sides = (smt.leaves_down(state.read, state.top, own), smt.leaves(state.read, state.top, own))
    left, right = (next(side, None) for side in sides)
    return NonExistence(key, *(_at(state, leaf) if leaf else None for leaf in (left, right)))


def _at(state: Shelf, leaf: tuple[int, bytes, bytes, bytes]) -> Existence:
    return _present(state, state.leaves[leaf[2] + leaf[3]][0])


def _ordered() -> list[bytes]:
    return sorted(STATE, key=digest)


def test_each_key_is_proved_and_each_other_key_is_proved_absent(state: Shelf) -> None:
    for key, value in STATE.items():
        assert verify_existence(SMT, _present(state, key), key, value, state.root)
    for key in NOBODY:
        assert verify_non_existence(SMT, _absent(state, key), key, state.root)


def test_a_key_beyond_the_outermost_leaf_needs_one_neighbour_only(state: Shelf) -> None:
    first, last = _ordered()[0], _ordered()[-1]
    keys = [b"%d" % number for number in range(1_000, 20_000)]
    low = next(key for key in keys if digest(key) < digest(first))
    high = next(key for key in keys if digest(key) > digest(last))
    assert _absent(state, low).left is None
    assert _absent(state, high).right is None
    for key in (low, high):
        assert verify_non_existence(SMT, _absent(state, key), key, state.root)


def test_two_leaves_with_another_between_them_prove_no_absence(state: Shelf) -> None:
    ordered = _ordered()
    for left, hidden, right in zip(ordered, ordered[1:], ordered[2:], strict=False):
        proof = NonExistence(hidden, _present(state, left), _present(state, right))
        assert not verify_non_existence(SMT, proof, hidden, state.root)


def test_one_neighbour_proves_no_absence_where_leaves_stand_beyond_it(state: Shelf) -> None:
    ordered = _ordered()
    for at, key in enumerate(ordered[:-1]):
        proof = NonExistence(key, None, _present(state, ordered[at + 1]))
        assert not verify_non_existence(SMT, proof, key, state.root)
    for at, key in enumerate(ordered[1:]):
        proof = NonExistence(key, _present(state, ordered[at]), None)
        assert not verify_non_existence(SMT, proof, key, state.root)


def test_neighbours_the_wrong_way_round_or_none_prove_nothing(state: Shelf) -> None:
    key = next(one for one in NOBODY if _absent(state, one).left and _absent(state, one).right)
    proof = _absent(state, key)
    turned = NonExistence(key, proof.right, proof.left)
    assert not verify_non_existence(SMT, turned, key, state.root)
    assert not verify_non_existence(SMT, NonExistence(key, None, None), key, state.root)
    assert not verify_non_existence(SMT, replace(proof, key=b"else"), key, state.root)


@pytest.mark.parametrize(
    "leaf",
    [
        LeafOp(),
        replace(SMT.leaf, prefix=b""),
        replace(SMT.leaf, prefix=b"\x00\x00"),
        replace(SMT.leaf, hash=2),
        replace(SMT.leaf, length=1),
    ],
)
def test_a_leaf_made_in_another_way_is_refused(state: Shelf, leaf: LeafOp) -> None:
    key = _ordered()[0]
    proof = replace(_present(state, key), leaf=leaf)
    assert not verify_existence(SMT, proof, key, STATE[key], state.root)


def test_a_step_that_is_no_node_of_the_tree_is_refused() -> None:
    """Steps which hide a leaf, lengthen a prefix or stand between no two children."""
    key, value, beside = b"k", b"v", bytes(range(32))
    leaf = digest(b"\x00", digest(key), digest(value))
    for prefix, suffix in [
        (b"\x00", beside),
        (b"\x01", b""),
        (b"", beside),
        (b"\x01\x01", beside),
        (b"\x01", beside * 2),
        (b"\x01" + beside, beside),
    ]:
        proof = Existence(key, value, SMT.leaf, (InnerOp(prefix, suffix),))
        root = digest(prefix, leaf, suffix)
        assert not verify_existence(SMT, proof, key, value, root)
    step = InnerOp(b"\x01", beside)
    root = digest(b"\x01", leaf, beside)
    fair = Existence(key, value, SMT.leaf, (step,))
    assert verify_existence(SMT, fair, key, value, root)
    blake = Existence(key, value, SMT.leaf, (replace(step, hash=8),))
    assert not verify_existence(SMT, blake, key, value, root)


def test_a_simple_tree_of_cometbft_is_read_with_its_own_format_only() -> None:
    left = digest(b"\x00", b"\x01a", b"\x20", digest(b"1"))
    right = digest(b"\x00", b"\x01c", b"\x20", digest(b"2"))
    root = digest(b"\x01", left, right)
    one = Existence(b"a", b"1", TENDERMINT.leaf, (InnerOp(b"\x01", right),))
    two = Existence(b"c", b"2", TENDERMINT.leaf, (InnerOp(b"\x01" + left, b""),))
    assert verify_existence(TENDERMINT, one, b"a", b"1", root)
    assert not verify_existence(SMT, one, b"a", b"1", root)
    assert verify_non_existence(TENDERMINT, NonExistence(b"b", one, two), b"b", root)
    assert not verify_non_existence(TENDERMINT, NonExistence(b"a", one, two), b"a", root)


def test_no_byte_of_an_encoded_proof_can_be_another(state: Shelf) -> None:
    present, absent = _ordered()[7], NOBODY[0]
    for proof in (_present(state, present), _absent(state, absent)):
        encoded = ics23.encoded(proof)
        assert ics23.decoded(encoded) == proof
        for at in range(len(encoded)):
            for flip in (1, 16, 128, 255):
                changed = encoded[:at] + bytes((encoded[at] ^ flip,)) + encoded[at + 1 :]
                assert not _holds(state, changed, present, absent)


def _holds(state: Shelf, encoded: bytes, present: bytes, absent: bytes) -> bool:
    try:
        proof = ics23.decoded(encoded)
    except Refusal:
        return False
    if isinstance(proof, Existence):
        return verify_existence(SMT, proof, present, STATE[present], state.root)
    return verify_non_existence(SMT, proof, absent, state.root)


@given(st.binary(max_size=200))
def test_chance_bytes_are_refused_or_written_again_as_they_were(data: bytes) -> None:
    try:
        assert ics23.encoded(ics23.decoded(data)) == data
    except Refusal:
        return


@pytest.mark.parametrize(
    "odd",
    [
        b"\x0a\x80\x00",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x12\x02\x12\x00",
        b"\x1a\x00",
        b"\x08\x01",
        b"\x0a\x03\x1a\x01\x00",
        bytes(ics23.SIZE_MAX + 1),
    ],
)
def test_bytes_of_another_form_are_refused(odd: bytes) -> None:
    with pytest.raises(Refusal):
        ics23.decoded(odd)
