"""Reading: a version as it stands, its values and the proofs of them, and the logs.

Not here: writing (`store`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import lmdb

from nagara.chain.merkle import ics23, log, smt
from nagara.chain.merkle.pages import EMPTY, NOTHING, Slot
from nagara.chain.merkle.proofs import LogConsistency, LogHead, LogInclusion, OtherLeaf, StateProof
from nagara.chain.merkle.tables import (
    HASH_SIZE,
    TILE,
    Tables,
    read_frontier,
    read_leaf,
    read_version,
    tile_name,
)
from nagara.kernel.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Version:
    """A version that stands: number (0 is the empty state), root hash, and the writer's note."""

    number: int
    root: bytes
    note: bytes


class View:
    """One version, read. Made by `MerkleStore.reading`, good inside its `with`."""

    __slots__ = ("_tables", "_txn", "page", "top", "version")

    def __init__(self, txn: lmdb.Transaction, tables: Tables, number: int | None = None) -> None:
        self._txn, self._tables = txn, tables
        self.page = _pages(txn, tables)
        found, self.top, note = self._find(number)
        self.version = Version(found, self.top[1], note)

    def get(self, key: bytes) -> bytes | None:
        """The value under a key."""
        own = sha256(key).digest()
        leaf = smt.descend(self.page, self.top, own)[1]
        return self._leaf(leaf)[1] if leaf[3] == own else None

    def prove(self, key: bytes) -> StateProof:
        """That a key has its value, or has none."""
        own = sha256(key).digest()
        siblings, leaf = smt.descend(self.page, self.top, own)
        if leaf[0] == EMPTY or leaf[3] == own:
            return StateProof(siblings)
        value = self._leaf(leaf)[1]
        return StateProof(siblings, OtherLeaf(leaf[3], sha256(value).digest()))

    def prove_ics23(self, key: bytes) -> ics23.Existence | ics23.NonExistence:
        """The same in the form of ICS-23. NotFound for an empty state, which has no neighbours."""
        own = sha256(key).digest()
        siblings, leaf = smt.descend(self.page, self.top, own)
        if leaf[3] == own:
            return ics23.existence(*self._leaf(leaf), siblings)
        left = next(smt.leaves_down(self.page, self.top, own), None)
        right = next(smt.leaves(self.page, self.top, own), None)
        if left is None and right is None:
            raise NotFound(what="neighbour")
        return ics23.NonExistence(key, self._existence(left), self._existence(right))

    def leaves(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All keys and values ascending by the hash of the key, from the hash `start` on."""
        for leaf in smt.leaves(self.page, self.top, start):
            yield self._leaf(leaf)

    def logs(self) -> tuple[str, ...]:
        """The names of all logs, ascending."""
        with self._txn.cursor(self._tables.logs) as cursor:
            return tuple(bytes(name).decode() for name in cursor.iternext(values=False))

    def frontier(self, name: str) -> log.Frontier:
        """The end of a log, which is that of the newest version; empty where there is none."""
        body = self._txn.get(name.encode(), db=self._tables.logs)
        return log.Frontier() if body is None else read_frontier(bytes(body))

    def frontier_at(self, name: str, size: int) -> log.Frontier:
        """The frontier that a log had when it held `size` leaves. NotFound if it never did."""
        return log.frontier(self._held(name, size), size)

    def head(self, name: str, size: int) -> LogHead:
        """The head of the first `size` leaves of a log."""
        return log.head(self._held(name, size), size)

    def inclusion(self, name: str, index: int, size: int) -> LogInclusion:
        """That a leaf is in the first `size` of a log. NotFound if it is not."""
        if not 0 <= index < size:
            raise NotFound(what="leaf")
        return log.inclusion(self._held(name, size), index, size)

    def consistency(self, name: str, older: int, newer: int) -> LogConsistency:
        """That a log only grew. NotFound for sizes it never had, and for an empty older one."""
        if not 0 < older <= newer:
            raise NotFound(what="log head")
        return log.consistency(self._held(name, newer), older, newer)

    def _find(self, number: int | None) -> tuple[int, Slot, bytes]:
        versions = self._tables.versions
        if number is None:
            with self._txn.cursor(versions) as cursor:
                if not cursor.last():
                    return 0, NOTHING, b""
                return (int.from_bytes(cursor.key()), *read_version(bytes(cursor.value())))
        is_number = 0 <= number <= smt.VERSION_MAX
        body = self._txn.get(smt.stamp_of(number), db=versions) if is_number else None
        if body is None:
            raise NotFound(what="version")
        return (number, *read_version(bytes(body)))

    def _leaf(self, leaf: Slot) -> tuple[bytes, bytes]:
        record = self._txn.get(leaf[2] + leaf[3], db=self._tables.leaves)
        assert record is not None, "a leaf of a version that stands is there"
        return read_leaf(bytes(record))

    def _existence(self, leaf: Slot | None) -> ics23.Existence | None:
        if leaf is None:
            return None
        siblings, _ = smt.descend(self.page, self.top, leaf[3])
        return ics23.existence(*self._leaf(leaf), siblings)

    def _held(self, name: str, size: int) -> log.Held:
        if size > self.frontier(name).size:
            raise NotFound(what="log head")

        def held(level: int, index: int) -> bytes:
            tile, within = divmod(index, TILE)
            key = tile_name(name, level, tile)
            hashes = self._txn.get(key, b"", db=self._tables.tiles)
            found = hashes[within * HASH_SIZE : (within + 1) * HASH_SIZE]
            if not any(found):  # this node began at a later frontier
                raise NotFound(what="leaf")
            return bytes(found)

        return held


def _pages(txn: lmdb.Transaction, tables: Tables) -> smt.Read:
    """A page by its stamp and place: asked several times for each change, so without detours."""
    get, table = txn.get, tables.pages

    def page(name: bytes) -> bytes:
        found = get(name, db=table)
        assert isinstance(found, bytes), "a page of a version that stands is there"
        return found

    return page
