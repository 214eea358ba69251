"""How our types travel to PostgreSQL and back: Instant as timestamptz, jsonb through msgspec.

Held in one map which only our connections use, so that a library in the same process which
speaks to PostgreSQL too (the job queue) keeps the driver's own types.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Final

import msgspec
import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_dumps, set_json_loads

from nagara.kernel.instant import Instant
from nagara.storage.arrays import DUMPERS, PG_EPOCH_MICROS

_TIMESTAMPTZ_OID: Final = 1184
_int64: Final = struct.Struct(">q")
_INFINITIES: Final = (-(2**63), 2**63 - 1)


class _InstantDumper(Dumper):
    format = Format.BINARY
    oid = _TIMESTAMPTZ_OID

    def dump(self, obj: Instant) -> Buffer:
        return _int64.pack(obj.micros - PG_EPOCH_MICROS)


class _InstantLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> Instant:
        micros: int = _int64.unpack(data)[0]
        if micros in _INFINITIES:
            raise psycopg.DataError("infinity is no instant")
        return Instant(micros + PG_EPOCH_MICROS)


class _InstantTextLoader(Loader):
    format = Format.TEXT

    def load(self, data: Buffer) -> Instant:
        # connections run in UTC with ISO dates: 2026-01-01 00:00:00.000000+00
        return Instant.from_datetime(datetime.fromisoformat(bytes(data).decode()))


def adapters() -> AdaptersMap:
    """A map of the driver's own adapters with ours on top."""
    made = AdaptersMap(psycopg.adapters)
    made.register_dumper(Instant, _InstantDumper)
    made.register_loader("timestamptz", _InstantLoader)
    made.register_loader("timestamptz", _InstantTextLoader)
    for cls, dumper in DUMPERS.items():
        made.register_dumper(cls, dumper)
    set_json_dumps(msgspec.json.encode, context=_Context(made))
    set_json_loads(msgspec.json.decode, context=_Context(made))
    return made


class _Context:
    """What the driver asks for where it wants to know the adapters and nothing else."""

    connection = None

    def __init__(self, made: AdaptersMap) -> None:
        self.adapters = made
