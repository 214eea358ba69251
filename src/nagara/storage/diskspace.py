"""The room left on the disk under the embedded database.

PostgreSQL stops hard when its log cannot grow: writing ends while there is room to recover.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1 << 20
RESERVE_MB: Final = 96  # six log segments: enough to finish what runs and to recover after a crash


class DiskSpace:
    """Watches the file system of one folder. Asking costs a microsecond."""

    def __init__(self, folder: Path, reserve_mb: int = RESERVE_MB) -> None:
        self._folder = folder
        self._reserve_mb = reserve_mb

    def free_mb(self) -> int:
        """Whole megabytes that an unprivileged process may still write."""
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize // MEGABYTE

    def is_short(self) -> bool:
        """Whether writing must stop now."""
        return self.free_mb() < self._reserve_mb
