"""A country started as a person starts it, in processes of its own."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SECONDS_MAX = 40.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RunningCountry:
    """`up` on a data folder. The small country, unless another program is named."""

    def __init__(self, data: Path, *options: str, code: str | None = None) -> None:
        self.data = data
        self.port = free_port()
        program = ["-c", code] if code else ["-m", "tests.cli.small_country"]
        command = [sys.executable, *program, f"--data={data}", f"--port={self.port}", *options]
        kept = {name: v for name, v in os.environ.items() if not name.startswith("NAGARA_")}
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**kept, "PYTHONPATH": "src:."},
        )
        self.said: list[str] = []

    def wait_for(self, words: str) -> str:
        """The next line that holds these words. Fails with all that was said where it ends."""
        assert self.process.stdout is not None
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            line = self.process.stdout.readline()
            self.said.append(line)
            if words in line:
                return line
            assert line, "".join(self.said)
        raise AssertionError("".join(self.said))

    def wait_until_up(self) -> RunningCountry:
        """Everything is ready."""
        self.wait_for("Ctrl-C stops it.")
        return self

    def ask(self, path: str, method: str = "GET") -> str | None:
        """The answer, or None where the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path)
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def ask_until(self, path: str, method: str = "GET", *, not_in: Iterable[str] = ()) -> str:
        """The first proper answer that is none of these."""
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            answer = self.ask(path, method)
            if answer is not None and answer.isdigit() and answer not in not_in:
                return answer
        raise AssertionError("".join(self.said))

    def children(self) -> list[int]:
        """The ids of the processes under the supervisor, and under those."""
        found, parents = [], [self.process.pid]
        while parents:
            listed = Path(f"/proc/{parents[0]}/task/{parents[0]}/children")
            with suppress(OSError):
                below = [int(pid) for pid in listed.read_text().split()]
                found += below
                parents += below
            parents.pop(0)
        return found

    def named(self, name: str) -> list[int]:
        """Those of them whose program has this name."""
        return [
            pid for pid in self.children() if Path(f"/proc/{pid}/comm").read_text().strip() == name
        ]

    def signal(self, number: signal.Signals) -> int:
        """Send it to the supervisor; its exit status, once it and all under it have ended."""
        descriptors = []
        for pid in self.children():
            with suppress(ProcessLookupError):  # a database connection that just ended
                descriptors.append(os.pidfd_open(pid))
        self.process.send_signal(number)
        rest = self.process.communicate(timeout=SECONDS_MAX)[0]
        self.said.append(rest)
        for descriptor in descriptors:
            assert select.select([descriptor], [], [], SECONDS_MAX)[0], "a process was left behind"
            os.close(descriptor)
        return self.process.returncode

    def end(self) -> None:
        """Whatever a failed test left."""
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
        elif self.process.stdout is not None:
            self.process.stdout.close()
