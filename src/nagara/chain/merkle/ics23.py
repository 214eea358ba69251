"""Proofs of the state in the form of ICS-23, for readers that know chains but not this one.

Laws:  I1  The bytes are those of the protocol buffers of cosmos.ics23.v1, in canonical form.
       I2  A proof is checked against a stated format of tree, never against its own word.
       I3  Absence is proved by the two neighbours, with nothing standing between them.
Two formats are known: SMT, the state of this chain, and TENDERMINT, the simple tree of CometBFT.
Source: ICS-23 (Vector Commitments) and its proofs.proto. Not here: the shorter form that this
country's own readers take (`proofs`), which also keeps the neighbours of an absent key to itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nagara.kernel.refusals import Malformed, TooLarge

SIZE_MAX: Final = 65_536
DEPTH_MAX: Final = 256
NO_HASH, SHA256 = 0, 1
NO_PREFIX, VAR_PROTO = 0, 1

_VARINT, _BYTES = 0, 2
_ENUM_MAX: Final = 127


@dataclass(frozen=True, slots=True)
class LeafOp:
    """How a key and a value become the hash of a leaf. Numbers as in HashOp and LengthOp."""

    hash: int = SHA256
    prehash_key: int = NO_HASH
    prehash_value: int = SHA256
    length: int = NO_PREFIX
    prefix: bytes = b"\x00"


@dataclass(frozen=True, slots=True)
class InnerOp:
    """One step up: the hash of prefix, what was made so far, and suffix."""

    prefix: bytes
    suffix: bytes
    hash: int = SHA256


@dataclass(frozen=True, slots=True)
class Existence:
    """That a value stands under a key; `path` from the leaf upwards."""

    key: bytes
    value: bytes
    leaf: LeafOp
    path: tuple[InnerOp, ...]


@dataclass(frozen=True, slots=True)
class NonExistence:
    """That nothing stands under a key: its neighbours; one is None where the key is outermost."""

    key: bytes
    left: Existence | None
    right: Existence | None


@dataclass(frozen=True, slots=True)
class Spec:
    """A format of binary tree. `empty_child` is b"" where a node always has both children."""

    leaf: LeafOp
    child_size: int
    prefix_size_min: int
    prefix_size_max: int
    empty_child: bytes = b""
    orders_by_hash: bool = False


SMT: Final = Spec(LeafOp(prehash_key=SHA256), 32, 1, 1, bytes(32), orders_by_hash=True)
TENDERMINT: Final = Spec(LeafOp(length=VAR_PROTO), 32, 1, 1)


def existence(key: bytes, value: bytes, siblings: tuple[bytes, ...]) -> Existence:
    """The proof for a key of the state; siblings from the root downwards, as `proofs` has them."""
    turns = int.from_bytes(sha256(key).digest()) >> (DEPTH_MAX - len(siblings))
    path: list[InnerOp] = []
    for sibling in reversed(siblings):
        path.append(InnerOp(b"\x01" + sibling, b"") if turns & 1 else InnerOp(b"\x01", sibling))
        turns >>= 1
    return Existence(key, value, SMT.leaf, tuple(path))


def verify_existence(spec: Spec, proof: Existence, key: bytes, value: bytes, root: bytes) -> bool:
    """Whether a tree of this format and root holds this value under this key."""
    return (proof.key, proof.value) == (key, value) and _root(spec, proof) == root


def verify_non_existence(spec: Spec, proof: NonExistence, key: bytes, root: bytes) -> bool:
    """Whether a tree of this format and root holds nothing under this key."""
    left, right = proof.left, proof.right
    # Others write the key as it is ordered, which says the same; the rules do not read it at all.
    if proof.key not in {key, _order(spec, key)} or (left is None and right is None):
        return False
    if any(one is not None and _root(spec, one) != root for one in (left, right)):
        return False
    here = _order(spec, key)
    if left is not None and _order(spec, left.key) >= here:
        return False
    if right is not None and _order(spec, right.key) <= here:
        return False
    if left is None:
        return right is not None and _is_outermost(spec, right.path, 0)
    if right is None:
        return _is_outermost(spec, left.path, 1)
    return _are_neighbours(spec, left.path, right.path)


def encoded(proof: Existence | NonExistence) -> bytes:
    """A CommitmentProof with this proof as its one member."""
    if isinstance(proof, Existence):
        return _field(1, _existence(proof))
    members = [_field(1, proof.key)]
    members += [
        _field(number, _existence(one))
        for number, one in ((2, proof.left), (3, proof.right))
        if one is not None
    ]
    return _field(2, b"".join(members))


def decoded(data: bytes) -> Existence | NonExistence:
    """Read a CommitmentProof that holds one proof. Malformed for any form but the canonical one."""
    if len(data) > SIZE_MAX:
        raise TooLarge(field="proof", limit=SIZE_MAX)
    proof: Existence | NonExistence
    match list(_fields(data)):
        case [(1, bytes(body))]:
            proof = _read_existence(body)
        case [(2, bytes(body))]:
            proof = _read_non_existence(body)
        case _:
            raise _broken("neither existence nor non-existence")
    if encoded(proof) != data:
        raise _broken("not in canonical form")
    return proof


def _root(spec: Spec, proof: Existence) -> bytes | None:
    """The root that a proof leads to; None where it is not of the format."""
    leaf = spec.leaf
    if proof.leaf != leaf or not proof.key or not proof.value or len(proof.path) > DEPTH_MAX:
        return None
    made = sha256(
        leaf.prefix
        + _told(proof.key, leaf.prehash_key, leaf.length)
        + _told(proof.value, leaf.prehash_value, leaf.length)
    ).digest()
    for step in proof.path:
        if _side(spec, step) is None or step.prefix.startswith(leaf.prefix):
            return None
        made = sha256(step.prefix + made + step.suffix).digest()
    return made


def _told(word: bytes, prehash: int, length: int) -> bytes:
    told = sha256(word).digest() if prehash == SHA256 else word
    return _varint(len(told)) + told if length == VAR_PROTO else told


def _order(spec: Spec, key: bytes) -> bytes:
    return sha256(key).digest() if spec.orders_by_hash else key


def _side(spec: Spec, step: InnerOp) -> int | None:
    """0 where the step comes from the left child, 1 from the right; None for no step of these."""
    if step.hash != SHA256:
        return None
    size, beside = len(step.prefix), len(step.suffix)
    if beside == spec.child_size and spec.prefix_size_min <= size <= spec.prefix_size_max:
        return 0
    own = size - spec.child_size
    if beside == 0 and spec.prefix_size_min <= own <= spec.prefix_size_max:
        return 1
    return None


def _is_outermost(spec: Spec, path: tuple[InnerOp, ...], side: int) -> bool:
    """Whether nothing stands further to this side (0 left, 1 right) beneath the top of a path."""
    return all(
        _side(spec, step) == side
        or (spec.empty_child != b"" and _sibling(spec, step) == spec.empty_child)
        for step in path
    )


def _sibling(spec: Spec, step: InnerOp) -> bytes:
    return step.suffix or step.prefix[-spec.child_size :]


def _are_neighbours(spec: Spec, left: tuple[InnerOp, ...], right: tuple[InnerOp, ...]) -> bool:
    """Whether two paths part at one node, and nothing stands between them below it."""
    shared = 0
    while shared < min(len(left), len(right)) and left[-1 - shared] == right[-1 - shared]:
        shared += 1
    if shared in {len(left), len(right)}:
        return False
    parting = (_side(spec, left[-1 - shared]), _side(spec, right[-1 - shared]))
    below_left, below_right = left[: -1 - shared], right[: -1 - shared]
    return (
        parting == (0, 1)
        and _is_outermost(spec, below_left, 1)
        and _is_outermost(spec, below_right, 0)
    )


def _existence(proof: Existence) -> bytes:
    leaf = proof.leaf
    numbers = (leaf.hash, leaf.prehash_key, leaf.prehash_value, leaf.length)
    op = b"".join(_number(at, number) for at, number in enumerate(numbers, start=1))
    steps = [
        _field(4, _number(1, step.hash) + _bytes(2, step.prefix) + _bytes(3, step.suffix))
        for step in proof.path
    ]
    frame = _bytes(1, proof.key) + _bytes(2, proof.value) + _field(3, op + _bytes(5, leaf.prefix))
    return frame + b"".join(steps)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(body)) + body


def _bytes(number: int, body: bytes) -> bytes:
    return _field(number, body) if body else b""  # an empty one is not written (proto3)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value) if value else b""


def _read_existence(data: bytes) -> Existence:
    words: dict[int, bytes] = {}
    path: list[InnerOp] = []
    for number, body in _fields(data):
        if not isinstance(body, bytes) or number > 4:
            raise _broken("not an existence proof")
        if number == 4:
            path.append(_read_step(body))
        else:
            words[number] = body
    if 3 not in words or len(path) > DEPTH_MAX:
        raise _broken("no leaf, or too deep")
    return Existence(words.get(1, b""), words.get(2, b""), _read_leaf(words[3]), tuple(path))


def _read_non_existence(data: bytes) -> NonExistence:
    words: dict[int, bytes] = {}
    for number, body in _fields(data):
        if not isinstance(body, bytes) or number > 3:
            raise _broken("not a non-existence proof")
        words[number] = body
    left, right = (_read_existence(words[at]) if at in words else None for at in (2, 3))
    return NonExistence(words.get(1, b""), left, right)


def _read_leaf(data: bytes) -> LeafOp:
    numbers, words = _members(data)
    made, key, value, length = (numbers.get(at, 0) for at in (1, 2, 3, 4))
    return LeafOp(made, key, value, length, words.get(5, b""))


def _read_step(data: bytes) -> InnerOp:
    numbers, words = _members(data)
    return InnerOp(words.get(2, b""), words.get(3, b""), numbers.get(1, 0))


def _members(data: bytes) -> tuple[dict[int, int], dict[int, bytes]]:
    numbers: dict[int, int] = {}
    words: dict[int, bytes] = {}
    for number, body in _fields(data):
        if isinstance(body, int):
            numbers[number] = body
        else:
            words[number] = body
    return numbers, words


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order. What is odd but harmless fails on writing again."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if tag & 7 == _VARINT and value <= _ENUM_MAX:
            yield tag >> 3, value
        elif tag & 7 == _BYTES and at + value <= len(data):
            yield tag >> 3, data[at : at + value]
            at += value
        else:
            raise _broken("cut short, or of a type that is not used here")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in (0, 7, 14):  # more cannot be needed below SIZE_MAX
        if at >= len(data):
            break
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return number, at
    raise _broken("a number is cut short or too large")


def _broken(reason: str) -> Malformed:
    return Malformed(field="ics23 proof", reason=reason)
