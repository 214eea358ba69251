"""How nodes of the state tree lie together in pages, so that a change reads and writes few of them.

A slot is a place in the tree: nothing, one leaf, or a page with all that is beneath. A wide page
holds four levels at once: sixteen slots and the fifteen nodes above them. A bucket holds a few
leaves, and its nodes are made when needed. Which of the two stands at a place is no part of the
root, nor is the version of anything.
Not here: when pages are read and written, and what changes (`smt`).

    wide     32 kinds (the first says WIDE), 31 hashes as a heap (node k over 2k and 2k + 1),
             16 stamps, then the key hashes of its leaves in the order of their slots
    bucket   BUCKET, then key hash, leaf hash and stamp of each leaf, ascending by key hash
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

Slot = tuple[int, bytes, bytes, bytes]
"""Kind, hash, stamp (the version that wrote it, 8 bytes), and of a leaf its key hash."""

EMPTY, LEAF, BRANCH = 0, 1, 2
HASH_SIZE: Final = 32
STAMP_SIZE: Final = 8
STEP: Final = 4  # levels a wide page holds
WIDTH: Final = 1 << STEP
BUCKET_LEAVES_MAX: Final = 6  # measured: more costs hashing, fewer cost pages

NO_HASH: Final = bytes(HASH_SIZE)
NOTHING: Final[Slot] = (EMPTY, NO_HASH, bytes(STAMP_SIZE), b"")

_WIDE, _BUCKET = 1, 2
_STAMPS: Final = 32 * HASH_SIZE
_KEYS: Final = _STAMPS + WIDTH * STAMP_SIZE
_LEAF_SIZE: Final = 2 * HASH_SIZE + STAMP_SIZE


def nibble(key_hash: bytes, depth: int) -> int:
    """Which of the sixteen slots of a page at this depth a key belongs to."""
    byte = key_hash[depth >> 3]
    return byte & 15 if depth & STEP else byte >> 4


def bit(key_hash: bytes, depth: int) -> int:
    """Which way a key turns at this depth: 0 left, 1 right."""
    return key_hash[depth >> 3] >> (7 - (depth & 7)) & 1


def place(key_hash: bytes, depth: int) -> bytes:
    """The name of the page at this depth on the path of a key: the depth, then the path."""
    whole = depth >> 3
    if depth & STEP:
        return bytes((depth, *key_hash[:whole], key_hash[whole] & 0xF0))
    return bytes((depth,)) + key_hash[:whole]


def is_bucket(page: bytes) -> bool:
    """Whether these are the bytes of a bucket; else they are a wide page."""
    return page[0] == _BUCKET


def bucket(leaves: Iterable[Slot]) -> bytes:
    """The page of a few leaves in ascending order."""
    return b"\x02" + b"".join([key + digest + stamp for _, digest, stamp, key in leaves])


def bucket_leaves(page: bytes) -> list[Slot]:
    """What `bucket` wrote."""
    return [
        (LEAF, page[at + 32 : at + 64], page[at + 64 : at + 72], page[at : at + 32])
        for at in range(1, len(page), _LEAF_SIZE)
    ]


def empty_wide() -> bytearray:
    """A wide page with nothing in its slots."""
    page = bytearray(_KEYS)
    page[0] = _WIDE
    return page


def slot(page: bytes | bytearray, number: int) -> Slot:
    """What stands in a slot of a wide page."""
    heap = WIDTH + number
    kind = page[heap]
    if kind == EMPTY:
        return NOTHING
    at = _STAMPS + STAMP_SIZE * number
    digest, stamp = bytes(page[32 * heap : 32 * heap + 32]), bytes(page[at : at + STAMP_SIZE])
    if kind == BRANCH:
        return (BRANCH, digest, stamp, b"")
    key = _KEYS + HASH_SIZE * page.count(LEAF, WIDTH, heap)
    return (LEAF, digest, stamp, bytes(page[key : key + HASH_SIZE]))


def put(page: bytearray, number: int, new: Slot) -> None:
    """Write a slot of a wide page; the nodes above it wait for `rehash`."""
    kind, digest, stamp, key_hash = new
    heap = WIDTH + number
    before = page[heap]
    if LEAF in {before, kind}:
        key = _KEYS + HASH_SIZE * page.count(LEAF, WIDTH, heap)
        page[key : key + (HASH_SIZE if before == LEAF else 0)] = key_hash
    page[heap] = kind
    page[32 * heap : 32 * heap + 32] = digest
    at = _STAMPS + STAMP_SIZE * number
    page[at : at + STAMP_SIZE] = stamp


def rehash(page: bytearray, numbers: Sequence[int]) -> bytes:
    """Make the nodes above the changed slots (ascending) anew, each once; the top one's hash."""
    for node in _above(numbers):
        at, twice = node << 6, node << 1  # its children lie side by side
        left = page[twice]
        kinds = left + page[twice + 1]
        if kinds > LEAF:
            page[at >> 1 : (at >> 1) + 32] = sha256(b"\x01" + page[at : at + 64]).digest()
            page[node] = BRANCH
            continue
        if not left:  # nothing beneath, or one leaf, which rises
            at += 32
        page[node << 5 : (node << 5) + 32] = page[at : at + 32]
        page[node] = kinds
    return bytes(page[32:64])


