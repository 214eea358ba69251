"""`nagara backup` and `restore`: the whole country or nothing, and only with sums that are zero."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import signal
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from nagara.cli import restore
from nagara.cli.backup import backup
from nagara.kernel.instant import Instant
from nagara.storage import Database, migrate
from nagara.storage.backup import unspoken, write_backup
from nagara.storage.engine import Engine
from tests.cli.running_country import RunningCountry
from tests.conftest import at_database

ROOMS = ("nagara.storage",)


async def _balanced(database: Database) -> Sequence[str]:
    async with database.read() as unit:
        await unit.connection.execute("SELECT FROM storage.outbox")
    return ()


async def _unbalanced(_database: Database) -> Sequence[str]:
    return ("LAK is off by 5",)


async def _prepare(url: str) -> None:
    async with Database.open(url, pool_max=1) as database:
        await migrate(database, ROOMS)
        async with database.unit() as unit:
            await unit.connection.execute(
                "INSERT INTO storage.outbox (topic, payload) "
                "SELECT 'kept', to_jsonb(n) FROM generate_series(1, 500) AS n"
            )


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM storage.outbox").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="nagara-backup-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def sound(folder: Path) -> Path:
    """A backup of a country with 500 rows and a key file."""
    data = folder / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "vault.json").write_text("sealed")
    (data / "nagara.toml").write_text('country = "vn"\n')
    file = folder / "sound.tar"
    with Engine(data).running() as url:
        asyncio.run(_prepare(url))
        write_backup(
            file, url=url, data=data, country="vn", version="1", at=Instant(0), moved=lambda _: None
        )
    return file


@pytest.fixture
def target(folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(dir=folder))
    yield path / "country"
    shutil.rmtree(path)


def _restore(file: Path, target: Path, audit: restore.Audit = _balanced) -> None:
    restore.run(file, {"data": target}, ROOMS, audit, as_json=True)


def test_a_restored_country_has_every_row_and_every_key_file(
    sound: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _restore(sound, target)
    assert json.loads(capsys.readouterr().out)["balanced"] is True
    assert (target / "keys" / "vault.json").read_text() == "sealed"
    assert (target / "keys" / "vault.json").stat().st_mode & 0o777 == 0o600
    with Engine(target).running() as url:
        assert _count(url) == 500


def test_books_that_do_not_balance_are_not_called_restored(sound: Path, target: Path) -> None:
    with pytest.raises(SystemExit, match="LAK is off by 5"):
        _restore(sound, target, _unbalanced)
    assert [entry.name for entry in target.iterdir()] == ["nagara.lock"]


def test_a_folder_that_is_not_empty_is_left_alone(sound: Path, target: Path) -> None:
    target.mkdir()
    (target / "mine").write_text("mine")
    with pytest.raises(SystemExit, match="is not empty"):
        _restore(sound, target)
    assert (target / "mine").read_text() == "mine"


def _rewritten(sound: Path, to: Path, **changes: bytes | None) -> Path:
    """The same tar with members replaced, dropped (None) or added; names with / as __."""
    wanted = {name.replace("__", "/").replace("_DOT_", "."): v for name, v in changes.items()}
    with tarfile.open(sound) as old, tarfile.open(to, "w") as new:
        for info in old:
            source = old.extractfile(info)
            assert source is not None
            content: bytes | None = source.read()
            if info.name in wanted:
                content = wanted.pop(info.name)
            if content is not None:
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
        for name, added in wanted.items():
            info = tarfile.TarInfo(name)
            info.size = len(added or b"")
            new.addfile(info, io.BytesIO(added or b""))
    return to


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files__keys__vault_DOT_json": b"SEALED"}, "was changed"),
        ({"files__keys__vault_DOT_json": b"longer than it was"}, "not as the manifest says"),
        ({"files__keys__vault_DOT_json": None}, "is missing"),
        ({"database_DOT_dump": None}, "is missing"),
        ({"files__more": b"x"}, "not as the manifest says"),
        ({"..__..__evil": b"x"}, "not as the manifest says"),
        ({"manifest_DOT_json": b"{}"}, "cannot be read"),
        ({"manifest_DOT_json": None}, "does not begin with a manifest"),
    ],
)
def test_a_backup_which_was_tampered_with_is_refused_and_nothing_is_left(
    sound: Path, target: Path, tmp_path: Path, changes: dict[str, bytes | None], said: str
) -> None:
    broken = _rewritten(sound, tmp_path / "broken.tar", **changes)
    with pytest.raises(SystemExit, match=said):
        _restore(broken, target)
    assert [entry.name for entry in target.iterdir()] == ["nagara.lock"]


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "files/../../evil", "files/postgres/PG_VERSION", "files"]
)
def test_a_manifest_that_reaches_outside_is_refused(
    sound: Path, target: Path, tmp_path: Path, name: str
) -> None:
    with tarfile.open(sound) as tar:
        source = tar.extractfile("manifest.json")
        assert source is not None
        manifest = json.loads(source.read())
    manifest["members"][name] = {"size": 1, "sha256": "00"}
    changed = json.dumps(manifest).encode()
    broken = _rewritten(sound, tmp_path / "broken.tar", manifest_DOT_json=changed)
    with pytest.raises(SystemExit, match="not ours"):
        _restore(broken, target)


@pytest.mark.parametrize(
    "url",
    ["postgresql://nagara:z%40q7x@db.test:5433/nagara", "host=db.test user=nagara password=z@q7x"],
    ids=["address", "words"],  # pytest puts the name of a case among the variables
)
def test_the_password_of_a_database_is_not_seen_among_the_processes(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAGARA_DATABASE_URL", url)
    address, environment = unspoken(url)
    assert "q7x" not in address
    assert {"host=db.test", "user=nagara"} <= set(address.split())
    assert [name for name, value in environment.items() if "q7x" in value] == ["PGPASSWORD"]


def test_half_a_backup_is_refused(sound: Path, target: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.tar"
    half.write_bytes(sound.read_bytes()[: sound.stat().st_size // 2])
    with pytest.raises(SystemExit, match=r"cannot be read|changed|missing"):
        _restore(half, target)


def test_a_backup_is_taken_while_the_country_runs(target: Path, tmp_path: Path) -> None:
    country = RunningCountry(target)
    try:
        country.wait_until_up()
        for _ in range(3):
            country.ask_until("/", "POST")
        file = tmp_path / "live.tar"
        done = CliRunner().invoke(backup, [str(file), "--data", str(target), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["bytes"] == file.stat().st_size
        assert file.stat().st_mode & 0o777 == 0o600
        again = CliRunner().invoke(backup, [str(file), "--data", str(target)])
        assert again.exit_code == 1
        assert country.signal(signal.SIGTERM) == 0
    finally:
        country.end()
    restored = target.parent / "restored"
    _restore(file, restored)
    with Engine(restored).running() as url:
        assert _count(url) == 3


def test_where_there_is_no_country_there_is_no_backup(target: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(backup, [str(tmp_path / "f.tar"), "--data", str(target)])
    assert done.exit_code == 1
    assert "there is no country in" in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_ones_own_is_restored_only_when_empty_and_emptied_on_failure(
    sound: Path, target: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(at_database(postgres_url, "postgres", "postgres"), autocommit=True) as to:
        to.execute("CREATE DATABASE own OWNER nagara TEMPLATE template0")
    url = at_database(postgres_url, "own")
    monkeypatch.setenv("NAGARA_DATABASE_URL", url)
    with pytest.raises(SystemExit, match="off by 5"):
        _restore(sound, target, _unbalanced)
    _restore(sound, target)
    assert _count(url) == 500
    with pytest.raises(SystemExit, match="is not empty"):
        _restore(sound, target.parent / "second")
    assert _count(url) == 500
