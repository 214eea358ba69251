"""Rotation: which key signs, which verifies, and when, under a simulated clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.kernel.instant import Instant
from nagara.kernel.refusals import Malformed
from nagara.keys import Algorithm, KeyRecord, KeyState, Purpose, TrustBundle, new_signer
from nagara.keys.refusals import KeyRetired, KeyUnknown, RotationPending
from nagara.keys.rules import (
    OVERLAP_SECONDS_MAX,
    acceptable,
    current,
    rotated,
    state_at,
    verifier,
)

KEYS = [new_signer(Algorithm.ED25519).public for _ in range(8)]
START = Instant.from_seconds(1_000)


def record(number: int, at: int, wait: int = 0, purpose: Purpose = Purpose.RECEIPT) -> KeyRecord:
    created = START.plus_seconds(at)
    return KeyRecord(purpose, KEYS[number], created, created.plus_seconds(wait), None)


FIRST = record(0, 0)
TOKEN = record(7, 0, purpose=Purpose.TOKEN)


def test_a_purpose_without_a_started_key_has_no_signer() -> None:
    with pytest.raises(KeyUnknown):
        current((), Purpose.RECEIPT, START)
    with pytest.raises(KeyRetired):
        current((FIRST,), Purpose.RECEIPT, START.plus_seconds(-1))
    with pytest.raises(KeyUnknown):
        current((FIRST,), Purpose.TOKEN, START)


def test_the_old_key_is_accepted_until_the_overlap_ends_and_not_after() -> None:
    records = rotated((FIRST, TOKEN), record(1, 100), overlap_seconds=50)
    new = KEYS[1]
    before, after = START.plus_seconds(149), START.plus_seconds(150)
    assert current(records, Purpose.RECEIPT, before).public == new
    assert verifier(records, Purpose.RECEIPT, KEYS[0].kid, before).public == KEYS[0]
    assert [r.public for r in acceptable(records, Purpose.RECEIPT, before)] == [KEYS[0], new]
    with pytest.raises(KeyRetired):
        verifier(records, Purpose.RECEIPT, KEYS[0].kid, after)
    assert [r.public for r in acceptable(records, Purpose.RECEIPT, after)] == [new]


def test_what_an_old_key_signed_in_its_time_is_verified_for_ever() -> None:
    records: tuple[KeyRecord, ...] = (FIRST,)
    for number in range(1, 6):
        records = rotated(records, record(number, 100 * number), overlap_seconds=0)
    assert verifier(records, Purpose.RECEIPT, KEYS[0].kid, START.plus_seconds(99)) == replace(
        FIRST, retire_at=START.plus_seconds(100)
    )
    assert len(records) == 6


def test_a_new_key_is_published_before_it_signs_and_refused_before_it_starts() -> None:
    records = rotated((FIRST,), record(1, 100, wait=60), overlap_seconds=10)
    waiting = START.plus_seconds(159)
    assert current(records, Purpose.RECEIPT, waiting).public == KEYS[0]
    assert KEYS[1] in [r.public for r in acceptable(records, Purpose.RECEIPT, waiting)]
    with pytest.raises(KeyRetired):
        verifier(records, Purpose.RECEIPT, KEYS[1].kid, waiting)
    assert current(records, Purpose.RECEIPT, START.plus_seconds(160)).public == KEYS[1]
    assert verifier(records, Purpose.RECEIPT, KEYS[0].kid, START.plus_seconds(169))


def test_a_rotation_is_refused_while_a_new_key_waits_for_its_start() -> None:
    records = rotated((FIRST,), record(1, 100, wait=60), overlap_seconds=10)
    with pytest.raises(RotationPending):
        rotated(records, record(2, 120), overlap_seconds=10)
    assert rotated(records, record(2, 161), overlap_seconds=10)


def test_a_rotation_is_refused_when_the_clock_went_back_behind_the_present_key() -> None:
    with pytest.raises(RotationPending):
        rotated((record(0, 100),), record(1, 50), overlap_seconds=10)


def test_a_key_of_one_purpose_verifies_nothing_for_another() -> None:
    with pytest.raises(KeyUnknown):
        verifier((FIRST, TOKEN), Purpose.RECEIPT, KEYS[7].kid, START)
    records = rotated((FIRST, TOKEN), record(1, 100), overlap_seconds=0)
    assert TOKEN in records


@pytest.mark.parametrize("overlap", [-1, OVERLAP_SECONDS_MAX + 1])
def test_an_overlap_is_bounded(overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        rotated((FIRST,), record(1, 100), overlap)


def test_the_state_of_a_key_follows_the_clock() -> None:
    records = rotated((FIRST,), record(1, 100, wait=60), overlap_seconds=40)
    old, new = records
    states = {
        at: (
            state_at(old, START.plus_seconds(at), records).value,
            state_at(new, START.plus_seconds(at), records).value,
        )
        for at in (-1, 100, 160, 199, 200)
    }
    waiting, present = KeyState.WAITING.value, KeyState.CURRENT.value
    assert states == {
        -1: (waiting, waiting),
        100: (present, waiting),
        160: (KeyState.OVERLAPPING.value, present),
        199: (KeyState.OVERLAPPING.value, present),
        200: (KeyState.RETIRED.value, present),
    }


STEPS = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 100), st.integers(0, 300)), max_size=7
)


@settings(deadline=None)
@given(STEPS, st.integers(0, 4_000))
def test_whatever_is_signed_now_is_verified_now_and_ever_after(
    steps: list[tuple[int, int, int]], at: int
) -> None:
    records: tuple[KeyRecord, ...] = (FIRST,)
    now = 0
    for number, (later, wait, overlap) in enumerate(steps, start=1):
        now += later
        try:
            records = rotated(records, record(number, now, wait), overlap)
        except RotationPending:
            continue
    moment = START.plus_seconds(at)
    signing = current(records, Purpose.RECEIPT, moment)
    assert verifier(records, Purpose.RECEIPT, signing.public.kid, moment) == signing
    assert signing in acceptable(records, Purpose.RECEIPT, moment)
    assert sum(state_at(r, moment, records) is KeyState.CURRENT for r in records) == 1
    assert sum(r.retire_at is None for r in records) == 1


def test_a_trust_bundle_verifies_offline_what_the_store_would() -> None:
    records = rotated((FIRST, TOKEN), record(1, 100), overlap_seconds=50)
    bundle = TrustBundle.parse(TrustBundle(records).to_json())
    assert bundle == TrustBundle(records)
    assert bundle.key(Purpose.RECEIPT, KEYS[0].kid, START) == KEYS[0]
    with pytest.raises(KeyRetired):
        bundle.key(Purpose.RECEIPT, KEYS[0].kid, START.plus_seconds(150))
    with pytest.raises(KeyUnknown):
        bundle.key(Purpose.TOKEN, KEYS[0].kid, START)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"purpose":"receipt"', b'"purpose":"other"'),
        (b'"kid":"', b'"kid":"A'),
        (b'"retire_at":null', b'"retire_at":true'),
        (b'"created":', b'"made":'),
        (b"{", b" {"),
        (b"}", b""),
    ],
)
def test_a_trust_bundle_is_refused_when_it_is_not_as_written(old: bytes, new: bytes) -> None:
    with pytest.raises(Malformed):
        TrustBundle.parse(TrustBundle((FIRST,)).to_json().replace(old, new, 1))
