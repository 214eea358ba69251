"""`nagara doctor` names each missing thing with the one line that mends it."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nagara.cli import doctor as module
from nagara.cli.doctor import doctor, examine
from nagara.cli.settings import load
from tests.cli.running_country import free_port


def _findings(tmp_path: Path, **variables: str) -> dict[str, module.Finding]:
    settings = load({"data": tmp_path, "port": free_port()}, variables)
    return {finding.what: finding for finding in examine(settings)}


def test_a_machine_that_has_everything_is_well(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        doctor, ["--data", str(tmp_path), "--port", str(free_port()), "--json"]
    )
    said = json.loads(done.output)
    assert said["well"] is (done.exit_code == 0) is True, done.output


def test_everything_that_is_missing_comes_with_a_line_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "PYTHON_MIN", (4, 0))
    monkeypatch.setattr(module, "FREE_MB_MIN", 10**9)
    monkeypatch.setattr(module, "MEMORY_MB_MIN", 10**9)
    monkeypatch.setattr(module, "NOT_BEFORE_SECONDS", 10**11)
    settings = load({"data": tmp_path, "port": free_port()}, {})
    kept = sys.path.copy()
    sys.path.clear()  # so that the wheel is not found
    try:
        findings = list(examine(settings))
    finally:
        sys.path.extend(kept)
    missing = [finding for finding in findings if not finding.good]
    assert len(missing) == 9
    assert all(finding.mend and "\n" not in finding.mend for finding in missing)


def test_what_only_tests_use_does_not_keep_a_country_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FOR_TESTS", (("no-such-program", "no-such-package"),))
    done = CliRunner().invoke(doctor, ["--data", str(tmp_path), "--port", str(free_port())])
    assert done.exit_code == 0
    assert "apt-get install -y no-such-package" in done.output


def test_a_taken_port_is_found_and_another_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(doctor, ["--data", str(tmp_path), "--port", str(port)])
    assert done.exit_code == 1
    assert f"nagara up --port {port + 1}" in done.output


def test_a_database_of_ones_own_is_asked_for_its_version(tmp_path: Path, postgres_url: str) -> None:
    found = _findings(tmp_path, NAGARA_DATABASE_URL=postgres_url)["PostgreSQL 15 or newer"]
    assert (found.good, found.found) == (True, "18")


def test_a_database_that_does_not_answer_is_named_without_its_address(tmp_path: Path) -> None:
    url = "postgresql://u:secret@127.0.0.1:1/x"
    found = _findings(tmp_path, NAGARA_DATABASE_URL=url)["PostgreSQL 15 or newer"]
    assert not found.good
    assert "secret" not in found.found + found.mend


def test_a_data_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    findings = _findings(tmp_path / "a" / "b")
    assert str(tmp_path) in findings["512 MB of disk"].found
