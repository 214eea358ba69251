"""Canonical bytes: one value, one encoding, so that a hash or a signature means one thing only.

Laws:  C1  Equal values have equal bytes; different bytes never decode to equal values.
       C2  What is not in canonical form is refused, never repaired.
       C3  No floating point, no tag, no number that a reader in another language would round.
CBOR: RFC 8949 section 4.2.1, core deterministic encoding. JSON: RFC 8785 over the subset of
I-JSON (RFC 7493) stated in spec/encoding.md.
Not here: what is encoded, and who signs it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cbor2
import msgspec

from nagara.kernel.refusals import Malformed, TooLarge

Plain = None | bool | int | str | bytes | list["Plain"] | dict[int, "Plain"] | dict[str, "Plain"]
"""A CBOR value; the keys of a map are int, str or bytes, also mixed. JSON: no bytes, str keys."""

DEPTH_MAX: Final = 32
SIZE_MAX: Final = 65_536
JSON_INT_MAX: Final = 2**53 - 1  # RFC 7493 section 2.2: beyond it, other readers round

_UINT64_END: Final = 1 << 64
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_KEY_TYPES: Final = frozenset({int, str, bytes})
_FALSE, _TRUE, _NULL = 0xF4, 0xF5, 0xF6
_LONGEST: Final = 27  # says that 8 bytes of argument follow
_SHORT_END: Final = 24  # arguments below this stand in the initial byte itself


def cbor(value: object) -> bytes:
    """The deterministic CBOR of a value.

    Map keys are sorted by the bytes of their encoding (RFC 8949 section 4.2.1), not by their
    length first as in RFC 7049 section 3.9, which is what cbor2's own `canonical` does. Raises
    TypeError for a type that has no canonical form here (float, tuple, tag) and ValueError for an
    integer over 64 bits, a lone surrogate, or a depth over DEPTH_MAX.
    """
    return cbor2.dumps(_ordered(value, DEPTH_MAX))


def cbor_decode(data: bytes, size_max: int = SIZE_MAX) -> Plain:
    """The value of deterministic CBOR bytes. Refuses all other bytes (Malformed, TooLarge)."""
    if len(data) > size_max:
        raise TooLarge(field="cbor", limit=size_max)
    reader = _Reader(data)
    value = reader.value(DEPTH_MAX)
    if reader.at != len(data):
        raise _not_cbor("bytes after the end")
    return value


def json(value: object) -> bytes:
    """The RFC 8785 form of a value: UTF-8, members sorted, no white space.

    Member names are ASCII, so that sorting by UTF-16 units (section 3.2.3) and by code points is
    the same. Raises TypeError for float, bytes and other types; ValueError for an integer beyond
    JSON_INT_MAX either way, a name that is not ASCII, a lone surrogate, or a depth over DEPTH_MAX.
    """
    _check_json(value, DEPTH_MAX)
    return msgspec.json.encode(value, order="sorted")


def json_decode(data: bytes, size_max: int = SIZE_MAX) -> Plain:
    """The value of RFC 8785 bytes. Refuses every other form, duplicate members included."""
    if len(data) > size_max:
        raise TooLarge(field="json", limit=size_max)
    try:
        value: Plain = msgspec.json.decode(data)
        again = json(value)
    except (msgspec.DecodeError, TypeError, ValueError, RecursionError):
        raise Malformed(field="json", reason="not canonical JSON") from None
    if again != data:
        raise Malformed(field="json", reason="not canonical JSON")
    return value


def _check_json(value: object, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -JSON_INT_MAX <= value <= JSON_INT_MAX:  # type: ignore[operator]
            raise ValueError("an integer of canonical JSON stays within 2**53 - 1")
        return
    if depth == 0:
        raise ValueError(f"canonical JSON nests {DEPTH_MAX} deep at most")
    if isinstance(value, dict) and kind is dict:
        for name, member in value.items():
            if type(name) is not str or not name.isascii():
                raise ValueError("a member name of canonical JSON is ASCII text")
            _check_json(member, depth - 1)
    elif isinstance(value, list) and kind is list:
        for item in value:
            _check_json(item, depth - 1)
    else:
        raise TypeError(f"no canonical JSON for {kind.__name__}")


def _ordered(value: object, depth: int) -> object:
    """The value with its maps in canonical order. Exact types only: a subclass may mean more."""
    kind = type(value)
    if kind is str or kind is bytes or kind is bool or value is None:
        return value
    if kind is int:
        if not -_UINT64_END <= value < _UINT64_END:  # type: ignore[operator]
            raise ValueError("an integer of canonical CBOR fits in 64 bits")
        return value
    if depth == 0:
        raise ValueError(f"canonical CBOR nests {DEPTH_MAX} deep at most")
    if isinstance(value, dict) and kind is dict:
        for key in value:
            if type(key) not in _KEY_TYPES:
                raise TypeError(f"no canonical CBOR for a map key of {type(key).__name__}")
        return {key: _ordered(value[key], depth - 1) for key in sorted(value, key=_encoded_key)}
    if isinstance(value, list) and kind is list:
        return [_ordered(item, depth - 1) for item in value]
    raise TypeError(f"no canonical CBOR for {kind.__name__}")


@lru_cache(maxsize=4096, typed=True)
def _encoded_key(key: int | str | bytes) -> bytes:
    if type(key) is int and not -_UINT64_END <= key < _UINT64_END:
        raise ValueError("an integer of canonical CBOR fits in 64 bits")
    return cbor2.dumps(key)


def _not_cbor(reason: str) -> Malformed:
    return Malformed(field="cbor", reason=reason)


class _Reader:
    """Reads one value. A length that is not there ends the reading at the first missing byte."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def value(self, depth: int) -> Plain:
        initial = self._take(1)[0]
        major = initial >> 5
        if major == _SIMPLE:
            return self._simple(initial)
        argument = self._argument(initial & 31)
        if major in {_ARRAY, _MAP}:
            return self._container(major, argument, depth)
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _BYTES:
            return self._take(argument)
        return self._text(major, argument)

    def _text(self, major: int, size: int) -> str:
        if major != _TEXT:
            raise _not_cbor("tags are not used here")
        try:
            return self._take(size).decode()
        except UnicodeDecodeError:
            raise _not_cbor("text is not UTF-8") from None

    def _container(self, major: int, count: int, depth: int) -> Plain:
        if depth == 0:
            raise TooLarge(field="cbor depth", limit=DEPTH_MAX)
        if major == _ARRAY:
            return [self.value(depth - 1) for _ in range(count)]
        return self._map(count, depth)

    def _map(self, count: int, depth: int) -> Plain:
        members: dict[object, Plain] = {}
        before = b""
        for _ in range(count):
            start = self.at
            if start < len(self.data) and self.data[start] >> 5 > _TEXT:
                raise _not_cbor("a map key is an integer, bytes or text")
            key = self.value(0)
            encoded = self.data[start : self.at]
            if encoded <= before:
                raise _not_cbor("map keys are not in ascending order")
            before = encoded
            members[key] = self.value(depth - 1)
        return members  # type: ignore[return-value]

    def _argument(self, short: int) -> int:
        if short < _SHORT_END:
            return short
        if short > _LONGEST:
            raise _not_cbor("indefinite or reserved length")
        size = 1 << (short - 24)
        argument = int.from_bytes(self._take(size), "big")
        least = _SHORT_END if size == 1 else 1 << (4 * size)
        if argument < least:
            raise _not_cbor("an integer is not in its shortest form")
        return argument

    def _simple(self, initial: int) -> Plain:
        if initial == _NULL:
            return None
        if initial in {_FALSE, _TRUE}:
            return initial == _TRUE
        raise _not_cbor("floating point and other simple values are not used here")

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise _not_cbor("cut short")
        taken = self.data[self.at : end]
        self.at = end
        return taken
