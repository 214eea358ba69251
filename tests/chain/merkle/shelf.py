"""A state in memory that keeps just what its versions leave, and stops at anything else."""

from __future__ import annotations

from collections.abc import Mapping

from nagara.chain.merkle import smt
from nagara.chain.merkle.pages import NOTHING, Slot
from nagara.chain.merkle.proofs import OtherLeaf, StateProof
from tests.chain.merkle.definition import digest


class Shelf:
    """What is gone is thrown away at once: a page that is missing is a mistake in the tree."""

    def __init__(self) -> None:
        self.pages: dict[bytes, bytes] = {}
        self.leaves: dict[bytes, tuple[bytes, bytes]] = {}
        self.top: Slot = NOTHING
        self.version = 0
        self.read = self.pages.__getitem__

    @property
    def root(self) -> bytes:
        return self.top[1]

    def apply(self, changes: Mapping[bytes, bytes | None]) -> smt.Grown:
        self.version += 1
        grown = smt.update(self.read, self.top, self.version, changes)
        for name in grown.gone_pages:
            del self.pages[name]
        for name in grown.gone_leaves:
            del self.leaves[name]
        self.pages |= {grown.stamp + place: page for place, page in grown.pages}
        self.leaves |= {grown.stamp + own: (key, value) for own, key, value in grown.leaves}
        self.top = grown.root
        return grown

    def prove(self, key: bytes) -> StateProof:
        siblings, leaf = smt.descend(self.read, self.top, digest(key))
        if leaf[0] == 0 or leaf[3] == digest(key):
            return StateProof(siblings)
        value = self.leaves[leaf[2] + leaf[3]][1]
        return StateProof(siblings, OtherLeaf(leaf[3], digest(value)))
