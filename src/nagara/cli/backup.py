"""`nagara backup FILE`: the whole country in one file, while it runs or not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from nagara import __version__
from nagara.cli.database_at_hand import database_at_hand
from nagara.cli.settings import load
from nagara.cli.up import told
from nagara.kernel.errors import CodedError
from nagara.kernel.instant import SystemClock
from nagara.storage.backup import Manifest, estimated_bytes, write_backup


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def backup(file: Path, data: Path | None, *, as_json: bool) -> None:
    """Write the whole country into FILE: records, encrypted keys, settings."""
    try:
        manifest = _write(file.resolve(), data, quiet=as_json)
    except CodedError as error:
        sys.exit(f"nagara: {told(error)}")
    size = file.stat().st_size
    if as_json:
        click.echo(json.dumps({"file": str(file), "bytes": size, "files": len(manifest.members)}))
    else:
        click.echo(f"{file}: {size:,} bytes, {len(manifest.members)} files inside.")
        click.echo("Keep the passphrase of the keys elsewhere: without it they stay closed.")


def _write(file: Path, data: Path | None, *, quiet: bool) -> Manifest:
    settings = load({"data": data}, os.environ)
    with database_at_hand(settings) as url, bar(quiet=quiet) as progress:
        task = progress.add_task("Writing", total=estimated_bytes(url))
        return write_backup(
            file,
            url=url,
            data=settings.data,
            country=settings.country,
            version=__version__,
            at=SystemClock().now(),
            moved=lambda count: progress.advance(task, count),
        )


def bar(*, quiet: bool) -> Progress:
    """A progress bar on the error output; none where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    progress = Progress(*columns, transient=True, disable=quiet or not sys.stderr.isatty())
    progress.live.console.stderr = True
    return progress
