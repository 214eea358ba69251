"""What proves a fact to somebody who holds nothing but a root, and how it is checked.

Laws:  P1  A proof is bound to one root and one statement: with any byte changed it proves nothing.
       P2  One proof, one encoding: what is not in canonical form is refused, never repaired.
       P3  Checking shares no code with the trees: a mistake there cannot hide itself here.
Logs: RFC 6962 section 2.1, checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say. State: the
compact sparse tree of spec/chain.md, `Trees and proofs`.
Not here: which root to believe. The form of ICS-23, for readers from elsewhere, is in `ics23`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nagara.kernel.canonical import cbor, cbor_decode
from nagara.kernel.refusals import Malformed

HASH_SIZE: Final = 32
DEPTH_MAX: Final = 256
LOG_PATH_MAX: Final = 63  # a log has less than 2**63 leaves
LOG_SIZE_MAX: Final = (1 << LOG_PATH_MAX) - 1
PROOF_SIZE_MAX: Final = 9_216  # 256 siblings, their mask, one other leaf and the frame

_EMPTY: Final = bytes(HASH_SIZE)
_LEAF, _NODE = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class LogHead:
    """How many leaves a log has, and its root over them: what a reader must know beforehand.

    The size is no part of a proof, which could then lie about it: trees of 3 and of 4 leaves give
    the first leaf paths of one length.
    """

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogInclusion:
    """That a leaf is the `index`-th (from 0) of a log; `path` is the audit path, leaf upwards."""

    index: int
    path: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """Deterministic CBOR: [index, path joined]."""
        return cbor([self.index, b"".join(self.path)])

    @classmethod
    def decoded(cls, encoded: bytes) -> LogInclusion:
        """Read again; Malformed for every other form, TooLarge over PROOF_SIZE_MAX."""
        match cbor_decode(encoded, PROOF_SIZE_MAX):
            case [int(index), bytes(path)] if type(index) is int:
                return cls(index, _hashes(path))
        raise _broken("not the two members")


@dataclass(frozen=True, slots=True)
class LogConsistency:
    """That a newer log begins with all leaves of an older one (RFC 6962 section 2.1.2)."""

    path: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """Deterministic CBOR: the path joined."""
        return cbor(b"".join(self.path))

    @classmethod
    def decoded(cls, encoded: bytes) -> LogConsistency:
        """Read again; Malformed for every other form, TooLarge over PROOF_SIZE_MAX."""
        match cbor_decode(encoded, PROOF_SIZE_MAX):
            case bytes(path):
                return cls(_hashes(path))
        raise _broken("not the path")


@dataclass(frozen=True, slots=True)
class OtherLeaf:
    """The only leaf beneath a node, by its two hashes: tells neither its key nor its value."""

    key_hash: bytes
    value_hash: bytes


@dataclass(frozen=True, slots=True)
class StateProof:
    """Where a key stands in the state, or would stand. `siblings` from the root downwards.

    Present: the leaf is at depth len(siblings). Absent: that place is empty, or `other` is there.
    """

    siblings: tuple[bytes, ...]
    other: OtherLeaf | None = None

    def encoded(self) -> bytes:
        """Deterministic CBOR: [depth, mask, siblings that are not empty, other or h'']."""
        mask = 0
        for sibling in self.siblings:
            mask = mask << 1 | (sibling != _EMPTY)
        depth = len(self.siblings)
        shown = (mask << -depth % 8).to_bytes((depth + 7) // 8, "big")
        held = b"".join(one for one in self.siblings if one != _EMPTY)
        other = self.other.key_hash + self.other.value_hash if self.other else b""
        return cbor([depth, shown, held, other])

    @classmethod
    def decoded(cls, encoded: bytes) -> StateProof:
        """Read again; Malformed for every other form, TooLarge over PROOF_SIZE_MAX."""
        match cbor_decode(encoded, PROOF_SIZE_MAX):
            case [int(depth), bytes(mask), bytes(held), bytes(other)] if type(depth) is int:
                siblings = _spread(depth, mask, _hashes(held))
            case _:
                raise _broken("not the four members")
        if len(other) not in {0, 2 * HASH_SIZE}:
            raise _broken("the other leaf is two hashes")
        if not other:
            return cls(siblings)
        return cls(siblings, OtherLeaf(other[:HASH_SIZE], other[HASH_SIZE:]))


def verify_inclusion(proof: LogInclusion, leaf_hash: bytes, head: LogHead) -> bool:
    """Whether the log of this head has this leaf at proof.index (RFC 9162 section 2.1.3.2)."""
    index, last = proof.index, head.size - 1
    if not 0 <= index <= last < LOG_SIZE_MAX or not _are_hashes(leaf_hash, head.root, *proof.path):
        return False
    made = leaf_hash
    for step in proof.path:
        if last == 0:
            return False
        if index & 1 or index == last:
            made = sha256(_NODE + step + made).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            made = sha256(_NODE + made + step).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and made == head.root


def verify_consistency(proof: LogConsistency, older: LogHead, newer: LogHead) -> bool:
    """Whether the newer log only adds to the older one (RFC 9162 section 2.1.4.2).

    False where the older one is empty: that says nothing and needs no proof.
    """
    if not 0 < older.size <= newer.size <= LOG_SIZE_MAX:
        return False
    if not _are_hashes(older.root, newer.root, *proof.path):
        return False
    if older.size == newer.size:
        return not proof.path and older.root == newer.root
    steps = list(proof.path)
    if older.size & (older.size - 1) == 0:
        steps.insert(0, older.root)
    if not steps:
        return False
    at, last = older.size - 1, newer.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    return _both_climbed(steps, at, last) == (older.root, newer.root)


def _both_climbed(steps: list[bytes], at: int, last: int) -> tuple[bytes, bytes] | None:
    """The older and the newer root over the first step, which is a node of both logs."""
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old = sha256(_NODE + step + old).digest()
            new = sha256(_NODE + step + new).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = sha256(_NODE + new + step).digest()
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def verify_present(proof: StateProof, key: bytes, value: bytes, root: bytes) -> bool:
    """Whether the state of this root holds just this value under this key."""
    if proof.other is not None:
        return False
    key_hash = sha256(key).digest()
    leaf = sha256(_LEAF + key_hash + sha256(value).digest()).digest()
    return _climbed(proof.siblings, key_hash, leaf) == root


def verify_absent(proof: StateProof, key: bytes, root: bytes) -> bool:
    """Whether the state of this root holds nothing under this key."""
    key_hash, other = sha256(key).digest(), proof.other
    if other is None:
        return _climbed(proof.siblings, key_hash, _EMPTY) == root
    if not _are_hashes(other.key_hash, other.value_hash) or other.key_hash == key_hash:
        return False
    # The leaf stands in the way only where its own path and that of the key are still one.
    apart = int.from_bytes(other.key_hash) ^ int.from_bytes(key_hash)
    if apart.bit_length() > DEPTH_MAX - len(proof.siblings):
        return False
    leaf = sha256(_LEAF + other.key_hash + other.value_hash).digest()
    return _climbed(proof.siblings, key_hash, leaf) == root


def _climbed(siblings: tuple[bytes, ...], key_hash: bytes, made: bytes) -> bytes | None:
    """The root over a node whose path is the first len(siblings) bits of a key's hash."""
    depth = len(siblings)
    if depth > DEPTH_MAX or not _are_hashes(*siblings):
        return None
    turns = int.from_bytes(key_hash) >> (DEPTH_MAX - depth)
    for sibling in reversed(siblings):
        pair = sibling + made if turns & 1 else made + sibling
        made = sha256(_NODE + pair).digest()
        turns >>= 1
    return made


def _are_hashes(*candidates: bytes) -> bool:
    return all(len(candidate) == HASH_SIZE for candidate in candidates)


def _hashes(joined: bytes) -> tuple[bytes, ...]:
    if len(joined) % HASH_SIZE:
        raise _broken("a hash has 32 bytes")
    return tuple(joined[at : at + HASH_SIZE] for at in range(0, len(joined), HASH_SIZE))


def _spread(depth: int, mask: bytes, held: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The siblings in their places, the empty ones filled in."""
    if not 0 <= depth <= DEPTH_MAX or len(mask) != (depth + 7) // 8:
        raise _broken("the mask has one bit a level")
    bits = int.from_bytes(mask)
    spare = -depth % 8
    if bits & ((1 << spare) - 1) or bits.bit_count() != len(held) or _EMPTY in held:
        raise _broken("the mask does not fit the siblings")
    rest = iter(held)
    return tuple(
        next(rest) if bits >> (spare + depth - 1 - level) & 1 else _EMPTY for level in range(depth)
    )


def _broken(reason: str) -> Malformed:
    return Malformed(field="proof", reason=reason)
