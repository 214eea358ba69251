"""What lies in the tables of the file, byte by byte.

    pages      stamp, place -> page (`pages`)       gone    stamp -> what it made superfluous
    leaves     stamp, key hash -> key and value     logs    name -> its frontier
    versions   number -> the tree's slot, a note    tiles   log, level, tile -> 256 hashes
Numbers and stamps are eight bytes, big end first, so that LMDB's order is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import lmdb

from nagara.chain.merkle.log import Frontier
from nagara.chain.merkle.pages import LEAF, Slot
from nagara.kernel.refusals import Malformed

if TYPE_CHECKING:
    from lmdb import _Database as Table  # the driver names its handle for type checkers only

HASH_SIZE: Final = 32
TILE: Final = 256  # hashes; as wide as a tile of C2SP, so that whole ones can be served
LOG_NAME_SIZE_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Tables:
    """The handles of the tables."""

    pages: Table
    leaves: Table
    versions: Table
    gone: Table
    logs: Table
    tiles: Table

    @classmethod
    def opened(cls, env: lmdb.Environment) -> Tables:
        """Open, or make them."""
        return cls(*(env.open_db(name.encode()) for name in cls.__slots__))


def leaf_record(key: bytes, value: bytes) -> bytes:
    """Two bytes of the key's length, the key, the value."""
    return len(key).to_bytes(2, "big") + key + value


def read_leaf(record: bytes) -> tuple[bytes, bytes]:
    """Key and value."""
    end = 2 + int.from_bytes(record[:2])
    return record[2:end], record[end:]


def version_record(root: Slot, note: bytes) -> bytes:
    """The slot of the whole tree, then the note of who wrote it."""
    kind, digest, stamp, key_hash = root
    return bytes((kind,)) + digest + stamp + key_hash + note


def read_version(body: bytes) -> tuple[Slot, bytes]:
    """Slot and note."""
    kind, digest, stamp = body[0], body[1:33], body[33:41]
    end = 73 if kind == LEAF else 41
    return (kind, digest, stamp, body[41:end]), body[end:]


def names_joined(names: Sequence[bytes]) -> bytes:
    """Names of up to 255 bytes, each after its length; how many of them comes first."""
    parts = [len(names).to_bytes(4, "big")]
    parts += [bytes((len(name),)) + name for name in names]
    return b"".join(parts)


def names_parted(body: bytes) -> tuple[list[bytes], list[bytes]]:
    """The two lists that were joined."""
    lists: list[list[bytes]] = []
    at = 0
    for _ in range(2):
        names: list[bytes] = []
        for _ in range(int.from_bytes(body[at : at + 4])):
            size = body[at + 4]
            names.append(body[at + 5 : at + 5 + size])
            at += 1 + size
        at += 4
        lists.append(names)
    return lists[0], lists[1]


def frontier_record(frontier: Frontier) -> bytes:
    """Eight bytes of the size, then the peaks."""
    return frontier.size.to_bytes(8, "big") + b"".join(frontier.peaks)


def read_frontier(body: bytes) -> Frontier:
    """Refuses a record whose peaks do not fit the size (Malformed)."""
    size = int.from_bytes(body[:8])
    if len(body) != 8 + HASH_SIZE * size.bit_count():
        raise Malformed(field="log", reason="the peaks do not fit the size")
    peaks = (body[at : at + HASH_SIZE] for at in range(8, len(body), HASH_SIZE))
    return Frontier(size, tuple(peaks))


def tile_name(name: str, level: int, tile: int) -> bytes:
    """Where 256 neighbouring hashes of one level of a log lie."""
    own = name.encode()
    assert 0 < len(own) <= LOG_NAME_SIZE_MAX
    return bytes((len(own),)) + own + bytes((level,)) + tile.to_bytes(8, "big")
