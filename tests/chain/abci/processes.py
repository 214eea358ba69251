"""A real node and a real application, each in a process of its own, on sockets in one folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from nagara.chain.abci import cometbft

SECONDS_MAX: Final = 60.0
_POLL_SECONDS: Final = 0.05
# A node alone need not wait for others' votes.
_SETTINGS: Final = {
    "CMT_CONSENSUS_TIMEOUT_COMMIT": "10ms",
    "CMT_CONSENSUS_TIMEOUT_PROPOSE": "1s",
    "CMT_LOG_LEVEL": "info",
}
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # else httpx reads all roots each time
# Another version than the country's own: NAGARA_TEST_COMETBFT=v0.40.0
VERSION: Final = os.environ.get("NAGARA_TEST_COMETBFT", cometbft.VERSION)
ROOT: Final = Path(__file__).parents[3]


async def eventually(seen: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until it is so; fail after SECONDS_MAX."""
    end = time.monotonic() + SECONDS_MAX
    while not await seen():
        assert time.monotonic() < end, f"not in time: {what}"
        await asyncio.sleep(_POLL_SECONDS)


def program(name: str) -> str:
    """Where a program of CometBFT is, in the version that is to be tested."""
    return str(cometbft.program(name, VERSION))


class Process:
    """A child, whose output is kept in a file."""

    def __init__(self, log: Path, command: list[str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | _SETTINGS | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            self._child.send_signal(number)

    def kill(self) -> None:
        """As `kill -9` does."""
        self.signal(signal.SIGKILL)
        self._child.wait(SECONDS_MAX)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self._child.wait(SECONDS_MAX)

    async def gone(self) -> int:
        """Wait until it has ended by itself; its exit code, or -9 where it was killed."""
        return await asyncio.to_thread(self._child.wait, SECONDS_MAX)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")


class Pair:
    """One node, one application, and their folders, which outlive both."""

    def __init__(self, folder: Path, application: str = "tests.chain.abci.keyvalue") -> None:
        self.folder = folder
        self._module = application
        self._address = f"unix://{folder / 'abci'}"
        (folder / "app").mkdir()
        made = [program("cometbft"), "init", "--home", str(folder / "node")]
        subprocess.run(made, check=True, capture_output=True)
        self.application: Process | None = None
        self.node: Process | None = None

    async def start_application(self, moment: str = "") -> Process:
        """Start it; with a moment of keyvalue.MOMENTS at which it is to die."""
        command = [sys.executable, "-m", self._module, self._address, str(self.folder / "app")]
        begun = self.application = Process(self.folder / "app.log", [*command, moment])
        before = begun.said().count("listening")

        async def listens() -> bool:
            assert begun.running, begun.said()
            return begun.said().count("listening") > before

        await eventually(listens, "the application listens")
        return begun

    def start_node(self) -> Process:
        """Start it; it connects to the application, and tries again until it can."""
        command = [
            program("cometbft"), "start", "--home", str(self.folder / "node"),
            "--proxy_app", self._address,
            "--rpc.laddr", f"unix://{self.folder / 'rpc'}",
            "--p2p.laddr", "tcp://127.0.0.1:0",
            "--consensus.create_empty_blocks=false",
        ]  # fmt: skip
        (self.folder / "rpc").unlink(missing_ok=True)
        self.node = Process(self.folder / "node.log", command)
        return self.node

    async def start(self, moment: str = "") -> None:
        """Both, until the node answers."""
        await self.start_application(moment)
        self.start_node()
        await self.until_answering()

    async def until_answering(self) -> None:
        async def answers() -> bool:
            assert self.node is not None
            assert self.node.running, self.node.said()[-3000:]
            try:
                await self.rpc("status")
            except httpx.HTTPError:
                return False
            return True

        await eventually(answers, "the node answers")

    async def rpc(self, method: str, **options: object) -> Any:  # noqa: ANN401 JSON
        """The result of a call of CometBFT's RPC."""
        door = httpx.AsyncHTTPTransport(uds=str(self.folder / "rpc"), verify=_NO_TLS)
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": options}
        async with httpx.AsyncClient(
            transport=door, trust_env=False, timeout=SECONDS_MAX
        ) as client:
            answer = (await client.post("http://node/", json=asked)).json()
        assert "error" not in answer, answer
        return answer["result"]

    def kept(self) -> tuple[int, int, dict[str, str]]:
        """What the application has on its disk: height, count of transactions, pairs."""
        height, count, pairs = json.loads((self.folder / "app" / "state.json").read_bytes())
        return height, count, dict(pairs)

    def kill(self) -> None:
        for process in (self.node, self.application):
            if process is not None:
                process.kill()


@contextmanager
def pair_in(folder: Path, application: str = "tests.chain.abci.keyvalue") -> Iterator[Pair]:
    """A node and an application which end with the test."""
    pair = Pair(folder, application)
    try:
        yield pair
    finally:
        pair.kill()
