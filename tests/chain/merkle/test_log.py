"""The log: what its roots and paths are, however its leaves arrived."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.merkle import log
from nagara.chain.merkle.proofs import LogHead, verify_consistency, verify_inclusion
from tests.chain.merkle import definition

LEAVES = [log.leaf_hash(bytes((number,))) for number in range(70)]


class Nodes:
    """Every node that a log wrote: writing one twice is a mistake (law A3)."""

    def __init__(self) -> None:
        self.frontier = log.Frontier()
        self.nodes: dict[tuple[int, int], bytes] = {}

    def append(self, leaves: list[bytes]) -> log.Grown:
        grown = log.append(self.frontier, leaves)
        for level, (first, row) in enumerate(grown.rows):
            for index, node in enumerate(row, start=first):
                assert (level, index) not in self.nodes
                self.nodes[level, index] = node
        self.frontier = grown.frontier
        return grown

    def held(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


@pytest.fixture(scope="module")
def whole() -> Nodes:
    nodes = Nodes()
    nodes.append(LEAVES)
    return nodes


def test_an_empty_log_has_the_hash_of_nothing_as_its_root() -> None:
    assert log.Frontier().head == LogHead(0, definition.digest())


def test_a_leaf_cannot_be_a_node_because_their_first_bytes_differ() -> None:
    left, right = LEAVES[:2]
    assert log.leaf_hash(left + right) != log.node_hash(left, right)


@given(st.lists(st.integers(0, 30), max_size=12))
def test_the_root_does_not_depend_on_how_leaves_were_grouped(sizes: list[int]) -> None:
    leaves = [log.leaf_hash(number.to_bytes(2, "big")) for number in range(sum(sizes))]
    nodes, taken = Nodes(), 0
    for size in sizes:
        nodes.append(leaves[taken : taken + size])
        taken += size
        assert nodes.frontier.head == LogHead(taken, definition.log_root(leaves[:taken]))
    assert log.head(nodes.held, taken) == nodes.frontier.head


def test_appending_hashes_less_than_twice_the_batch_however_long_the_log_is() -> None:
    nodes = Nodes()
    nodes.append([log.leaf_hash(number.to_bytes(2, "big")) for number in range(4_095)])
    written = sum(len(row) for _, row in nodes.append(LEAVES).rows)
    assert written <= 2 * len(LEAVES) + 12  # and one node for each peak that is completed


@pytest.mark.parametrize("size", range(1, 71))
def test_every_path_is_that_of_the_definition_and_proves_its_leaf(whole: Nodes, size: int) -> None:
    head = LogHead(size, definition.log_root(LEAVES[:size]))
    for index in range(size):
        proof = log.inclusion(whole.held, index, size)
        assert proof.path == definition.log_path(index, LEAVES[:size])
        assert verify_inclusion(proof, LEAVES[index], head)


@pytest.mark.parametrize("size", range(1, 71))
def test_every_log_is_proved_to_begin_with_each_of_its_pasts(whole: Nodes, size: int) -> None:
    head = LogHead(size, definition.log_root(LEAVES[:size]))
    for older in range(1, size + 1):
        proof = log.consistency(whole.held, older, size)
        assert proof.path == definition.log_proof(older, LEAVES[:size])
        past = LogHead(older, definition.log_root(LEAVES[:older]))
        assert verify_consistency(proof, past, head)


def test_a_rewritten_past_has_no_proof(whole: Nodes) -> None:
    forged = [*LEAVES[:20], LEAVES[0], *LEAVES[21:]]
    for older in range(21, 70):
        past = LogHead(older, definition.log_root(forged[:older]))
        head = whole.frontier.head
        assert not verify_consistency(log.consistency(whole.held, older, 70), past, head)


def test_the_frontier_of_the_past_can_be_had_again(whole: Nodes) -> None:
    sizes = range(71)
    for size, larger in pairwise(sizes):
        frontier = log.frontier(whole.held, size)
        assert log.append(frontier, LEAVES[size:larger]).frontier.head == log.head(
            whole.held, larger
        )


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_a_path_is_refused_for_a_leaf_that_is_not_there(
    whole: Nodes, index: int, size: int
) -> None:
    with pytest.raises(IndexError):
        log.inclusion(whole.held, index, size)


@pytest.mark.parametrize(("older", "newer"), [(0, 5), (6, 5), (-1, 5)])
def test_consistency_is_refused_with_a_past_that_never_was(
    whole: Nodes, older: int, newer: int
) -> None:
    with pytest.raises(IndexError):
        log.consistency(whole.held, older, newer)
