"""An append-only log: a Merkle tree hash over all its entries in their order (RFC 6962).

Laws:  A1  The root of n leaves is the MTH of section 2.1, however the leaves arrived.
       A2  Appending a batch costs as much as the batch, whatever the size of the log.
       A3  A node that stands never changes: only complete subtrees are nodes.
`Held` looks a node up by (level, index): the hash of the complete subtree over the leaves
index * 2**level up to, not including, (index + 1) * 2**level.
Not here: where nodes are kept (`store`), and checking (`proofs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nagara.chain.merkle.proofs import LogConsistency, LogHead, LogInclusion

Held = Callable[[int, int], bytes]

EMPTY_ROOT: Final = sha256(b"").digest()  # section 2.1: the hash of an empty list


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs: the size, and the roots of the complete subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @property
    def head(self) -> LogHead:
        """The size, and the root of all leaves so far."""
        if not self.peaks:
            return LogHead(0, EMPTY_ROOT)
        made = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            made = node_hash(peak, made)
        return LogHead(self.size, made)


@dataclass(frozen=True, slots=True)
class Grown:
    """The frontier after a batch, and by level the first index and the hashes of its new nodes."""

    frontier: Frontier
    rows: tuple[tuple[int, tuple[bytes, ...]], ...]


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01, the left hash and the right hash."""
    return sha256(b"\x01" + left + right).digest()


def append(frontier: Frontier, leaves: Sequence[bytes]) -> Grown:
    """The log after these leaf hashes were added at its end, in this order."""
    # At each level stand whole nodes from `first` on: the lone peak of before, then the new ones.
    peaks = list(frontier.peaks)
    rows: list[tuple[int, tuple[bytes, ...]]] = []
    left_over: list[bytes] = []
    first, row, level = frontier.size, list(leaves), 0
    while row or frontier.size >> level:
        rows.append((first, tuple(row)))
        if frontier.size >> level & 1:
            row.insert(0, peaks.pop())
            first -= 1
        if len(row) % 2:
            left_over.append(row[-1])
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        first, level = first >> 1, level + 1
    while rows and not rows[-1][1]:
        rows.pop()
    size = frontier.size + len(leaves)
    return Grown(Frontier(size, tuple(reversed(left_over))), tuple(rows))


def head(held: Held, size: int) -> LogHead:
    """The head of the first `size` leaves of a log that holds at least these."""
    return LogHead(size, _subtree(held, 0, size) if size else EMPTY_ROOT)


def frontier(held: Held, size: int) -> Frontier:
    """The frontier of the first `size` leaves of a log that holds at least these."""
    levels = (level for level in reversed(range(size.bit_length())) if size >> level & 1)
    return Frontier(size, tuple(held(level, (size >> level) - 1) for level in levels))


def inclusion(held: Held, index: int, size: int) -> LogInclusion:
    """The audit path of a leaf in the log of its first `size` leaves (section 2.1.1)."""
    if not 0 <= index < size:
        raise IndexError("the log has no such leaf")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_subtree(held, middle, high))
            high = middle
        else:
            path.append(_subtree(held, low, middle))
            low = middle
    return LogInclusion(index, tuple(reversed(path)))


def consistency(held: Held, first: int, second: int) -> LogConsistency:
    """That the log of `second` leaves begins with the log of `first` (section 2.1.2)."""
    if not 0 < first <= second:
        raise IndexError("an older log that has leaves, inside the newer one")
    path: list[bytes] = []
    low, high, is_known = 0, second, True
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_subtree(held, middle, high))
            high = middle
        else:
            path.append(_subtree(held, low, middle))
            low, is_known = middle, False
    if not is_known:  # else it is the older root, which the reader has
        path.append(_subtree(held, low, high))
    return LogConsistency(tuple(reversed(path)))


def _split(count: int) -> int:
    """The largest power of two below a count of at least two."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(held: Held, low: int, high: int) -> bytes:
    """The hash over leaves low to high; low is a multiple of the power of two that covers them."""
    parts: list[bytes] = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append(held(level, low >> level))
        low += 1 << level
    made = parts.pop()
    while parts:
        made = node_hash(parts.pop(), made)
    return made
