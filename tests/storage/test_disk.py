"""A disk that really fills up under the database: refused in our words, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nagara.kernel.errors import Fault
from nagara.storage import Database, DatabaseDown, DiskFull, OutcomeUnknown, Unit
from nagara.storage.engine import Engine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
_ROW_BYTES = 2_000_000


@pytest.fixture
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nagara-disk-"))
    options = "size=160m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "nagara-test", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)
    shutil.rmtree(folder)


async def _fill(unit: Unit) -> None:
    await unit.connection.execute(
        "INSERT INTO kept SELECT coalesce(max(n), 0) + 1, %s FROM kept",
        (os.urandom(_ROW_BYTES),),
    )


async def _count(database: Database) -> int:
    async with database.read() as unit:
        found = await unit.connection.execute("SELECT count(*) FROM kept")
        row = await found.fetchone()
    assert row is not None
    return int(row[0])


async def test_every_acknowledged_row_is_there_after_the_disk_was_full(small_disk: Path) -> None:
    engine = Engine(small_disk, overrides={"max_wal_size": "64MB", "min_wal_size": "32MB"})
    with engine.running() as url:
        ballast = small_disk / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 30 << 20)
        async with Database.open(url, pool_max=2) as database:
            async with database.unit() as unit:
                await unit.connection.execute("CREATE TABLE kept (n int PRIMARY KEY, b bytea)")
            acknowledged, fault = await _fill_until_refused(database)
        assert isinstance(fault, DiskFull | DatabaseDown | OutcomeUnknown)
        ballast.unlink()
        if engine.has_died():
            engine.restart()
        engine.await_ready()
        async with Database.open(engine.url(), pool_max=2) as database:
            surplus = await _count(database) - acknowledged
            assert surplus == 0 or (surplus == 1 and isinstance(fault, OutcomeUnknown))
            await database.run(_fill)


async def _fill_until_refused(database: Database) -> tuple[int, Fault]:
    for acknowledged in range(200):
        try:
            await database.run(_fill, attempts_max=1)
        except Fault as fault:
            return acknowledged, fault
    raise AssertionError("the disk was never full")
