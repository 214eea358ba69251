"""Migrations: each room's `schema/NNNN_name.sql`, applied once, in order, forward only (S3).

A room is named by its package (`nagara.ledger`) and owns the PostgreSQL schema of its last part
(`ledger`), which is made for it. What was applied stands in storage.migration with its SHA-256.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from psycopg.sql import SQL, Identifier

from nagara.storage.database import Database, Unit
from nagara.storage.refusals import MigrationBroken, SchemaNewer

_FILE: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK: Final = 0x6E61_6761_7261  # "nagara": two nodes never migrate at once
_PATIENCE: Final = "SET LOCAL statement_timeout = '1h'; SET LOCAL lock_timeout = '1h'"
_BOOTSTRAP: Final = """
CREATE SCHEMA IF NOT EXISTS storage;
CREATE TABLE IF NOT EXISTS storage.migration (
    room        text        NOT NULL,
    number      smallint    NOT NULL,
    name        text        NOT NULL,
    sha256      bytea       NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, number)
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. Numbers count from 1 without a gap."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        """What tells that the file is still the one which was applied."""
        return hashlib.sha256(self.sql.encode()).digest()


def migrations_of(package: str) -> tuple[Migration, ...]:
    """The files of a room in order. Raises MigrationBroken on a gap or a foreign name."""
    room = package.rpartition(".")[2]
    found = []
    for entry in resources.files(package).joinpath("schema").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        if (match := _FILE.fullmatch(entry.name)) is None:
            raise MigrationBroken(room=room, number=0, reason=f"{entry.name}: NNNN_name.sql")
        found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationBroken(room=room, number=expected, reason="the file is missing")
    return tuple(found)


async def migrate(database: Database, rooms: Sequence[str]) -> int:
    """Bring the database up to the files of storage and these packages; how many were applied.

    All in one transaction: either every room is up to date, or nothing has changed. Raises
    MigrationBroken where a file changed, SchemaNewer where the database is ahead of the code.
    """
    packages = ("nagara.storage", *(room for room in rooms if room != "nagara.storage"))
    return await apply(
        database, {package.rpartition(".")[2]: migrations_of(package) for package in packages}
    )


async def apply(database: Database, files: Mapping[str, Sequence[Migration]]) -> int:
    """As `migrate`, with the files at hand, by room."""

    async def work(unit: Unit) -> int:
        await _script(unit, _PATIENCE)
        await unit.connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        await _script(unit, _BOOTSTRAP)
        found = await unit.connection.execute("SELECT room, number, sha256 FROM storage.migration")
        applied: dict[str, dict[int, bytes]] = {}
        for room, number, sha256 in await found.fetchall():
            applied.setdefault(room, {})[number] = sha256
        done = 0
        for room, migrations in files.items():
            done += await _apply_room(unit, room, migrations, applied.get(room, {}))
        return done

    return await database.run(work)


async def _apply_room(
    unit: Unit, room: str, migrations: Sequence[Migration], applied: Mapping[int, bytes]
) -> int:
    found, known = max(applied, default=0), len(migrations)
    if found > known:
        raise SchemaNewer(room=room, found=found, known=known)
    await unit.connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(room)))
    for migration in migrations:
        if migration.number in applied:
            if applied[migration.number] != migration.sha256:
                raise MigrationBroken(
                    room=room, number=migration.number, reason="the file changed after it ran"
                )
            continue
        if migration.number < found:
            raise MigrationBroken(
                room=room, number=migration.number, reason="it was skipped, and later ones ran"
            )
        await _script(unit, migration.sql)
        await unit.connection.execute(
            "INSERT INTO storage.migration (room, number, name, sha256) VALUES (%s, %s, %s, %s)",
            (room, migration.number, migration.name, migration.sha256),
        )
    return sum(migration.number not in applied for migration in migrations)


async def _script(unit: Unit, sql: str) -> None:
    # several statements in one go, which the protocol allows for results in text form only
    async with unit.connection.cursor() as cursor:
        await cursor.execute(sql.encode(), binary=False)
