"""`nagara up`: one command starts everything, one signal stops it, nothing kills it for good."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nagara.storage import leftovers
from tests.cli.running_country import RunningCountry

Start = Callable[..., RunningCountry]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder of a country that has been up once, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="nagara-up-"))
    folder.chmod(0o755)
    country = RunningCountry(folder)
    try:
        country.wait_until_up()
        assert country.signal(signal.SIGTERM) == 0
    finally:
        country.end()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(template: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nagara-up-"))
    subprocess.run(["cp", "-a", f"{template}/.", folder], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(data: Path) -> Iterator[Start]:
    started: list[RunningCountry] = []

    def starting(*options: str, code: str | None = None) -> RunningCountry:
        started.append(RunningCountry(data, *options, code=code))
        return started[-1]

    yield starting
    for country in started:
        country.end()
    leftovers.clear(data / "postgres")


def _nothing_is_left(country: RunningCountry) -> None:
    assert leftovers.processes_in(country.data / "postgres") == []
    assert not (country.data / "run").exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", country.port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_with_status_zero_and_nothing_is_left(
    start: Start, number: signal.Signals
) -> None:
    country = start().wait_until_up()
    assert country.ask("/", "POST") is not None
    assert country.signal(number) == 0
    assert "Stopped." in "".join(country.said)
    _nothing_is_left(country)


def test_a_signal_while_starting_stops_it_too(start: Start) -> None:
    country = start()
    country.process.send_signal(0)
    lock = country.data / "nagara.lock"
    while str(country.process.pid) not in lock.read_text():
        assert country.process.poll() is None
    assert country.signal(signal.SIGTERM) == 0
    _nothing_is_left(country)


def test_it_says_where_to_look(start: Start) -> None:
    country = start().wait_until_up()
    said = "".join(country.said)
    for page in ("/wallet", "/merchant", "/operate", "/docs"):
        assert f"http://localhost:{country.port}{page}" in said


def test_a_killed_web_process_comes_back_while_the_other_serves(start: Start) -> None:
    country = start().wait_until_up()
    first = country.ask_until("/pid")
    second = country.ask_until("/pid", not_in=[first])
    os.kill(int(first), signal.SIGKILL)
    country.wait_for("ended with SIGKILL; it is being started again")
    third = country.ask_until("/pid", not_in=[first, second])
    assert int(third) in country.children()


def test_a_killed_database_comes_back_and_every_answered_write_is_there(start: Start) -> None:
    country = start("--workers=1").wait_until_up()
    kept = {country.ask_until("/", "POST") for _ in range(5)}
    os.kill(country.named("postgres")[0], signal.SIGKILL)
    country.wait_for("PostgreSQL is back.")
    kept.add(country.ask_until("/", "POST"))
    assert country.ask_until("/count") == str(len(kept))


def test_a_killed_background_worker_comes_back(start: Start) -> None:
    country = start("--workers=1").wait_until_up()
    web = int(country.ask_until("/pid"))
    (worker,) = set(country.named("python")) - {web}
    os.kill(worker, signal.SIGKILL)
    country.wait_for("worker ended with SIGKILL; it is being started again")
    assert country.signal(signal.SIGTERM) == 0


def test_killing_the_supervisor_takes_all_with_it_and_the_next_start_recovers(
    start: Start,
) -> None:
    country = start().wait_until_up()
    kept = {country.ask_until("/", "POST") for _ in range(5)}
    assert country.signal(signal.SIGKILL) == -signal.SIGKILL  # and nobody of it lives on
    again = start().wait_until_up()
    assert again.ask_until("/count") == str(len(kept))
    assert again.signal(signal.SIGTERM) == 0
    _nothing_is_left(again)


def test_killing_everything_at_once_loses_nothing(start: Start) -> None:
    country = start().wait_until_up()
    kept = {country.ask_until("/", "POST") for _ in range(5)}
    for pid in [country.process.pid, *country.children()]:
        os.kill(pid, signal.SIGKILL)
    country.process.wait()
    again = start().wait_until_up()
    assert again.ask_until("/count") == str(len(kept))


def test_a_start_right_after_the_supervisor_was_killed_waits_for_the_old_database(
    start: Start, data: Path
) -> None:
    country = start().wait_until_up()
    country.process.kill()
    again = start().wait_until_up()
    serving = set(leftovers.processes_in(data / "postgres"))
    assert serving
    assert serving <= set(again.children())


def test_a_second_start_on_the_same_folder_is_refused_and_says_who_holds_it(start: Start) -> None:
    country = start().wait_until_up()
    second = start()
    second.wait_for(f"process {country.process.pid}")
    assert second.process.wait() == 1
    assert country.ask("/pid") is not None


def test_a_taken_port_is_refused_before_anything_is_started(start: Start) -> None:
    country = start().wait_until_up()
    other = Path(tempfile.mkdtemp(prefix="nagara-up-"))
    try:
        done = RunningCountry(other, f"--port={country.port}")
        done.wait_for(f"cannot listen on 127.0.0.1, port {country.port}: Address already in use")
        assert done.process.wait() == 1
        assert not (other / "postgres").exists()
        done.end()
    finally:
        shutil.rmtree(other)


def test_an_installation_that_does_not_fit_its_data_is_refused_and_nothing_is_left(
    start: Start,
) -> None:
    code = (
        "import psycopg, os, sys\nimport tests.cli.small_country as s\n"
        "from nagara.storage.migrations import Migration\nimport nagara.storage.migrations as m\n"
        "m.migrations_of = lambda package: tuple(Migration(n, 'x', 'SELECT 1') for n in (1, 2))\n"
        "from nagara.cli.up import run, up\n"
        "with up.make_context('up', sys.argv[1:]) as context: run(context.params, s.PARTS)\n"
    )
    country = start(code=code)
    country.wait_for("Room storage, step 1: the file changed after it ran.")
    assert country.process.wait() == 1
    _nothing_is_left(country)


def test_an_application_that_cannot_start_stops_everything_and_says_which(start: Start) -> None:
    code = (
        "import sys\nfrom nagara.cli.children import Parts\nfrom nagara.cli.up import run, up\n"
        "parts = Parts('builtins:object', 'tests.cli.small_country:background', ())\n"
        "with up.make_context('up', sys.argv[1:]) as context: run(context.params, parts)\n"
    )
    country = start("--workers=1", code=code)
    country.wait_for("web 1 ended while starting")
    assert country.process.wait() == 1
    _nothing_is_left(country)


def test_a_process_that_keeps_dying_is_given_up_with_the_reason(start: Start) -> None:
    code = (
        "import sys\nimport nagara.cli.supervisor as s\ns.SHORT_LIVES_MAX = 3\n"
        "s.SHORT_LIFE_SECONDS = 60.0\nfrom tests.cli.small_country import PARTS\n"
        "from nagara.cli.up import run, up\n"
        "with up.make_context('up', sys.argv[1:]) as context: run(context.params, PARTS)\n"
    )
    country = start("--workers=1", code=code).wait_until_up()
    while country.process.poll() is None:
        country.ask("/die")
    country.wait_for("web 1 ended 3 times in a row")
    assert country.process.returncode == 1
    _nothing_is_left(country)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_stops_writing_with_a_clear_word_and_heals(start: Start, data: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=320m,mode=755", "nagara-test", str(data)]
    kept = Path(tempfile.mkdtemp(prefix="nagara-up-"))
    subprocess.run(["cp", "-a", f"{data}/.", kept], check=True)
    try:
        subprocess.run(mount, check=True)
        subprocess.run(["cp", "-a", f"{kept}/.", data], check=True)
        country = start("--workers=1")
        country.wait_until_up()
        ballast = data / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _free(data) - (60 << 20))
        assert country.ask("/", "POST") == "storage.disk_full"
        assert country.ask("/count") == "0"  # reading goes on
        country.wait_for("The disk is full")
        ballast.unlink()
        country.wait_for("There is room on the disk again")
        assert country.ask_until("/", "POST")
        assert country.signal(signal.SIGTERM) == 0
    finally:
        country.end()
        leftovers.clear(data / "postgres")
        subprocess.run(["umount", str(data)], check=True)
        shutil.rmtree(kept)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
