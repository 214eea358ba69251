"""The state: a compact binary sparse Merkle tree in the `smt` format of ICS-23.

Laws:  T1  The root is a function of the set of keys and values alone: not of the order in which
           they came, nor of how they were grouped into batches, nor of what was there before.
       T2  A batch hashes each node that it changes once.
       T3  What a version wrote is never changed: a later version writes beside it, and says what it
           does not need any more.
A leaf is SHA-256(0x00, SHA-256(key), SHA-256(value)) and stands at the shallowest depth at which
it is alone; a node is SHA-256(0x01, left, right); nothing is 32 zero bytes. Turns are the bits of
the key's hash, the highest first. `Read` gives the page by its stamp and place (`pages`).
Spec: spec/chain.md, `Trees and proofs`. Not here: disks (`store`) and checking (`proofs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from nagara.chain.merkle.pages import (
    BRANCH,
    BUCKET_LEAVES_MAX,
    EMPTY,
    LEAF,
    NO_HASH,
    NOTHING,
    STEP,
    WIDTH,
    Slot,
    bucket,
    bucket_leaves,
    empty_wide,
    is_bucket,
    joined,
    leaves_only,
    nibble,
    place,
    put,
    rehash,
    slot,
    step_down,
)

Read = Callable[[bytes], bytes]
Wish = tuple[bytes, bytes | None]  # a key's hash, and the hash of its leaf or None to remove it

VERSION_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Grown:
    """A version of the state, as it has to be written: what is new and what was there for others.

    `pages` are (place, page), `leaves` are (key hash, key, value), both without their stamp; what
    is gone is named stamp first. All lists ascend.
    """

    stamp: bytes
    root: Slot
    pages: tuple[tuple[bytes, bytes], ...]
    leaves: tuple[tuple[bytes, bytes, bytes], ...]
    gone_pages: tuple[bytes, ...]
    gone_leaves: tuple[bytes, ...]


def stamp_of(version: int) -> bytes:
    """A version as the names of its pages and leaves begin: they ascend as it does."""
    return version.to_bytes(8, "big")


def update(read: Read, root: Slot, version: int, changes: Mapping[bytes, bytes | None]) -> Grown:
    """The state after these keys got these values, or with None lost them.

    A value that stands already and a key that is not there change nothing. `version` is larger
    than that of everything beneath `root`. Raises ValueError for an empty key or value.
    """
    told: dict[bytes, tuple[bytes, bytes]] = {}
    wishes: list[Wish] = []
    for key, value in changes.items():
        key_hash = sha256(key).digest()
        if value is None:
            wishes.append((key_hash, None))
            continue
        if not key or not value:
            raise ValueError("a key and a value have one byte at least")  # ICS-23 knows no others
        told[key_hash] = (key, value)
        digest = sha256(b"\x00" + key_hash + sha256(value).digest()).digest()
        wishes.append((key_hash, digest))
    wishes.sort()
    work = _Update(read, stamp_of(version))
    top = work.into(root, 0, wishes) if wishes else root
    work.fresh.sort()
    return Grown(
        work.stamp,
        top,
        tuple(sorted(work.pages)),
        tuple((key_hash, *told[key_hash]) for key_hash in work.fresh),
        tuple(sorted(work.gone_pages)),
        tuple(sorted(work.gone_leaves)),
    )


def descend(read: Read, root: Slot, key_hash: bytes) -> tuple[tuple[bytes, ...], Slot]:
    """The siblings from the root down to the place of a key, and what is there.

    That is nothing, its leaf, or the leaf of another key which stands in its way.
    """
    siblings: list[bytes] = []
    here, depth = root, 0
    while here[0] == BRANCH:
        page = read(here[2] + place(key_hash, depth))
        here = step_down(page, key_hash, depth, siblings)
        depth += STEP
    return tuple(siblings), here


def leaves(read: Read, root: Slot, start: bytes = b"") -> Iterator[Slot]:
    """All leaves ascending by key hash, from `start` (included) on."""
    return _Walk(read, 1).under(root, b"", 0, start or None)


def leaves_down(read: Read, root: Slot, start: bytes = b"") -> Iterator[Slot]:
    """All leaves descending by key hash, from `start` (included) on."""
    return _Walk(read, -1).under(root, b"", 0, start or None)


class _Walk:
    """A walk over leaves: `way` is 1 ascending, -1 descending."""

    __slots__ = ("read", "way")

    def __init__(self, read: Read, way: int) -> None:
        self.read = read
        self.way = way

    def under(self, here: Slot, path: bytes, depth: int, start: bytes | None) -> Iterator[Slot]:
        """The leaves beneath a slot; `path` holds the bits above it, `start` bounds it or not."""
        if here[0] == EMPTY:
            return
        page = self.read(here[2] + place(path, depth)) if here[0] == BRANCH else b""
        if not page or is_bucket(page):
            for leaf in (bucket_leaves(page) if page else [here])[:: self.way]:
                if start is None or (leaf[3] >= start if self.way > 0 else leaf[3] <= start):
                    yield leaf
            return
        edge = None if start is None else nibble(start, depth)
        for number in range(WIDTH)[:: self.way]:
            if edge is not None and (number - edge) * self.way < 0:
                continue
            beneath = start if number == edge else None
            longer = _longer(path, depth, number)
            yield from self.under(slot(page, number), longer, depth + STEP, beneath)


def _longer(path: bytes, depth: int, number: int) -> bytes:
    if depth & STEP:
        return path[:-1] + bytes((path[-1] | number,))
    return path + bytes((number << STEP,))


class _Update:
    """One batch on its way through the tree. Where nothing changed, the very slot comes back."""

    __slots__ = ("fresh", "gone_leaves", "gone_pages", "pages", "read", "stamp")

    def __init__(self, read: Read, stamp: bytes) -> None:
        self.read = read
        self.stamp = stamp
        self.pages: list[tuple[bytes, bytes]] = []
        self.fresh: list[bytes] = []
        self.gone_pages: list[bytes] = []
        self.gone_leaves: list[bytes] = []

    def into(self, here: Slot, depth: int, wishes: Sequence[Wish]) -> Slot:
        """The slot after the wishes (ascending, not empty), which all belong beneath it."""
        if here[0] == BRANCH:
            return self._into_page(here, depth, wishes)
        if len(wishes) == 1 and (here[0] == EMPTY or here[3] == wishes[0][0]):
            return self._alone(here, *wishes[0])
        merged = self._merged([here] if here[0] == LEAF else [], wishes)
        return here if merged is None else self._built(merged, depth)

    def _alone(self, here: Slot, key_hash: bytes, digest: bytes | None) -> Slot:
        """A slot that holds this key or nothing, after the one wish for it."""
        if here[1] == (digest or NO_HASH):
            return here
        if here[0] == LEAF:
            self.gone_leaves.append(here[2] + key_hash)
        if digest is None:
            return NOTHING
        self.fresh.append(key_hash)
        return (LEAF, digest, self.stamp, key_hash)

    def _into_page(self, here: Slot, depth: int, wishes: Sequence[Wish]) -> Slot:
        name = here[2] + place(wishes[0][0], depth)
        raw = self.read(name)
        if is_bucket(raw):
            merged = self._merged(bucket_leaves(raw), wishes)
            if merged is None:
                return here
            self.gone_pages.append(name)
            return self._built(merged, depth)
        page = bytearray(raw)
        dirty: list[int] = []
        for number, group in _grouped(wishes, depth):
            before = slot(page, number)
            after = self.into(before, depth + STEP, group)
            if after is not before:
                put(page, number, after)
                dirty.append(number)
        if not dirty:
            return here
        self.gone_pages.append(name)
        few = leaves_only(page, BUCKET_LEAVES_MAX)
        if few is not None:
            return self._built(few, depth)
        digest = rehash(page, dirty)
        self.pages.append((name[8:], bytes(page)))
        return (BRANCH, digest, self.stamp, b"")

    def _merged(self, before: list[Slot], wishes: Sequence[Wish]) -> list[Slot] | None:
        """A few leaves after the wishes, ascending; None if they stay as they are."""
        after = {leaf[3]: leaf for leaf in before}
        changed = False
        for key_hash, digest in wishes:
            leaf = after.get(key_hash)
            if leaf is not None:
                if leaf[1] == digest:
                    continue
                self.gone_leaves.append(leaf[2] + key_hash)
                del after[key_hash]
            elif digest is None:
                continue
            changed = True
            if digest is not None:
                self.fresh.append(key_hash)
                after[key_hash] = (LEAF, digest, self.stamp, key_hash)
        if not changed:
            return None
        return [after[key_hash] for key_hash in sorted(after)]

    def _built(self, leaves: list[Slot], depth: int) -> Slot:
        """The slot over these leaves, ascending, with its pages written."""
        if len(leaves) < 2:
            return leaves[0] if leaves else NOTHING
        name = place(leaves[0][3], depth)
        if len(leaves) <= BUCKET_LEAVES_MAX:
            digest = joined(leaves, depth)
            self.pages.append((name, bucket(leaves)))
            return (BRANCH, digest, self.stamp, b"")
        page = empty_wide()
        numbers = []
        for number, group in _leaves_grouped(leaves, depth):
            put(page, number, self._built(group, depth + STEP))
            numbers.append(number)
        digest = rehash(page, numbers)
        self.pages.append((name, bytes(page)))
        return (BRANCH, digest, self.stamp, b"")


def _grouped(wishes: Sequence[Wish], depth: int) -> Iterable[tuple[int, Sequence[Wish]]]:
    """The wishes by the slot of a page at this depth that they belong to."""
    if len(wishes) == 1:
        return ((nibble(wishes[0][0], depth), wishes),)
    groups: list[tuple[int, Sequence[Wish]]] = []
    byte, shift = depth >> 3, 0 if depth & STEP else STEP
    first, number = 0, wishes[0][0][byte] >> shift & 15
    for at, wish in enumerate(wishes):
        other = wish[0][byte] >> shift & 15
        if other != number:
            groups.append((number, wishes[first:at]))
            first, number = at, other
    groups.append((number, wishes[first:]))
    return groups


def _leaves_grouped(leaves: list[Slot], depth: int) -> Iterator[tuple[int, list[Slot]]]:
    first = 0
    for at in range(1, len(leaves) + 1):
        number = nibble(leaves[first][3], depth)
        if at == len(leaves) or nibble(leaves[at][3], depth) != number:
            yield number, leaves[first:at]
            first = at
