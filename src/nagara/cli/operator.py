"""`nagara operator`: a one-time code for /operate, for whoever may read the data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import click

from nagara.cli.settings import load
from nagara.kernel.errors import CodedError
from nagara.kernel.instant import SystemClock

CODE_SECONDS: Final = 600


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
def operator(data: Path | None) -> None:
    """Give an operator a one-time code for /operate."""
    try:
        settings = load({"data": data}, os.environ)
        if not settings.data.is_dir():
            sys.exit(f"nagara: no country has been started in {settings.data}")
        from nagara.wiring import operator_codes

        code = operator_codes(settings.data, SystemClock()).new(CODE_SECONDS)
    except CodedError as error:
        sys.exit(f"nagara: {error}")
    click.echo(code)
    minutes = CODE_SECONDS // 60
    click.echo(f"Type it at /operate of this country within {minutes} minutes.", err=True)
