"""A day in the country: the program of a stranger, against a country that a stranger started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nagara.kernel import canonical
from tests.cli.running_country import RunningCountry

REAL = "from nagara.__main__ import main"  # importing it runs the command line


def nagara(*words: str) -> subprocess.CompletedProcess[str]:
    """One command, as typed."""
    command = [sys.executable, "-m", "nagara", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCountry]:
    """A demo that is up."""
    data = tmp_path_factory.mktemp("day")
    data.chmod(0o755)
    code = "import sys; sys.argv[1:1] = ['up', '--demo']; " + REAL
    running = RunningCountry(data / "country", code=code)
    try:
        running.wait_until_up()
        yield running
        assert running.signal(signal.SIGTERM) == 0
    finally:
        running.end()


def test_a_day_in_a_country_that_is_up_is_walked_and_every_step_checked(
    country: RunningCountry,
) -> None:
    walked = nagara("demo", "--url", f"http://127.0.0.1:{country.port}", "--json")
    told = json.loads(walked.stdout)
    states = [step["state"] for step in told["steps"]]
    assert walked.returncode == 0, walked.stdout
    assert told["ok"]
    assert states.count("checked") == 7
    assert "failed" not in states


def test_the_day_fails_where_there_is_no_country() -> None:
    walked = nagara("demo", "--url", "http://127.0.0.1:9", "--json")
    assert walked.returncode == 1
    assert not json.loads(walked.stdout)["ok"]


def test_a_one_time_code_is_given_to_who_may_read_the_data_folder(
    country: RunningCountry, tmp_path: Path
) -> None:
    given = nagara("operator", "--data", str(country.data))
    assert given.returncode == 0
    assert len(given.stdout.strip()) == len("4T9K-0WXM-7Q2C")
    assert nagara("operator", "--data", str(tmp_path / "nothing")).returncode == 1


def test_a_receipt_is_verified_without_a_network_and_a_changed_one_is_refused(
    tmp_path: Path,
) -> None:
    made = json.loads(Path("spec/vectors/receipt.json").read_text())
    receipt, trust = tmp_path / "receipt.json", tmp_path / "trust.json"
    file = made["receipts"][0]["file"]
    receipt.write_text(json.dumps(file))
    trust.write_bytes(canonical.json(made["trust"]))
    good = nagara("verify", str(receipt))
    assert (good.returncode, good.stdout.split(":")[0]) == (0, "VALID")
    file["salt"] = file["salt"][::-1]
    receipt.write_text(json.dumps(file))
    bad = nagara("verify", str(receipt), "--language", "vi")
    assert (bad.returncode, bad.stdout.split(":")[0]) == (1, "NOT VALID")


def test_a_receipt_is_not_verified_without_the_keys_of_a_country(tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_text("{}")
    asked = nagara("verify", str(receipt))
    assert asked.returncode == 1
    assert "--trust" in asked.stderr
