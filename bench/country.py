"""A country of the benchmark's own: started as `nagara up` starts it, filled, watched, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

READY_SECONDS_MAX: Final = 60.0
_STOP_SECONDS_MAX: Final = 30.0


@dataclass(slots=True)
class Running:
    """A country that is up."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    ready_seconds: float

    @property
    def database_url(self) -> str:
        """Where its database is: PostgreSQL writes its socket's folder into its lock file."""
        lock = (self.data / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql://nagara@/nagara?host={quote(lock[4], safe='')}"

    def memory_mb(self) -> float:
        """The memory of all its processes: shared pages counted once (PSS)."""
        return sum(_pss_kb(pid) for pid in _family(self.process.pid)) / 1024


@contextmanager
def folder() -> Iterator[Path]:
    """A data folder that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="nagara-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running(data: Path, *, workers: int = 2) -> Iterator[Running]:
    """`nagara up` on a folder, until the block ends. Its words are in `data`/up.log."""
    port = _free_port()
    command = [
        sys.executable, "-m", "nagara", "up", "--data", str(data), "--port", str(port),
        "--workers", str(workers), "--demo",
    ]  # fmt: skip
    with (data / "up.log").open("wb") as log:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        try:
            _await_ready(process, data)
            yield Running(data, port, process, time.monotonic() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS_MAX)


def _await_ready(process: subprocess.Popen[bytes], data: Path) -> None:
    """Until it says that it is up: every part has started then, made-up institutions included."""
    end = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < end and process.poll() is None:
        if b" is up after " in (data / "up.log").read_bytes():
            return
        time.sleep(0.02)
    raise RuntimeError(f"the country did not come up:\n{(data / 'up.log').read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
