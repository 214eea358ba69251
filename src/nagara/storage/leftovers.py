"""What an earlier life left behind in a cluster's folder: processes, lock files, socket folders.

A process belongs to the cluster when its working folder is the cluster's: every server process of
PostgreSQL stays there for life, and nothing else does. A process id in a file proves nothing: the
number may be somebody else's by now.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from nagara.storage.refusals import EngineFailed

SOCKET_FOLDER_PREFIX: Final = "nagara-socket-"
_POLL_SECONDS: Final = 0.02
# first politely (finish and write a checkpoint), then at once, then without being asked. A server
# which was told to stop while it recovers can wait for ever: to end it at once loses nothing, the
# next start reads the log again
_STAGES: Final = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_PID_FILE: Final = "postmaster.pid"
_SOCKET_LINE: Final = 4


def processes_in(cluster: Path) -> list[int]:
    """The ids of the live server processes of this cluster."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended, or is not ours to look at
                if (entry / "cwd").readlink() == cluster and _is_server(entry):
                    found.append(int(entry.name))
    return sorted(found)


def clear(cluster: Path) -> None:
    """End what still runs in this cluster and remove its stale files.

    The caller holds the lock of the data folder, so nobody else is starting it just now. Raises
    EngineFailed where a process does not end.
    """
    for signal_number, seconds_max in _STAGES:
        running = processes_in(cluster)
        if not running:
            break
        # the postmaster alone where it lives: it ends the others in order
        first = _postmaster(cluster)
        for pid in [first] if first in running else running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        _wait(lambda: not processes_in(cluster), seconds_max)
    else:
        raise EngineFailed(reason=f"process {processes_in(cluster)[0]} does not end")
    _remove_socket_folder(cluster)
    (cluster / _PID_FILE).unlink(missing_ok=True)


def pid_file_lines(cluster: Path) -> list[str]:
    """The lines of postmaster.pid, or none. Form: PostgreSQL's miscadmin.h, LOCK_FILE_LINE_*."""
    try:
        return (cluster / _PID_FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def socket_folder(cluster: Path) -> Path | None:
    """Where the server of this cluster listens, as far as its file says."""
    lines = pid_file_lines(cluster)
    return Path(lines[_SOCKET_LINE]) if len(lines) > _SOCKET_LINE and lines[_SOCKET_LINE] else None


def _postmaster(cluster: Path) -> int:
    lines = pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].isdigit() else 0


def _remove_socket_folder(cluster: Path) -> None:
    folder = socket_folder(cluster)
    if folder is not None and folder.name.startswith(SOCKET_FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _is_server(process: Path) -> bool:
    return (process / "comm").read_text("utf-8").strip() == "postgres"


def _wait(done: Callable[[], bool], seconds_max: float) -> None:
    end = time.monotonic() + seconds_max
    while not done() and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
