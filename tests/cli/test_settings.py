"""Settings: the later source wins, nothing unknown passes, and no secret is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nagara.cli.config import config
from nagara.cli.settings import SETTINGS, load
from nagara.kernel.refusals import Malformed

_SECRET = "correct horse battery staple"


def _file(folder: Path, text: str) -> Path:
    (folder / "nagara.toml").write_text(text, "utf-8")
    return folder


def test_an_option_beats_a_variable_which_beats_the_file_which_beats_the_default(
    tmp_path: Path,
) -> None:
    _file(tmp_path, 'port = 8001\ncountry = "vn"\nworkers = 3\n')
    settings = load(
        {"data": tmp_path, "port": 8003, "country": None},
        {"NAGARA_PORT": "8002", "NAGARA_WORKERS": "4", "PATH": "/bin"},
    )
    assert (settings.port, settings.workers, settings.country) == (8003, 4, "vn")
    sources = {name: found.source for name, found in settings.found.items()}
    assert sources["port"] == "option"
    assert sources["workers"] == "variable"
    assert sources["country"] == str(tmp_path / "nagara.toml")
    assert sources["host"] == "default"


@pytest.mark.parametrize(
    ("file", "variables", "said"),
    [
        ("prot = 1", {}, "prot, reason=no setting has this name"),
        ("", {"NAGARA_DATABSE_URL": "x"}, "NAGARA_DATABSE_URL"),
        ("port = 0", {}, "port"),
        ("port = 65536", {}, "port"),
        ("port = true", {}, "port"),
        ('port = "eighty"', {}, "port"),
        ("port = 80.5", {}, "port"),
        ('country = "xx"', {}, "one of la, vn"),
        ("workers = 0", {}, "workers"),
        ('profile = "prod"', {}, "demo or production"),
        ("demo = 2", {}, "true or false"),
        ("port = [", {}, "nagara.toml"),
        ('key_passphrase = "x"', {}, "belongs in NAGARA_KEY_PASSPHRASE"),
        ('data = "elsewhere"', {}, "belongs in NAGARA_DATA"),
        ("", {"NAGARA_DATABASE_URL": ""}, "database_url"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    tmp_path: Path, file: str, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(Malformed, match=said):
        load({"data": _file(tmp_path, file)}, variables)


def test_in_production_no_demonstration_can_be_switched_on(tmp_path: Path) -> None:
    variables = {"NAGARA_PROFILE": "production", "NAGARA_KEY_PASSPHRASE": _SECRET}
    assert not load({"data": tmp_path}, variables).demo
    with pytest.raises(Malformed, match="cannot be switched on in production"):
        load({"data": tmp_path, "demo": True}, variables)


def test_production_does_not_start_without_the_passphrase_of_its_keys(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="NAGARA_KEY_PASSPHRASE"):
        load({"data": tmp_path}, {"NAGARA_PROFILE": "production"})


def test_the_passphrase_may_lie_in_a_file_that_is_not_empty(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    variables = {"NAGARA_PROFILE": "production", "NAGARA_KEY_PASSPHRASE_FILE": str(secret)}
    with pytest.raises(Malformed, match="No such file"):
        load({"data": tmp_path}, variables)
    secret.write_text(" \n")
    with pytest.raises(Malformed, match="is empty"):
        load({"data": tmp_path}, variables)
    secret.write_text(_SECRET + "\n")
    assert load({"data": tmp_path}, variables).key_passphrase == _SECRET


def test_a_child_process_reads_the_same_values_from_its_variables(tmp_path: Path) -> None:
    first = load({"data": tmp_path, "port": 9000, "demo": False}, {"NAGARA_COUNTRY": "vn"})
    second = load({}, first.environment())
    for name in SETTINGS:
        if name != "public_url":
            assert second.found[name].value == first.found[name].value or name == "data"
    assert (second.data, second.public_url) == (first.data, first.public_url)


@pytest.mark.parametrize("as_json", [True, False])
def test_config_check_prints_every_setting_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    monkeypatch.setenv("NAGARA_KEY_PASSPHRASE", _SECRET)
    monkeypatch.setenv("NAGARA_DATABASE_URL", f"postgresql://u:{_SECRET}@h/d")
    options = ["check", "--data", str(tmp_path), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(config, options)
    assert done.exit_code == 0, done.output
    assert _SECRET not in done.output
    assert done.output.count("(hidden)") == 2
    for name in SETTINGS:
        assert name in done.output
    if as_json:
        assert json.loads(done.output)["port"] == {"value": 8000, "source": "default"}


def test_config_check_exits_with_one_where_a_name_is_unknown(tmp_path: Path) -> None:
    done = CliRunner().invoke(config, ["check", "--data", str(_file(tmp_path, "prot = 1"))])
    assert done.exit_code == 1
    assert "prot" in done.output


def test_a_secret_that_does_not_fit_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(Malformed) as raised:
        load({"data": _file(tmp_path, "database_url = 12345678")}, {})
    assert "12345678" not in str(raised.value)
