"""Trees of other hands make the roots that we make, and believe our proofs and no others.

Go modules `github.com/transparency-dev/merkle` (RFC 6962, with its reference log) and
`github.com/celestiaorg/smt` (the tree that ICS-23 calls `smt`); npm `@confio/ics23`. Versions:
go.mod and package-lock.json here. Nothing of theirs is in this repository.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from nagara.chain.merkle import ics23, log, smt
from nagara.chain.merkle.ics23 import Existence, InnerOp, NonExistence
from nagara.chain.merkle.proofs import (
    LogConsistency,
    LogHead,
    LogInclusion,
    StateProof,
    verify_consistency,
    verify_inclusion,
)
from tests.chain.merkle.definition import digest
from tests.chain.merkle.shelf import Shelf
from tests.foreign.merkle.peers import ask_go, ask_node

SIZE = 33
LEAVES = [log.leaf_hash(b"%d" % number) for number in range(SIZE)]
STATE = {b"%d" % number: b"value of %d" % number for number in range(300)}
NOBODY = [b"nobody %d" % number for number in range(100)]


def _log() -> tuple[log.Held, list[LogHead]]:
    grown = log.append(log.Frontier(), LEAVES)
    nodes = {
        (level, index): node
        for level, (first, row) in enumerate(grown.rows)
        for index, node in enumerate(row, start=first)
    }

    def held(level: int, index: int) -> bytes:
        return nodes[level, index]

    return held, [log.head(held, size) for size in range(SIZE + 1)]


def _state() -> Shelf:
    shelf = Shelf()
    shelf.apply(STATE)
    return shelf


def _hexes(words: tuple[bytes, ...]) -> list[str]:
    return [word.hex() for word in words]


def test_the_reference_log_of_rfc_6962_has_our_roots() -> None:
    said = ask_go({})
    leaves = [log.leaf_hash(bytes.fromhex(entry)) for entry in said["LogEntries"]]
    assert len(leaves) == 8
    heads = [log.append(log.Frontier(), leaves[:size]).frontier.head for size in range(9)]
    assert [head.root.hex() for head in heads] == said["LogRoots"]


def _inclusions(chance: random.Random) -> list[dict[str, Any]]:
    """Fair questions, and the same with one thing changed."""
    held, heads = _log()
    asked = []
    for size in range(1, SIZE + 1):
        for index in range(size):
            path = list(log.inclusion(held, index, size).path)
            fair = {"Index": index, "Size": size, "Leaf": LEAVES[index].hex()}
            fair |= {"Root": heads[size].root.hex(), "Path": _hexes(tuple(path))}
            asked.append(fair)
            asked.append(fair | {"Index": chance.randrange(size)})
            asked.append(fair | {"Size": chance.randrange(index + 1, SIZE + 1)})
            chance.shuffle(path)
            asked.append(fair | {"Path": _hexes(tuple(path[chance.randrange(2) :]))})
    return asked


def _consistencies(chance: random.Random) -> list[dict[str, Any]]:
    held, heads = _log()
    asked = []
    for newer in range(1, SIZE + 1):
        for older in range(1, newer + 1):
            path = list(log.consistency(held, older, newer).path)
            fair = {"Older": older, "OlderRoot": heads[older].root.hex(), "Newer": newer}
            fair |= {"NewerRoot": heads[newer].root.hex(), "Path": _hexes(tuple(path))}
            asked.append(fair)
            asked.append(fair | {"Older": chance.randrange(1, newer + 1)})
            asked.append(fair | {"Newer": chance.randrange(older, SIZE + 1)})
            chance.shuffle(path)
            asked.append(fair | {"Path": _hexes(tuple(path[chance.randrange(2) :]))})
    return asked


def test_a_peer_and_we_believe_the_same_proofs_of_a_log() -> None:
    chance = random.Random(4)
    inclusions, consistencies = _inclusions(chance), _consistencies(chance)
    said = ask_go({"Inclusions": inclusions, "Consistencies": consistencies})
    ours = [
        verify_inclusion(
            LogInclusion(one["Index"], tuple(map(bytes.fromhex, one["Path"]))),
            bytes.fromhex(one["Leaf"]),
            LogHead(one["Size"], bytes.fromhex(one["Root"])),
        )
        for one in inclusions
    ]
    assert said["Inclusions"] == ours
    assert all(ours[::4])
    ours = [
        verify_consistency(
            LogConsistency(tuple(map(bytes.fromhex, one["Path"]))),
            LogHead(one["Older"], bytes.fromhex(one["OlderRoot"])),
            LogHead(one["Newer"], bytes.fromhex(one["NewerRoot"])),
        )
        for one in consistencies
    ]
    assert said["Consistencies"] == ours
    assert all(ours[::4])
    assert not all(ours)


def test_a_peer_comes_to_our_state_root_after_every_change() -> None:
    chance, shelf = random.Random(6), Shelf()
    changes, roots, present = [], [], set[bytes]()
    for _ in range(600):
        key = chance.choice(list(STATE))
        value = chance.randbytes(5)
        if key in present and chance.random() < 0.5:
            value = b""
            present.discard(key)
        else:
            present.add(key)
        changes.append([key.hex(), value.hex()])
        shelf.apply({key: value or None})
        roots.append(shelf.root.hex())
    assert ask_go({"Changes": changes})["StateRoots"] == roots


def _asked(shelf: Shelf, key: bytes, value: bytes, proof: StateProof) -> dict[str, Any]:
    other = proof.other.key_hash + proof.other.value_hash if proof.other else b""
    asked = {"Root": shelf.root.hex(), "Key": key.hex(), "Value": value.hex()}
    return asked | {"Other": other.hex(), "Siblings": _hexes(proof.siblings)}


def test_a_peer_believes_each_proof_of_the_state_and_not_its_opposite() -> None:
    shelf = _state()
    fair = [_asked(shelf, key, value, shelf.prove(key)) for key, value in STATE.items()]
    fair += [_asked(shelf, key, b"", shelf.prove(key)) for key in NOBODY]
    opposite = [_asked(shelf, key, b"", shelf.prove(key)) for key in STATE]
    opposite += [_asked(shelf, key, b"v", shelf.prove(key)) for key in NOBODY]
    said = ask_go({"States": fair + opposite})["States"]
    assert said == [True] * len(fair) + [False] * len(opposite)


def _neighbour(shelf: Shelf, leaf: tuple[int, bytes, bytes, bytes] | None) -> Existence | None:
    if leaf is None:
        return None
    key, value = shelf.leaves[leaf[2] + leaf[3]]
    return ics23.existence(key, value, shelf.prove(key).siblings)


def _as_hashed(proof: Existence | None) -> Existence | None:
    """The same proof with its key as it lies in the tree.

    The peer has no word for keys that are hashed before they are compared: it takes hashes as keys.
    """
    if proof is None:
        return None
    leaf = replace(proof.leaf, prehash_key=ics23.NO_HASH)
    return replace(proof, key=digest(proof.key), leaf=leaf)


def _absent(shelf: Shelf, key: bytes) -> NonExistence:
    own = digest(key)
    sides = (smt.leaves_down(shelf.read, shelf.top, own), smt.leaves(shelf.read, shelf.top, own))
    left, right = (_as_hashed(_neighbour(shelf, next(side, None))) for side in sides)
    return NonExistence(own, left, right)


def _steps(proof: NonExistence) -> list[InnerOp]:
    return [step for side in (proof.left, proof.right) if side for step in side.path]


def test_a_peer_reads_our_proofs_of_presence_in_the_form_of_ics_23() -> None:
    shelf, asked = _state(), []
    for key, value in STATE.items():
        proof = _as_hashed(ics23.existence(key, value, shelf.prove(key).siblings))
        assert proof is not None
        fair = {"proof": ics23.encoded(proof).hex(), "key": digest(key).hex()}
        fair |= {"root": shelf.root.hex(), "value": value.hex()}
        asked += [fair, fair | {"value": b"else".hex()}, fair | {"root": digest().hex()}]
    assert ask_node(asked) == [True, False, False] * len(STATE)


def test_a_peer_reads_our_proofs_of_absence_in_the_form_of_ics_23() -> None:
    """Where nothing is beside a step: this version of the peer does not know an empty child."""
    shelf, asked = _state(), []
    for key in NOBODY:
        proof = _absent(shelf, key)
        if any(bytes(32) in {step.prefix[1:], step.suffix} for step in _steps(proof)):
            continue
        shown = proof.left or proof.right
        assert shown is not None
        fair = {"proof": ics23.encoded(proof).hex(), "key": proof.key.hex(), "value": ""}
        fair |= {"root": shelf.root.hex()}
        asked += [fair, fair | {"key": shown.key.hex()}, fair | {"root": digest().hex()}]
    assert len(asked) > len(NOBODY)
    assert ask_node(asked) == [True, False, False] * (len(asked) // 3)
