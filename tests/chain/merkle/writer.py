"""A process that writes version after version and says so, until it is killed.

Each version holds what can be told from its number alone, so that a reader needs no list.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nagara.chain.merkle.log import leaf_hash
from nagara.chain.merkle.store import MerkleStore

KEPT = 5
LEAVES = 3


def changes(number: int) -> dict[bytes, bytes | None]:
    """What a version changes: it moves a window of keys onwards and rewrites a few."""
    told: dict[bytes, bytes | None] = {
        b"key %d" % (number * 40 + at): b"of %d" % number for at in range(40)
    }
    told |= {b"key %d" % ((number - 20) * 40 + at): None for at in range(40)}
    return told | {b"steady %d" % at: b"at %d" % number for at in range(10)}


def entries(number: int) -> list[bytes]:
    """What a version adds to the log."""
    return [leaf_hash(b"%d.%d" % (number, at)) for at in range(LEAVES)]


def write_on(folder: Path) -> None:
    """Write, prune and say each number that stands."""
    store = MerkleStore(folder)
    while True:
        with store.reading() as view:
            number = view.version.number + 1
        store.write(store.draft(changes(number), {"log": entries(number)}), b"%d" % number)
        print(number, flush=True)  # noqa: T201
        store.prune(number - KEPT)


if __name__ == "__main__":
    write_on(Path(sys.argv[1]))
