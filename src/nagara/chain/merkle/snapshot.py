"""A version as a sequence of chunks, the same bytes from whoever makes them, and back again.

Laws:  N1  Chunks are a function of the version and of the sizes of its logs, of nothing else.
       N2  What is taken over has the root that was asked for, or nothing is taken over.
The first chunk has the frontiers of the logs, the others the leaves of the state in ascending
order. Nodes are not sent: they are made again.
Spec: spec/chain.md, `Snapshots`. Not here: who offers a snapshot and who asks for it. A log that
was taken over proves what is added later, and nothing before: its old hashes come as tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from nagara.chain.merkle.log import Frontier
from nagara.chain.merkle.pages import NOTHING
from nagara.chain.merkle.store import KEY_SIZE_MAX, VALUE_SIZE_MAX, MerkleStore
from nagara.chain.merkle.tables import frontier_record, read_frontier
from nagara.chain.merkle.view import Version, View
from nagara.kernel.canonical import cbor, cbor_decode
from nagara.kernel.errors import CodedError
from nagara.kernel.refusals import Malformed, TooLarge

CHUNK_SIZE_MAX: Final = 4_194_304
CHUNKS_MAX: Final = 16_384

_HEAD: Final = 6  # two bytes of the key's length, four of the value's


def chunks(view: View, log_sizes: Mapping[str, int]) -> Iterator[bytes]:
    """The chunks of a version whose logs had these sizes. TooLarge where the first has no room."""
    frontiers: dict[str, object] = {
        name: frontier_record(view.frontier_at(name, size)) for name, size in log_sizes.items()
    }
    first = cbor(frontiers)
    if len(first) > CHUNK_SIZE_MAX:
        raise TooLarge(field="logs", limit=CHUNK_SIZE_MAX)
    yield first
    chunk = bytearray()
    for key, value in view.leaves():
        leaf = len(key).to_bytes(2, "big") + len(value).to_bytes(4, "big") + key + value
        if len(chunk) + len(leaf) > CHUNK_SIZE_MAX:
            yield bytes(chunk)
            chunk.clear()
        chunk += leaf
    if chunk:
        yield bytes(chunk)


def take_over(
    store: MerkleStore, number: int, root: bytes, parts: Iterable[bytes], note: bytes = b""
) -> Version:
    """Forget what the store holds, and make a snapshot's version its newest.

    `number` and `root` are known from elsewhere: a chunk is believed only with all the others.
    Malformed if they do not make this root; then the store is empty. The heads of the logs are in
    the state: the caller compares them.
    """
    store.clear()
    try:
        return _taken(store, number, root, parts, note)
    except CodedError:
        store.clear()
        raise


def _taken(
    store: MerkleStore, number: int, root: bytes, parts: Iterable[bytes], note: bytes
) -> Version:
    logs: dict[str, Frontier] | None = None
    top, last = NOTHING, b""
    for count, chunk in enumerate(parts):
        if len(chunk) > CHUNK_SIZE_MAX or count > CHUNKS_MAX:
            raise TooLarge(field="snapshot", limit=CHUNK_SIZE_MAX)
        if logs is None:
            logs = _frontiers(chunk)
            continue
        part = dict(_leaves(chunk))
        for key in part:
            before, last = last, sha256(key).digest()
            if last <= before:
                raise _broken("keys are not in ascending order")
        top = store.take(top, part)
    if logs is None or top[1] != root:
        raise _broken("not the state of this root")
    return store.adopt(number, top, logs, note)


def _frontiers(chunk: bytes) -> dict[str, Frontier]:
    found = cbor_decode(chunk, CHUNK_SIZE_MAX)
    frontiers: dict[str, Frontier] = {}
    for name, body in found.items() if isinstance(found, dict) else [("", None)]:
        if not isinstance(name, str) or not isinstance(body, bytes):
            raise _broken("the first chunk has the frontiers of the logs")
        frontiers[name] = read_frontier(body)
    return frontiers


def _leaves(chunk: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(chunk):
        key_end = at + _HEAD + int.from_bytes(chunk[at : at + 2])
        end = key_end + int.from_bytes(chunk[at + 2 : at + _HEAD])
        key, value = chunk[at + _HEAD : key_end], chunk[key_end:end]
        if not 0 < len(key) <= KEY_SIZE_MAX or not 0 < len(value) <= VALUE_SIZE_MAX:
            raise _broken("a key or a value is empty or too long")
        if end > len(chunk):
            raise _broken("a chunk is cut short")
        yield key, value
        at = end


def _broken(reason: str) -> Malformed:
    return Malformed(field="snapshot", reason=reason)
