"""`nagara bench NAME`: measure this machine against a reference, in one run."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import click

_NAMES: Final = ("ledger", "payments")


@click.command()
@click.argument("name", type=click.Choice(_NAMES))
@click.option("--seconds", default=10, show_default=True, help="Length of each measurement.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def bench(name: str, seconds: int, as_json: bool) -> None:  # noqa: FBT001
    """Measure this machine against a reference, in one run. Needs the source checkout."""
    root = Path(__file__).parents[3]
    if not (root / "bench" / f"{name}.py").is_file():
        sys.exit("nagara: benchmarks come with the source checkout, not with the package")
    sys.path.insert(0, str(root))
    found = import_module(f"bench.{name}").run(lambda line: click.echo(line, err=True), seconds)
    if as_json:
        click.echo(json.dumps(found))
        return
    for key, value in found.items():
        click.echo(f"{key:<32} {value}")
