"""The trees by their definitions, from scratch each time: slow, short, and no code of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256


def digest(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def log_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest(b"\x01", log_root(leaves[:split]), log_root(leaves[split:]))


def log_path(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return ()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return (*log_path(index, leaves[:split]), log_root(leaves[split:]))
    return (*log_path(index - split, leaves[split:]), log_root(leaves[:split]))


def log_proof(first: int, leaves: Sequence[bytes], *, is_whole: bool = True) -> tuple[bytes, ...]:
    """SUBPROOF of section 2.1.2."""
    if first == len(leaves):
        return () if is_whole else (log_root(leaves),)
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if first <= split:
        return (*log_proof(first, leaves[:split], is_whole=is_whole), log_root(leaves[split:]))
    rest = log_proof(first - split, leaves[split:], is_whole=False)
    return (*rest, log_root(leaves[:split]))


def state_root(state: Mapping[bytes, bytes]) -> bytes:
    """The compact sparse tree: each leaf at the shallowest depth at which it is alone."""
    return _root([(_bits(digest(key)), key, value) for key, value in state.items()], 0)


def _root(leaves: list[tuple[str, bytes, bytes]], depth: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        _, key, value = leaves[0]
        return digest(b"\x00", digest(key), digest(value))
    left = [leaf for leaf in leaves if leaf[0][depth] == "0"]
    right = [leaf for leaf in leaves if leaf[0][depth] == "1"]
    return digest(b"\x01", _root(left, depth + 1), _root(right, depth + 1))


def _bits(key_hash: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in key_hash)
