"""A country as `nagara up` runs it, seen from outside: its processes, its sockets, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from nagara.storage import leftovers

READY_SECONDS_MAX: Final = 90.0
PASSPHRASE: Final = "opens the keys of a country that is not real"
END_SECONDS_MAX: Final = 40.0
_POLL_SECONDS: Final = 0.05
_READY_ANSWERS: Final = 4  # in a row: new connections land on either web process
_LISTENING: Final = "0A"  # of /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Process:
    """One life of one process: a number that is used again does not begin at the same tick."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process which has this number now, unless it has ended."""
        try:
            said = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            return None
        return None if said[0] in "ZX" else cls(pid, int(said[19]))

    def lives(self) -> bool:
        return Process.of(self.pid) == self


class UpCountry:
    """`nagara up` on one folder and one port, as often as it is started; it speaks into up.log."""

    def __init__(self, data: Path, workers: int) -> None:
        self.data = data
        self.workers = workers
        self.port = _free_port()
        self._up: subprocess.Popen[bytes] | None = None
        self._said_before = 0

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        assert self._up is not None, "it was never started"
        return self._up

    @property
    def database_url(self) -> str:
        """Where its database is, from this machine's own user."""
        return f"postgresql://nagara@/nagara?host={quote(str(self.data / 'run'), safe='')}"

    @property
    def log(self) -> str:
        return (self.data / "up.log").read_text()

    def start(self) -> None:
        """As a person would, and without waiting."""
        command = [
            sys.executable, "-m", "nagara", "up", "--demo", f"--data={self.data}",
            f"--port={self.port}", f"--workers={self.workers}",
        ]  # fmt: skip
        kept = {name: v for name, v in os.environ.items() if not name.startswith("NAGARA_")}
        kept |= {"PYTHONPATH": "src:.", "NAGARA_KEY_PASSPHRASE": PASSPHRASE}
        with (self.data / "up.log").open("ab") as log:
            self._said_before = log.tell()
            self._up = subprocess.Popen(command, stdout=log, stderr=log, env=kept)

    async def await_ready(self) -> None:
        """Until every part runs and serves. Fails with its words where that takes too long."""
        end = time.monotonic() + READY_SECONDS_MAX
        served = 0
        while served < _READY_ANSWERS:
            assert self.supervisor.poll() is None, f"it gave up:\n{self.log[-4000:]}"
            assert time.monotonic() < end, f"not ready:\n{self.log[-4000:]}"
            served = served + 1 if self._is_whole() and await self.says_yes(b"/readyz") else 0
            if not served:
                await asyncio.sleep(_POLL_SECONDS)

    def _is_whole(self) -> bool:
        return (
            " is up after " in self.log[self._said_before :]
            and len(self.web()) == self.workers
            and len(self.background()) == 1
            and len(self.postmaster()) == 1
        )

    async def says_yes(self, path: bytes) -> bool:
        """Whether it answers a question without a body, and with 200."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET %b HTTP/1.1\r\nHost: country\r\nConnection: close\r\n\r\n" % path)
            async with asyncio.timeout(END_SECONDS_MAX):
                return (await reader.readline()).split()[1:2] == [b"200"]
        except OSError:
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def family(self) -> set[Process]:
        """The supervisor and all below it."""
        found = [Process.of(self.supervisor.pid)]
        for one in found:
            if one is not None:
                found += [Process.of(pid) for pid in _children(one.pid)]
        return {one for one in found if one is not None}

    def postmaster(self) -> list[int]:
        return [pid for pid in _children(self.supervisor.pid) if _name(pid) == "postgres"]

    def backends(self) -> list[int]:
        """Every process of PostgreSQL but the first: those that serve, and those that write."""
        return [child for pid in self.postmaster() for child in _children(pid)]

    def web(self) -> list[int]:
        """The children which listen on the country's port."""
        doors = set(self.listening())
        return [pid for pid in _children(self.supervisor.pid) if doors & set(_sockets(pid))]

    def background(self) -> list[int]:
        """The children which neither listen nor are the database."""
        others = {*self.web(), *self.postmaster()}
        return [
            pid
            for pid in _children(self.supervisor.pid)
            if pid not in others and _name(pid) not in {"postgres", "setpriv"}
        ]

    def listening(self) -> list[str]:
        """The inodes of the sockets that listen on its port, whoever holds them."""
        rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return [
            row[9]
            for row in rows
            if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == self.port
        ]

    async def kill(self, pids: Iterable[int]) -> None:
        """SIGKILL to all of them at once; returns when they have ended."""
        lives = [one for pid in pids if (one := Process.of(pid)) is not None]
        for one in lives:
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
        end = time.monotonic() + END_SECONDS_MAX
        while any(one.lives() for one in lives):
            assert time.monotonic() < end, "a process does not die"
            await asyncio.sleep(0)

    async def leaves_nothing_of(self, earlier: set[Process]) -> None:
        """Fails where a process or a socket of an earlier life is still there after a while."""
        end = time.monotonic() + END_SECONDS_MAX
        while remains := self._remains(earlier):
            assert time.monotonic() < end, remains
            await asyncio.sleep(_POLL_SECONDS)

    def _remains(self, earlier: set[Process]) -> list[str]:
        family = self.family()
        ours = {one.pid for one in family}
        found = [f"{one} lives on" for one in earlier - family if one.lives()]
        servers = leftovers.processes_in(self.data.resolve() / "postgres")
        found += [f"server process {pid} is nobody's" for pid in servers if pid not in ours]
        held = {inode for pid in self.web() for inode in _sockets(pid)}
        found += [f"socket {inode} is nobody's" for inode in self.listening() if inode not in held]
        sockets = Path("/proc/net/unix").read_text().count(f"{self.data.resolve()}/run/.s.PGSQL")
        listed = sum(path.is_socket() for path in (self.data / "run").iterdir())
        if listed != 1 or not sockets:
            found.append(f"{listed} database sockets in the folder, {sockets} open")
        return found

    async def ended(self) -> int:
        """The supervisor's exit status, once it has ended."""
        return await asyncio.to_thread(self.supervisor.wait, END_SECONDS_MAX)

    def end(self) -> None:
        """Whatever was started ends now; the folder may go."""
        if self._up is not None and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait()
        leftovers.clear(self.data.resolve() / "postgres")


def _children(pid: int) -> Iterator[int]:
    # those which have ended, and wait to be buried, are none
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if Process.of(int(child)) is not None:
                yield int(child)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _sockets(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = str(file.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
