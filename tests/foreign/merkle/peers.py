"""The peers as processes: each is asked everything at once, and holds no state between."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_LISTS: Final = ("package.json", "package-lock.json")
_SECONDS_MAX: Final = 300  # the first time, Go compiles and npm installs


def ask_go(questions: dict[str, Any]) -> dict[str, Any]:
    """What the libraries of go.sum say; Go itself holds their bytes to it."""
    command = [_program("go"), "run", "."]
    answers: dict[str, Any] = _answered(command, questions, {"GOFLAGS": "-mod=readonly"})
    return answers


def ask_node(questions: list[dict[str, str]]) -> list[bool]:
    """What the library of package-lock.json says."""
    command = [_program("node"), str(_HERE / "reader.cjs")]
    answers: list[bool] = _answered(command, questions, {"NODE_PATH": str(_modules())})
    assert len(answers) == len(questions)
    return answers


def _answered(command: list[str], questions: object, said: dict[str, str]) -> Any:  # noqa: ANN401
    done = subprocess.run(
        command,
        input=json.dumps(questions),
        env=os.environ | said,
        cwd=_HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=_SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _program(name: str) -> str:
    """A program of the machine, else that of the wheel in the virtual environment."""
    return shutil.which(name) or str(Path(sys.executable).with_name(name))


def _modules() -> Path:
    digest = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _LISTS)).hexdigest()
    cache = Path(os.environ.get("NAGARA_CACHE") or Path.home() / ".cache" / "nagara")
    folder = cache / "npm" / f"foreign-merkle-{digest[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes may come at once
        if not (folder / "done").exists():
            for name in _LISTS:
                shutil.copyfile(_HERE / name, folder / name)
            install = [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=300)
            (folder / "done").touch()
    return folder / "node_modules"
