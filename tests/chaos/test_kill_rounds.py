"""The country is killed under load, again and again, and loses nothing, doubles nothing.

    make chaos ROUNDS=200
    NAGARA_CHAOS_SEED=1234 NAGARA_CHAOS_ROUNDS=6 python -m pytest tests/chaos/test_kill_rounds.py

The same seed makes the same choices: who dies, at which moment of the load, how many at once.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable

import pytest

from tests.chaos.people import People
from tests.chaos.rounds import Plan, Story
from tests.chaos.up_country import UpCountry

SEED = int(os.environ.get("NAGARA_CHAOS_SEED") or secrets.randbelow(10**9))
ROUNDS = int(os.environ.get("NAGARA_CHAOS_ROUNDS") or 6)


@pytest.mark.timeout(0 if ROUNDS > 6 else 300)
async def test_every_acknowledged_order_outlives_every_death_and_every_other_ends_once(
    new_country: Callable[[int], UpCountry], capsys: pytest.CaptureFixture[str]
) -> None:
    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        with capsys.disabled():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    say(f"\nNAGARA_CHAOS_SEED={SEED} NAGARA_CHAOS_ROUNDS={ROUNDS}")
    began = time.monotonic()
    story = Story(new_country(2), People(str(SEED)))
    await story.begin()
    for number in range(ROUNDS):
        plan = Plan.of(SEED, number)
        sys.stdout.write(f"{plan}\n")
        say(await story.live(plan))
    await story.ask_everything_again()
    say(
        f"{ROUNDS} rounds in {time.monotonic() - began:.0f} s: {len(story.acknowledged)} orders, "
        f"each ended once; {story.resent} of them were sent again; the longest recovery took "
        f"{story.longest_recovery_seconds:.1f} s"
    )
