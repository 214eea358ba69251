"""The npm codecs, installed once from the lock file into a cache outside the repository."""

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


def _program(name: str) -> str:
    """Node's programs of the machine, else those of the wheel in the virtual environment."""
    return shutil.which(name) or str(Path(sys.executable).with_name(name))


def modules() -> Path:
    """The folder `node_modules` that holds just what the lock file names."""
    digest = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _LISTS)).hexdigest()
    cache = Path(os.environ.get("NAGARA_CACHE") or Path.home() / ".cache" / "nagara")
    folder = cache / "npm" / f"foreign-qr-{digest[:16]}"
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


def ask(questions: list[dict[str, Any]]) -> list[Any]:
    """The answers of the codecs to all questions, from one process."""
    done = subprocess.run(
        [_program("node"), str(_HERE / "codecs.cjs")],
        input=json.dumps(questions),
        env=os.environ | {"NODE_PATH": str(modules())},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(questions)
    return answers
