"""The real database for every test: one embedded server a session, a fresh clone a test."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from nagara.storage import Database, migrate
from nagara.storage.engine import Engine

_clones = itertools.count(1)


def rooms_with_schema() -> list[str]:
    """Every package of nagara which has migrations, so that a new room needs no entry here."""
    root = resources.files("nagara")
    return sorted(
        f"nagara.{room.name}" for room in root.iterdir() if room.joinpath("schema").is_dir()
    )


def at_database(url: str, name: str, user: str = "nagara") -> str:
    """The same server, another database."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, f"{user}@", f"/{name}", parts.query, ""))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of this test session (one for each xdist worker); its database is migrated."""
    folder = Path(tempfile.mkdtemp(prefix="nagara-tests-"))
    folder.chmod(0o755)
    # what a test writes need not survive a power cut; the kill tests start engines of their own
    engine = Engine(folder, overrides={"fsync": "off", "shared_buffers": "64MB"})
    try:
        with engine.running() as url:
            asyncio.run(_migrate(url))
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _migrate(url: str) -> None:
    async with Database.open(url, pool_max=1) as database:
        await migrate(database, rooms_with_schema())


@contextmanager
def a_clone(postgres_url: str) -> Iterator[str]:
    """A database with every room's empty tables, there while the block runs."""
    name = f"test_{next(_clones)}"
    with psycopg.connect(at_database(postgres_url, "postgres", "postgres"), autocommit=True) as to:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE nagara OWNER nagara STRATEGY FILE_COPY")
        to.execute(made.format(sql.Identifier(name)))
        try:
            yield at_database(postgres_url, name)
        finally:
            to.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A database of this test alone."""
    with a_clone(postgres_url) as url:
        yield url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a database of this test alone."""
    async with Database.open(database_url, pool_max=8) as opened:
        yield opened
