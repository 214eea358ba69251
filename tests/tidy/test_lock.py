"""The lock: what is installed is pinned, known by its hash, and is what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy.tree import ROOT

LISTS: Final = ("run", "test")
_PIN: Final = re.compile(
    r"^([a-z0-9._-]+)==(\S+) \\$((?:\n {4}--hash=sha256:[0-9a-f]{64}.*)+)", re.MULTILINE
)


def _lock(name: str) -> str:
    return (ROOT / f"requirements/{name}.txt").read_text("utf-8")


def _pins(name: str) -> dict[str, str]:
    return {canonicalize_name(pin[1]): pin[2] for pin in _PIN.finditer(_lock(name))}


def _missing(wanted: list[str], pins: dict[str, str]) -> list[str]:
    asked = [Requirement(line) for line in wanted]
    return [
        str(one)
        for one in asked
        if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))
    ]


@pytest.mark.parametrize("name", LISTS)
def test_every_package_of_a_lock_is_pinned_with_hashes(name: str) -> None:
    named = re.findall(r"^[a-zA-Z0-9]\S*", _lock(name), re.MULTILINE)
    assert len(named) == len(_pins(name)) > 10


def test_the_lock_holds_what_the_country_needs_to_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    assert not _missing(wanted, _pins("run"))


def test_the_lock_holds_what_the_tests_need() -> None:
    lines = (ROOT / "requirements/test.in").read_text("utf-8").splitlines()
    named = [line.partition("#")[0].strip() for line in lines]
    wanted = [line for line in named if line and not line.startswith("-")]
    assert not [line for line in wanted if canonicalize_name(line) not in _pins("test")]


def test_both_locks_agree_on_every_package_that_they_share() -> None:
    run, test = _pins("run"), _pins("test")
    assert {name: run[name] for name in run.keys() & test} == {
        name: test[name] for name in run.keys() & test
    }
