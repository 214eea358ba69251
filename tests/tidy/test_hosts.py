"""No file names the host of a package registry, or a path of the machine it was written on.

A country is built from whichever registry its own machines are told to use. The hosts are asked of
the package clients themselves, so that this file does not name them either.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.tidy.tree import ROOT, files, text

_ASK_PIP: Final = (
    "from pip._internal.models.index import PyPI, TestPyPI\n"
    "for index in (PyPI, TestPyPI):\n"
    "    print(index.url, 'https://' + index.file_storage_domain)\n"
)


def _said(*command: str) -> str:
    """What a client says; nothing where it is not there or has no such setting."""
    if shutil.which(command[0]) is None:
        return ""
    asked = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    return asked.stdout if asked.returncode == 0 else ""


@cache
def _registry_hosts() -> set[str]:
    npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
    pip = (sys.executable, "-m", "pip", "config", "get")
    answers = [
        _said(sys.executable, "-c", _ASK_PIP),
        *(_said(*pip, f"{level}.index-url") for level in ("global", "user", "site", ":env:")),
        *(_said(*pip, f"{level}.extra-index-url") for level in ("global", "user", "site", ":env:")),
        _said(npm, "config", "get", "registry"),
        _said("go", "env", "GOPROXY").replace(",", " "),
    ]
    urls = [word for answer in answers for word in answer.split() if "://" in word]
    return {host for url in urls if (host := urlsplit(url).hostname)}


def test_the_package_clients_name_at_least_two_registries() -> None:
    assert len(_registry_hosts()) >= 2


def test_no_file_names_the_host_of_a_registry() -> None:
    hosts = _registry_hosts()
    named = {str(path) for path in files() for host in hosts if host in text(path)}
    assert not named


def test_no_file_names_a_path_of_this_machine() -> None:
    places = {f"{place}/" for place in (ROOT, Path.home()) if len(place.parts) > 1}
    named = {str(path) for path in files() for place in places if place in text(path)}
    assert not named
