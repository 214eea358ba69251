"""One country, one supervisor: the lock of a data folder.

The kernel holds it (flock) and drops it with the process, so it is never stale. The file's text
only says who holds it, for the person whose second start is refused.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nagara.storage.refusals import FolderHeld

LOCK_FILE: Final = "nagara.lock"
_TEXT_BYTES_MAX: Final = 200


@contextmanager
def folder_lock(data: Path) -> Iterator[int]:
    """Hold the folder while the block runs; gives the descriptor, which a forked child closes.

    Raises FolderHeld with the holder's process id where another process has it.
    """
    descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, _TEXT_BYTES_MAX).decode("utf-8", "replace").strip()
            raise FolderHeld(holder=holder or "another process", folder=str(data)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
