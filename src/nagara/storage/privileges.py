"""Running PostgreSQL without privileges: it refuses to run as root, and rightly so.

As an ordinary user everything runs as that user. As root it runs as `nobody`; where the binaries
or the data folder lie under a folder which nobody may enter (a root's home of mode 0700), it gets
the one capability to pass through folders and read, and no folder of others is changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nagara.storage.refusals import EngineFailed

_USER: Final = "nobody"
# CAP_DAC_READ_SEARCH passes through and reads; containers often have CAP_DAC_OVERRIDE only
_CAPABILITIES: Final = (("dac_read_search", 2), ("dac_override", 1))


class Privileges:
    """As whom the engine runs, given the folders which it must reach."""

    def __init__(self, *folders: Path) -> None:
        self.dropped = os.geteuid() == 0
        self.user = pwd.getpwnam(_USER) if self.dropped else pwd.getpwuid(os.geteuid())
        self._setpriv = shutil.which("setpriv")
        if self._setpriv is None:
            raise EngineFailed(reason="setpriv is needed: apt-get install util-linux")
        self._options = self._drop(folders) if self.dropped else ()

    def command(self, arguments: Sequence[str], *, dies_with_parent: bool = False) -> list[str]:
        """The command line which runs `arguments` as that user.

        With `dies_with_parent` the kernel tells it to finish (SIGINT) when this process ends,
        however it ends.
        """
        assert self._setpriv is not None
        bond = ("--pdeathsig=INT",) if dies_with_parent else ()
        return [self._setpriv, *self._options, *bond, *arguments]

    def own(self, folder: Path) -> None:
        """Give a folder of ours, with all in it, to that user; closed to everybody else."""
        folder.chmod(0o700)
        if not self.dropped or folder.stat().st_uid == self.user.pw_uid:
            return
        for parent, _, files in os.walk(folder):
            for path in (Path(parent), *(Path(parent, name) for name in files)):
                os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def _drop(self, folders: Sequence[Path]) -> tuple[str, ...]:
        drop = (f"--reuid={_USER}", f"--regid={self.user.pw_gid}", "--clear-groups")
        if all(_open_to_all(folder) for folder in folders):
            return (*drop, "--inh-caps=-all", "--no-new-privs")
        held = _effective_capabilities()
        for name, number in _CAPABILITIES:
            if held >> number & 1:
                capability = (f"--inh-caps=-all,+{name}", f"--ambient-caps=-all,+{name}")
                # else access(2), by which initdb finds its neighbours, would not count it
                return (*drop, *capability, "--securebits=+no_setuid_fixup")
        raise EngineFailed(reason="as root, this folder is closed to the database: use another")


def _open_to_all(folder: Path) -> bool:
    """Whether everybody may pass through the folders above this one, and itself if it exists."""
    resolved = folder.resolve()
    above = [resolved, *resolved.parents]
    return all(path.stat().st_mode & stat.S_IXOTH for path in above if path.exists())


def _effective_capabilities() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
