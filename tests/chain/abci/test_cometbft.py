"""How the programs of CometBFT are obtained: once, known by the hash of their source, or refused.

Go is the border: a script stands in for it, since the real one takes minutes. The real one made the
programs which the other tests here run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nagara.chain.abci.cometbft import VERSION, ProgramMissing, program

GOOD = "h1:jtGSyssudmkjED2fk9wFGfd/fNyPKvLIinW62ELxZH4="
PlaceGo = Callable[[str], Path]


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlaceGo:
    """Puts a `go` first on the path, which does as told, and keeps what it was asked for."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("NAGARA_CACHE", str(tmp_path / "cache"))

    def place(does: str) -> Path:
        said = tmp_path / "asked"
        (tmp_path / "go").write_text(f'#!/bin/sh\necho "$@" >> {said}\n{does}\n')
        (tmp_path / "go").chmod(0o755)
        return said

    return place


def making(source: str) -> str:
    return (
        'if [ "$1" = install ]; then echo made > "$GOBIN/cometbft"\n'
        f"else printf '\\tmod\\tgithub.com/cometbft/cometbft\\t{VERSION}\\t{source}\\n'; fi"
    )


def test_a_program_is_made_once_and_then_found(go: PlaceGo) -> None:
    asked = go(making(GOOD))
    first, second = program("cometbft"), program("cometbft")
    assert first == second
    assert first.read_text() == "made\n"
    installs = [line for line in asked.read_text().splitlines() if line.startswith("install")]
    assert installs == [f"install github.com/cometbft/cometbft/cmd/cometbft@{VERSION}"]


def test_a_program_made_from_another_source_is_refused_and_not_kept(
    go: PlaceGo, tmp_path: Path
) -> None:
    go(making("h1:AAAAyssudmkjED2fk9wFGfd/fNyPKvLIinW62ELxZH4="))
    with pytest.raises(ProgramMissing, match="another source"):
        program("cometbft")
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["lock"]


def test_what_go_says_when_it_fails_is_told(go: PlaceGo) -> None:
    go("echo no such module >&2; exit 1")
    with pytest.raises(ProgramMissing, match="no such module"):
        program("cometbft")


def test_a_version_whose_source_is_not_known_is_refused_before_anything_is_made(
    go: PlaceGo,
) -> None:
    asked = go(making(GOOD))
    with pytest.raises(ProgramMissing, match=r"v1\.0\.1"):
        program("cometbft", "v1.0.1")
    assert not asked.exists()
