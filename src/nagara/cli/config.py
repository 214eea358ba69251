"""`nagara config check`: every setting, its value and where it comes from."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from nagara.cli.settings import HIDDEN, PREFIX, SETTINGS, Settings, load
from nagara.cli.up import told
from nagara.kernel.errors import CodedError


@click.group()
def config() -> None:
    """Check the settings and say where each comes from."""


@config.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def check(data: Path | None, *, as_json: bool) -> None:
    """Print every setting with its value and source; exit 1 where one is wrong or unknown."""
    try:
        settings = load({"data": data}, os.environ)
    except CodedError as error:
        sys.exit(f"nagara: {told(error)}")
    rows = shown(settings)
    if as_json:
        click.echo(json.dumps({name: {"value": v, "source": s} for name, v, s in rows}))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        text = "-" if value is None else str(value).lower() if value in {True, False} else value
        click.echo(f"{name:<{width}}  {text}  ({source})  # {SETTINGS[name].purpose}")
    click.echo(f"A setting may stand in nagara.toml, or as {PREFIX}NAME in a variable.")


def shown(settings: Settings) -> list[tuple[str, object, str]]:
    """Name, value and source of every setting; a secret that is set is only said to be set."""
    return [
        (name, HIDDEN if SETTINGS[name].secret and found.value is not None else found.value, source)
        for name, found in settings.found.items()
        for source in [found.source]
    ]