def _above(numbers: Sequence[int]) -> Sequence[int]:
    """The nodes of a page above these slots, each once, children before parents."""
    if len(numbers) == 1:  # the most frequent case by far
        heap = WIDTH + numbers[0]
        return (heap >> 1, heap >> 2, heap >> 3, 1)
    nodes: list[int] = []
    heaps = {WIDTH + number for number in numbers}
    for _ in range(STEP):
        heaps = {heap >> 1 for heap in heaps}
        nodes += sorted(heaps)
    return nodes


def is_sound(page: bytes, digest: bytes) -> bool:
    """Whether the topmost page has this hash when its nodes are made anew."""
    if is_bucket(page):
        return joined(bucket_leaves(page), 0) == digest
    again = bytearray(page)
    return rehash(again, range(WIDTH)) == digest and again == page


def leaves_only(page: bytearray, most: int) -> list[Slot] | None:
    """The leaves of a wide page that has no page beneath and no more than `most` leaves."""
    if page.find(BRANCH, WIDTH, 2 * WIDTH) >= 0 or page.count(LEAF, WIDTH, 2 * WIDTH) > most:
        return None
    return [slot(page, heap - WIDTH) for heap in range(WIDTH, 2 * WIDTH) if page[heap]]


def joined(leaves: Sequence[Slot], depth: int) -> bytes:
    """The hash of the subtree at this depth over leaves in ascending order."""
    if len(leaves) < 2:
        return leaves[0][1] if leaves else NO_HASH
    if len(leaves) == 2:
        return _joined_pair(leaves[0], leaves[1], depth)
    turn = 0
    while turn < len(leaves) and not bit(leaves[turn][3], depth):
        turn += 1
    left, right = joined(leaves[:turn], depth + 1), joined(leaves[turn:], depth + 1)
    return sha256(b"\x01" + left + right).digest()


def _joined_pair(left: Slot, right: Slot, depth: int) -> bytes:
    """Two leaves: a node where they part, and above it nodes with nothing on their other side."""
    path = int.from_bytes(left[3])
    parting = 256 - (path ^ int.from_bytes(right[3])).bit_length()
    made = sha256(b"\x01" + left[1] + right[1]).digest()
    for level in range(parting - 1, depth - 1, -1):
        pair = NO_HASH + made if path >> (255 - level) & 1 else made + NO_HASH
        made = sha256(b"\x01" + pair).digest()
    return made


def step_down(page: bytes, key_hash: bytes, depth: int, siblings: list[bytes]) -> Slot:
    """Where the path of a key leaves a page: nothing, a leaf, or the slot of the next page.

    The siblings on the way are added, top first.
    """
    if is_bucket(page):
        return _down_bucket(bucket_leaves(page), key_hash, depth, siblings)
    node = 1
    while node < WIDTH and page[node] == BRANCH:
        turn = 2 * node + bit(key_hash, depth)
        siblings.append(page[32 * (turn ^ 1) : 32 * (turn ^ 1) + 32])
        node, depth = turn, depth + 1
    if page[node] == EMPTY:
        return NOTHING
    while node < WIDTH:  # one leaf, risen from one of the slots beneath
        node = 2 * node + (page[2 * node] == EMPTY)
    return slot(page, node - WIDTH)


def _down_bucket(leaves: list[Slot], key_hash: bytes, depth: int, siblings: list[bytes]) -> Slot:
    while len(leaves) > 1:
        turn = bit(key_hash, depth)
        beside = [leaf for leaf in leaves if bit(leaf[3], depth) != turn]
        leaves = [leaf for leaf in leaves if bit(leaf[3], depth) == turn]
        depth += 1
        siblings.append(joined(beside, depth))
    return leaves[0] if leaves else NOTHING
