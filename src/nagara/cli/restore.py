"""`nagara restore FILE`: bring a country back, and prove that its sums are zero."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nagara.cli.backup import bar
from nagara.cli.settings import Settings, load
from nagara.cli.up import told
from nagara.kernel.errors import CodedError
from nagara.storage import Database, migrate
from nagara.storage.backup import (
    Manifest,
    Progress,
    empty,
    is_empty,
    opened_backup,
    restore_database,
    restore_files,
)
from nagara.storage.engine import Engine
from nagara.storage.lock import LOCK_FILE, folder_lock
from nagara.storage.refusals import BackupBroken

# (database) -> what is wrong with the books, a line each; none when they are right
Audit = Callable[[Database], Coroutine[Any, Any, Sequence[str]]]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def restore(file: Path, data: Path | None, *, as_json: bool) -> None:
    """Bring a country back from FILE into an empty folder, and prove its sums."""
    from nagara.wiring import ROOMS, audit

    run(file, {"data": data}, tuple(ROOMS), audit, as_json=as_json)


def run(
    file: Path, options: dict[str, object], rooms: tuple[str, ...], audit: Audit, *, as_json: bool
) -> None:
    """As the command, with the rooms and the audit handed in."""
    try:
        settings = load(options, os.environ)
        with bar(quiet=as_json) as progress:
            task = progress.add_task("Restoring", total=file.stat().st_size)
            manifest = _restore(
                file, settings, rooms, audit, lambda count: progress.advance(task, count)
            )
    except CodedError as error:
        sys.exit(f"nagara: {told(error)}")
    facts = {"data": str(settings.data), "country": manifest.country, "made_at": manifest.made_at}
    if as_json:
        click.echo(json.dumps({**facts, "balanced": True}))
    else:
        click.echo(f"Restored to {settings.data} as of {manifest.made_at}. All sums are zero.")


def _restore(
    file: Path, settings: Settings, rooms: tuple[str, ...], audit: Audit, moved: Progress
) -> Manifest:
    data = settings.data
    data.mkdir(parents=True, exist_ok=True)
    with folder_lock(data):
        if any(entry.name != LOCK_FILE for entry in data.iterdir()):
            raise BackupBroken(reason=f"{data} is not empty")
        with (
            opened_backup(file, data) as (manifest, unpacked),
            _emptied_on_failure(data, unpacked),
            _database(settings) as url,
        ):
            restore_database(unpacked, url, moved)
            asyncio.run(_prove(url, rooms, audit))
            restore_files(unpacked, manifest, data)
        return manifest


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    url = settings.database_url
    if url is None:
        with Engine(settings.data).running() as url:
            yield url
        return
    if not is_empty(url):
        raise BackupBroken(reason="the database is not empty")
    try:
        yield url
    except BaseException:
        empty(url)
        raise


@contextmanager
def _emptied_on_failure(data: Path, unpacked: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for entry in data.iterdir():
            if entry.name == LOCK_FILE or entry == unpacked:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        raise


async def _prove(url: str, rooms: tuple[str, ...], audit: Audit) -> None:
    async with Database.open(url, pool_max=2) as database:
        await migrate(database, rooms)
        if wrong := await audit(database):
            raise BackupBroken(reason="the books do not balance: " + "; ".join(wrong))
