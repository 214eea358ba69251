"""The command line: `nagara COMMAND`. A command is a module, loaded when it is called.

So `nagara qr decode` does not pay for the database driver, and a command can be found by its name.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from nagara import __version__

# command -> (module, one line of help); the module holds a click command of the same name
_COMMANDS: Final = {
    "backup": ("nagara.cli.backup", "Write the whole country into one file."),
    "bench": ("nagara.cli.bench", "Measure this machine against a reference, in one run."),
    "config": ("nagara.cli.config", "Check the settings and say where each comes from."),
    "demo": ("nagara.cli.demo", "Walk through a day of the country, checking each step."),
    "doctor": ("nagara.cli.doctor", "Say what is missing before anything starts."),
    "operator": ("nagara.cli.operator", "Give an operator a one-time code for /operate."),
    "qr": ("nagara.cli.qr", "Read and write payment QR codes."),
    "restore": ("nagara.cli.restore", "Bring a country back from a backup, and prove its sums."),
    "up": ("nagara.cli.up", "Start the country and stay up until Ctrl-C."),
    "verify": ("nagara.cli.verify", "Check a receipt without any network."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[name][0])
        command = getattr(module, name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(_COMMANDS.items())])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nagara")
def cli() -> None:
    """Nagara: a country's digital public infrastructure in one package."""


def main() -> None:
    """The console script. Refuses to run without assertions, which guard the books."""
    if sys.flags.optimize:
        raise SystemExit(
            "nagara: python -O removes the checks that guard the books; start without it"
        )
    cli()
