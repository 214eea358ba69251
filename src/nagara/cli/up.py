"""`nagara up`: start the country and stay up until Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from nagara import __version__
from nagara.cli import logs
from nagara.cli.children import Parts
from nagara.cli.settings import Settings, countries, load
from nagara.cli.supervisor import GivenUp, Supervisor
from nagara.kernel.errors import CodedError
from nagara.kernel.sentences import sentence

_JOURNEY_SECONDS_MAX: Final = 60
_PAGES: Final = (
    ("pay", "/wallet"),
    ("be paid", "/merchant"),
    ("operate", "/operate"),
    ("build", "/docs"),
)


def country_parts() -> Parts:
    """The country as wiring plugs it together."""
    from nagara.wiring import ROOMS

    return Parts("nagara.web.app:create_app", "nagara.wiring:background", tuple(ROOMS))


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
@click.option("--port", type=int, help="Default: 8000")
@click.option("--host", help="The address to listen on. Default: 127.0.0.1")
@click.option("--country", type=click.Choice(countries()), help="Default: la")
@click.option("--workers", type=int, help="How many web processes. Default: 2")
@click.option("--demo/--no-demo", default=None, help="Visible one-time codes, made-up people.")
@click.option("--journey", is_flag=True, help="Walk through a day once it is up.")
def up(*, journey: bool, **options: object) -> None:
    """Start the country and stay up until Ctrl-C."""
    run(options, None, journey=journey)


def run(options: dict[str, object], parts: Parts | None, *, journey: bool = False) -> None:
    """As the command, with the parts of another country where they are given."""
    logs.configure()
    try:
        settings = load(options, os.environ)
        supervisor = Supervisor(settings, parts or country_parts(), _say)
        supervisor.run(lambda seconds: _announce(settings, seconds, journey=journey))
    except CodedError as error:
        sys.exit(f"nagara: {told(error)}")
    except GivenUp as reason:
        sys.exit(f"nagara: {reason}")
    _say("Stopped.")


def told(error: CodedError) -> str:
    """What an operator reads: what happened, why, what to do, and the code to look up."""
    said = sentence(error, "en")
    return f"{said.what}\n  {said.why}\n  {said.do}\n  [{error.slug}, {error.code}]"


def _say(line: str) -> None:
    click.echo(line, err=False)
    sys.stdout.flush()


def _announce(settings: Settings, seconds: float, *, journey: bool) -> None:
    url = settings.public_url
    _say(f"Nagara {__version__}, country {settings.country}, is up after {seconds:.1f} s: {url}")
    for what, path in _PAGES:
        _say(f"  {what:<8} {url}{path}")
    _say(f"  data     {settings.data}")
    if settings.demo:
        _say("  demo     one-time codes are shown on screen; nobody here is real")
    if journey:
        _walk(settings)
    _say("Ctrl-C stops it.")


def _walk(settings: Settings) -> None:
    """A day in the country, by a program of its own, as a stranger would live it."""
    _say("A day in the country, each step checked:")
    command = [sys.executable, "-m", "nagara", "demo", "--url", settings.public_url]
    try:
        done = subprocess.run(command, check=False, timeout=_JOURNEY_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        _say("The day took too long; the country is up all the same.")
        return
    if done.returncode != 0:
        _say("A step of the day failed; the country is up all the same.")
