"""Arrays as parameters of set-based statements, packed in PostgreSQL's binary form in one go.

A plain list costs 0.5 to 1.9 microseconds an element in the driver, and its type is guessed from
its values, so that `[1]` and `[2**40]` are two statements to prepare. These have one type each.
Elements may be None (SQL NULL). Form: `array_send` of PostgreSQL: dimensions, flags, element type,
length, lower bound, then each element with its length in front.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

from nagara.kernel.instant import Instant

PG_EPOCH_MICROS: Final = 946_684_800_000_000  # 2000-01-01T00:00:00Z, where timestamptz counts from
_HEADER: Final = struct.Struct(">iiIii")
_NULL: Final = b"\xff\xff\xff\xff"
_UUID_LENGTH: Final = b"\0\0\0\x10"
_bigint: Final = struct.Struct(">iq").pack
_smallint: Final = struct.Struct(">ih").pack
_length: Final = struct.Struct(">i").pack


class Uuids:
    """Values for uuid[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[UUID | None]) -> None:
        self.values = values


class Bigints:
    """Values for bigint[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[int | None]) -> None:
        self.values = values


class Smallints:
    """Values for smallint[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[int | None]) -> None:
        self.values = values


class Instants:
    """Values for timestamptz[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[Instant | None]) -> None:
        self.values = values


class Byteas:
    """Values for bytea[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[bytes | None]) -> None:
        self.values = values


class Texts:
    """Values for text[]."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[str | None]) -> None:
        self.values = values


_Array = Uuids | Bigints | Smallints | Instants | Byteas | Texts


class _ArrayDumper(Dumper):
    format = Format.BINARY
    element_oid: ClassVar[int]

    def dump(self, obj: _Array) -> Buffer:
        values = obj.values
        if not values:
            return _HEADER.pack(0, 0, self.element_oid, 0, 0)[:12]
        header = _HEADER.pack(1, None in values, self.element_oid, len(values), 1)
        return header + b"".join(self.pieces(values))

    def pieces(self, values: Sequence[Any]) -> list[bytes]:
        """Each element with its length in front."""
        raise NotImplementedError


class _UuidsDumper(_ArrayDumper):
    element_oid, oid = 2950, 2951

    def pieces(self, values: Sequence[UUID | None]) -> list[bytes]:
        return [_NULL if v is None else _UUID_LENGTH + v.int.to_bytes(16) for v in values]


class _BigintsDumper(_ArrayDumper):
    element_oid, oid = 20, 1016

    def pieces(self, values: Sequence[int | None]) -> list[bytes]:
        return [_NULL if v is None else _bigint(8, v) for v in values]


class _SmallintsDumper(_ArrayDumper):
    element_oid, oid = 21, 1005

    def pieces(self, values: Sequence[int | None]) -> list[bytes]:
        return [_NULL if v is None else _smallint(2, v) for v in values]


class _InstantsDumper(_ArrayDumper):
    element_oid, oid = 1184, 1185

    def pieces(self, values: Sequence[Instant | None]) -> list[bytes]:
        return [_NULL if v is None else _bigint(8, v.micros - PG_EPOCH_MICROS) for v in values]


class _ByteasDumper(_ArrayDumper):
    element_oid, oid = 17, 1001

    def pieces(self, values: Sequence[bytes | None]) -> list[bytes]:
        return [_NULL if v is None else _length(len(v)) + v for v in values]


class _TextsDumper(_ArrayDumper):
    element_oid, oid = 25, 1009

    def pieces(self, values: Sequence[str | None]) -> list[bytes]:
        encoded = [None if v is None else v.encode() for v in values]
        return [_NULL if v is None else _length(len(v)) + v for v in encoded]


DUMPERS: Final[dict[type, type[Dumper]]] = {
    Uuids: _UuidsDumper,
    Bigints: _BigintsDumper,
    Smallints: _SmallintsDumper,
    Instants: _InstantsDumper,
    Byteas: _ByteasDumper,
    Texts: _TextsDumper,
}
