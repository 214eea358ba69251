"""The rules of the keys room: which key signs, and which verifies.

Laws:  R1  One key of a purpose signs at an instant: the one that started last.
       R2  A key verifies what was signed from its start until its end, for ever.
       R3  A replaced key ends `overlap` after its successor starts; no key ends without one.
Not here: files, time, randomness, signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from nagara.kernel.instant import Instant
from nagara.keys.model import KeyRecord, KeyState, Purpose
from nagara.keys.refusals import KeyRetired, KeyUnknown, RotationPending

OVERLAP_SECONDS_MAX: Final = 366 * 86_400


def state_at(record: KeyRecord, at: Instant, records: Iterable[KeyRecord]) -> KeyState:
    """Where a key stands at an instant, among the keys of its purpose."""
    if at < record.active_from:
        return KeyState.WAITING
    if record.retire_at is not None and at >= record.retire_at:
        return KeyState.RETIRED
    if current(records, record.purpose, at) == record:
        return KeyState.CURRENT
    return KeyState.OVERLAPPING


def current(records: Iterable[KeyRecord], purpose: Purpose, at: Instant) -> KeyRecord:
    """The key that signs at an instant (R1).

    Refuses KeyUnknown where the purpose has no key, and KeyRetired before its first one starts:
    then the clock went back, or is wrong.
    """
    held = [record for record in records if record.purpose is purpose]
    if not held:
        raise KeyUnknown(kid=purpose.value)
    started = [record for record in held if record.active_from <= at]
    if not started:
        raise KeyRetired(kid=held[0].public.kid)
    return max(started, key=lambda record: record.active_from)


def acceptable(records: Iterable[KeyRecord], purpose: Purpose, at: Instant) -> list[KeyRecord]:
    """The keys whose signatures of this instant are accepted, waiting ones included.

    A waiting key is published so that others know it before it signs.
    """
    return [
        record
        for record in records
        if record.purpose is purpose and (record.retire_at is None or at < record.retire_at)
    ]


def verifier(
    records: Iterable[KeyRecord], purpose: Purpose, kid: str, signed_at: Instant
) -> KeyRecord:
    """The key by its name, for a signature made at an instant (R2)."""
    for record in records:
        if record.public.kid == kid and record.purpose is purpose:
            ended = record.retire_at is not None and signed_at >= record.retire_at
            if ended or signed_at < record.active_from:
                raise KeyRetired(kid=kid)
            return record
    raise KeyUnknown(kid=kid[:64])


def rotated(
    records: Iterable[KeyRecord], successor: KeyRecord, overlap_seconds: int
) -> tuple[KeyRecord, ...]:
    """The records with a new key in them, and an end for the one it replaces (R3)."""
    if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
        raise ValueError(f"an overlap is 0 to {OVERLAP_SECONDS_MAX} seconds")
    changed = []
    for record in records:
        if record.purpose is not successor.purpose or record.retire_at is not None:
            changed.append(record)
            continue
        if record.active_from > successor.created or record.active_from >= successor.active_from:
            raise RotationPending(kid=record.public.kid)
        end = successor.active_from.plus_seconds(overlap_seconds)
        changed.append(replace(record, retire_at=end))
    return (*changed, successor)
