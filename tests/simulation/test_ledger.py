"""The ledger against the naive one, in a run of chance under a seed, which it prints.

The same seed is the same run. The long one is for `make chaos`:

    NAGARA_SEED=1234 python -m pytest tests/simulation -s
    NAGARA_SIMULATION_COMMANDS=1000000 python -m pytest tests/simulation -s
"""

from __future__ import annotations

import os
import secrets
import sys

import pytest

from nagara.ledger import refusals
from nagara.storage import Database
from tests.simulation.world import World

SEED = int(os.environ.get("NAGARA_SEED") or secrets.randbelow(10**9))
COMMANDS = int(os.environ.get("NAGARA_SIMULATION_COMMANDS") or 20_000)


@pytest.mark.timeout(0 if COMMANDS > 20_000 else 300)
async def test_the_ledger_comes_to_what_plain_arithmetic_comes_to(database: Database) -> None:
    sys.stdout.write(f"\nNAGARA_SEED={SEED} NAGARA_SIMULATION_COMMANDS={COMMANDS}\n")
    world = World(SEED, database)
    await world.live(COMMANDS)
    for what, count in sorted(world.counts.items()):
        sys.stdout.write(f"{count:9,} {what}\n")
    happened = {name for name in world.counts if name.startswith("ledger.")}
    all_ = {one.slug for one in vars(refusals).values() if hasattr(one, "slug")}
    if COMMANDS >= 100_000:  # a short run may do without the rarest
        assert happened == all_, "a run in which not everything is refused once proves little"
