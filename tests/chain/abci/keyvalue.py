"""A small application for the tests: keys and values, a hash of them all, and a file that is kept.

Its answers are those of CometBFT's own example, so that `abci-cli` can be asked the same of both;
the app hash is not: theirs counts, ours covers the content. As a process of its own:

    python -m tests.chain.abci.keyvalue ADDRESS FOLDER [MOMENT@HEIGHT]

prints `listening`, and kills itself (SIGKILL) at the moment named: see MOMENTS.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from nagara.chain.abci import (
    NoOwnMempool,
    NoSnapshots,
    NoVoteExtensions,
    listening,
)
from nagara.chain.abci import messages as m

INVALID: Final = 2
MOMENTS: Final = (
    "before-finalize",
    "after-finalize",
    "before-commit",
    "torn-commit",
    "after-commit",
)


@dataclass(frozen=True, slots=True)
class State:
    """What is kept."""

    height: int = 0
    count: int = 0
    pairs: dict[str, str] = field(default_factory=dict)

    def hash(self) -> bytes:
        """Of the content alone: a hash that changed with the height would ask for empty blocks."""
        content = json.dumps([self.count, sorted(self.pairs.items())])
        return hashlib.sha256(content.encode()).digest()

    def written(self) -> bytes:
        return json.dumps([self.height, self.count, sorted(self.pairs.items())]).encode()


def pair(tx: bytes) -> tuple[str, str] | None:
    """`key=value` or `key:value`, with one sign of the two, and none at an end."""
    if tx.count(b"=") + tx.count(b":") != 1:
        return None
    key, _, value = tx.replace(b":", b"=").decode("utf-8", "replace").partition("=")
    return (key, value) if key and value else None


class KeyValue(NoOwnMempool, NoSnapshots, NoVoteExtensions):
    """The application."""

    def __init__(self, folder: Path, moment: str = "") -> None:
        self._file = folder / "state.json"
        self._moment, _, at = moment.partition("@")
        self._moment_height = int(at or 0)
        self.calls: list[str] = []
        self.state = self._read()
        self._next: State | None = None

    def info(self, request: m.RequestInfo) -> m.ResponseInfo:
        self.calls.append("info")
        return m.ResponseInfo(
            data=json.dumps({"size": self.state.count}, separators=(",", ":")),
            last_block_height=self.state.height,
            last_block_app_hash=self.state.hash() if self.state.height else b"",
        )

    def query(self, request: m.RequestQuery) -> m.ResponseQuery:
        value = self.state.pairs.get(request.data.decode("utf-8", "replace"))
        return m.ResponseQuery(
            log="does not exist" if value is None else "exists",
            key=request.data,
            value=(value or "").encode(),
            height=self.state.height,
        )

    def check_tx(self, request: m.RequestCheckTx) -> m.ResponseCheckTx:
        if pair(request.tx) is None:
            return m.ResponseCheckTx(code=INVALID)
        return m.ResponseCheckTx(gas_wanted=1)

    def init_chain(self, request: m.RequestInitChain) -> m.ResponseInitChain:
        self.calls.append("init_chain")
        return m.ResponseInitChain(app_hash=self.state.hash())

    def prepare_proposal(self, request: m.RequestPrepareProposal) -> m.ResponsePrepareProposal:
        good = [tx.replace(b":", b"=") for tx in request.txs if pair(tx)]
        return m.ResponsePrepareProposal(txs=good)

    def process_proposal(self, request: m.RequestProcessProposal) -> m.ResponseProcessProposal:
        answer = m.ResponseProcessProposal
        good = all(pair(tx) for tx in request.txs)
        return answer(status=answer.ACCEPT if good else answer.REJECT)

    def finalize_block(self, request: m.RequestFinalizeBlock) -> m.ResponseFinalizeBlock:
        self.calls.append(f"finalize_block {request.height}")
        self._maybe_die("before-finalize", request.height)
        # abci-cli says no heights
        assert request.height in {self.state.height + 1, 0}, "a block out of its order"
        pairs = dict(found for tx in request.txs if (found := pair(tx)))
        self._next = State(
            request.height, self.state.count + len(request.txs), self.state.pairs | pairs
        )
        results = [m.ExecTxResult(code=0 if pair(tx) else INVALID) for tx in request.txs]
        self._maybe_die("after-finalize", request.height)
        return m.ResponseFinalizeBlock(tx_results=results, app_hash=self._next.hash())

    def commit(self, request: m.RequestCommit) -> m.ResponseCommit:
        self.calls.append("commit")
        assert self._next is not None, "nothing was finalized"
        self._maybe_die("before-commit", self._next.height)
        self._write(self._next)
        self.state, self._next = self._next, None
        self._maybe_die("after-commit", self.state.height)
        return m.ResponseCommit()

    def _read(self) -> State:
        if not self._file.exists():
            return State()
        height, count, pairs = json.loads(self._file.read_bytes())
        return State(height, count, dict(pairs))

    def _write(self, state: State) -> None:
        """In one step, and on the disk before it returns."""
        beside = self._file.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(state.written())
            self._maybe_die("torn-commit", state.height)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _maybe_die(self, moment: str, height: int) -> None:
        if moment == self._moment and height == self._moment_height:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(address: str, folder: str, moment: str = "") -> None:
    async with listening(KeyValue(Path(folder), moment), address) as server:
        sys.stdout.write(f"listening {server.address}\n")
        sys.stdout.flush()
        await server.until_broken()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))  # the loop of the country's own processes
