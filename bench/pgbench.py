"""The reference: pgbench's TPC-B (prepared, 32 clients) on the country's own server."""

from __future__ import annotations

import re
import subprocess
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from nagara.storage.engine import binaries

CLIENTS: Final = 32
SCALE: Final = 32  # one branch for each client, so that the reference does not queue on a few rows
NAME: Final = "pgbench TPC-B, prepared, 32 clients, scale 32, same server"
_DATABASE: Final = "nagara_reference"
_RATE: Final = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)


class Reference:
    """A database of its own on the country's server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        self._where = ["-h", unquote(host), "-U", parts.username or "nagara"]

    def prepare(self) -> None:
        """Make the tables of the reference."""
        self._run("createdb", "-U", "postgres", "-O", "nagara", _DATABASE)
        self._run("pgbench", "-i", "-q", "-s", str(SCALE), _DATABASE)

    def rate(self, seconds: int) -> float:
        """Transactions per second over a run."""
        said = self._run(
            "pgbench", "-M", "prepared", "-n", "-c", str(CLIENTS), "-j", "2",
            "-T", str(seconds), _DATABASE,
        )  # fmt: skip
        found = _RATE.search(said)
        if found is None:
            raise RuntimeError(f"pgbench said no rate: {said[-400:]}")
        return float(found[1])

    def _run(self, program: str, *options: str) -> str:
        command = [str(binaries() / program), *self._where, *options]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout
