"""Key records as JSON: in the folder's manifest, and in the trust bundle that anybody may hold.

A trust bundle is all that an offline verifier needs of the keys room: public keys with their
times. It is canonical JSON; who hands it over vouches for it.
Spec: spec/encoding.md, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from nagara.kernel import canonical
from nagara.kernel.instant import Instant
from nagara.kernel.refusals import Malformed
from nagara.keys import rules
from nagara.keys.model import KeyRecord, Purpose
from nagara.keys.public import PublicKey

BUNDLE_SIZE_MAX: Final = 1 << 20
VERSION: Final = 1


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A record as it is written; times in microseconds since 1970."""

    purpose: Purpose
    kid: str
    jwk: dict[str, str]
    created: int
    active_from: int
    retire_at: int | None


class _Bundle(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    keys: list[object]


def entries(records: Iterable[KeyRecord]) -> list[object]:
    """The records as plain values, in their order."""
    return [_entry(record) for record in records]


def _entry(record: KeyRecord) -> object:
    return {
        "purpose": record.purpose.value,
        "kid": record.public.kid,
        "jwk": dict(record.public.jwk),
        "created": record.created.micros,
        "active_from": record.active_from.micros,
        "retire_at": None if record.retire_at is None else record.retire_at.micros,
    }


def records_of(keys: object) -> tuple[KeyRecord, ...]:
    """The records of plain values. Raises ValueError, or KeyMalformed for a key in them."""
    return tuple(_record(entry) for entry in msgspec.convert(keys, list[_Entry]))


def _record(entry: _Entry) -> KeyRecord:
    public = PublicKey.from_jwk(entry.jwk)
    if public.kid != entry.kid:
        raise ValueError("a key is not the one of its name")
    return KeyRecord(
        purpose=entry.purpose,
        public=public,
        created=Instant(entry.created),
        active_from=Instant(entry.active_from),
        retire_at=None if entry.retire_at is None else Instant(entry.retire_at),
    )


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """The public keys of a country and when each of them was good."""

    records: tuple[KeyRecord, ...]

    @classmethod
    def parse(cls, data: bytes) -> TrustBundle:
        """From canonical JSON. Refuses every other form (Malformed, TooLarge, KeyMalformed)."""
        value = canonical.json_decode(data, BUNDLE_SIZE_MAX)
        try:
            bundle = msgspec.convert(value, _Bundle)
            records = records_of(bundle.keys)
        except ValueError:
            raise Malformed(field="trust bundle", reason="not a list of named keys") from None
        if bundle.version != VERSION:
            raise Malformed(field="trust bundle", reason="of a version that is not known here")
        return cls(records)

    def to_json(self) -> bytes:
        """As canonical JSON."""
        return canonical.json({"version": VERSION, "keys": entries(self.records)})

    def key(self, purpose: Purpose, kid: str, signed_at: Instant) -> PublicKey:
        """The key of that name, good at that instant. Refuses KeyUnknown, KeyRetired."""
        return rules.verifier(self.records, purpose, kid, signed_at).public
