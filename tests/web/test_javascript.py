"""The pure parts of the pages' JavaScript, run by Node's own test runner."""

import shutil
import subprocess
from pathlib import Path

TESTS = Path(__file__).parent / "js"


def test_the_javascript_core_keeps_its_laws() -> None:
    node = shutil.which("node")
    assert node is not None, "apt install nodejs"
    files = sorted(str(path) for path in TESTS.glob("*.test.js"))
    run = subprocess.run(
        [node, "--experimental-global-webcrypto", "--test", *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
