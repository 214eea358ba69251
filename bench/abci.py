"""`python -m bench.abci`: how many calls a second go through the socket of ABCI, without the chain.

An application which does nothing is asked from another process, first CheckTx in bursts of 256 and
a Flush, as CometBFT's queue does, then whole blocks. The reference is CometBFT's own server with
its own example behind it, asked for the same CheckTx by the same client in the same run; it splits
the transaction at its sign, ours does not even that. Nothing is verified and nothing kept.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvloop

from bench.report import Report, quantile
from nagara.chain.abci import NoOwnMempool, NoSnapshots, NoVoteExtensions, listening
from nagara.chain.abci import messages as m
from nagara.chain.abci.cometbft import VERSION, program
from nagara.chain.abci.framing import Frames, frame

BURST: Final = 256
TX_BYTES: Final = 300
BLOCK_TXS: Final = 1_000
_READ_BYTES: Final = 1 << 18
_FLUSH: Final = m.Request(flush=m.RequestFlush())

Say = Callable[[str], None]


class Nothing(NoOwnMempool, NoSnapshots, NoVoteExtensions):
    """Says yes at once."""

    def info(self, request: m.RequestInfo) -> m.ResponseInfo:
        """At the beginning."""
        return m.ResponseInfo()

    def query(self, request: m.RequestQuery) -> m.ResponseQuery:
        """Nothing is known."""
        return m.ResponseQuery()

    def check_tx(self, request: m.RequestCheckTx) -> m.ResponseCheckTx:
        """It may wait."""
        return m.ResponseCheckTx(gas_wanted=1)

    def init_chain(self, request: m.RequestInitChain) -> m.ResponseInitChain:
        """As CometBFT has it."""
        return m.ResponseInitChain()

    def prepare_proposal(self, request: m.RequestPrepareProposal) -> m.ResponsePrepareProposal:
        """All of them."""
        return m.ResponsePrepareProposal(txs=request.txs)

    def process_proposal(self, request: m.RequestProcessProposal) -> m.ResponseProcessProposal:
        """Good."""
        return m.ResponseProcessProposal(status=m.ResponseProcessProposal.ACCEPT)

    def finalize_block(self, request: m.RequestFinalizeBlock) -> m.ResponseFinalizeBlock:
        """A result for each."""
        results = [m.ExecTxResult(gas_used=1) for _ in request.txs]
        return m.ResponseFinalizeBlock(tx_results=results, app_hash=bytes(32))

    def commit(self, request: m.RequestCommit) -> m.ResponseCommit:
        """Nothing is kept."""
        return m.ResponseCommit()


def run(say: Say, seconds: int = 10) -> dict[str, Any]:
    """The socket's figures."""
    transactions = [b"%0*d=1" % (TX_BYTES - 2, number) for number in range(BURST)]
    checks = _framed(*(m.Request(check_tx=m.RequestCheckTx(tx=tx)) for tx in transactions), _FLUSH)
    one = _framed(m.Request(check_tx=m.RequestCheckTx(tx=transactions[0])), _FLUSH)
    request = m.RequestFinalizeBlock(txs=(transactions * 4)[:BLOCK_TXS], height=1)
    block = _framed(m.Request(finalize_block=request), _FLUSH)
    ours = [sys.executable, "-m", "bench.abci", "serve"]
    theirs = [str(program("abci-cli")), "kvstore", "--log_level=error"]
    with _served(ours) as asking:
        rate = _rate(asking, checks, BURST, seconds)
        say(f"CheckTx {rate:.0f}/s")
        times = sorted(_times(asking, one, seconds))
        block_rate = _rate(asking, block, 1, seconds)
        say(f"FinalizeBlock of {BLOCK_TXS}: {block_rate:.1f}/s")
    with _served(theirs) as asking:
        reference_rate = _rate(asking, checks, BURST, seconds)
        their_times = sorted(_times(asking, one, seconds))
        say(f"reference CheckTx {reference_rate:.0f}/s")
    report = Report(
        bench="abci",
        rate_per_s=rate,
        reference=f"CheckTx to the kvstore example behind CometBFT {VERSION}'s own server",
        reference_rate_per_s=reference_rate,
        ratio=rate / reference_rate,
        p50_ms=quantile(times, 0.5) * 1000,
        p99_ms=quantile(times, 0.99) * 1000,
        processes=1,
        durable=False,
        more={
            "burst": BURST,
            "tx_bytes": TX_BYTES,
            "reference_p50_ms": round(quantile(their_times, 0.5) * 1000, 3),
            "blocks_per_s": round(block_rate, 1),
            "block_txs": BLOCK_TXS,
            "block_txs_per_s": round(block_rate * BLOCK_TXS),
        },
    )
    return report.plain()


def _framed(*requests: m.Request) -> bytes:
    return b"".join(frame(request.SerializeToString()) for request in requests)


@contextmanager
def _served(command: list[str]) -> Iterator[socket.socket]:
    """A connection to a server in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = f"{folder}/abci"
        process = subprocess.Popen(
            [*command, f"--address=unix://{path}"],
            env=os.environ | {"TMPDIR": folder},  # where the example puts its database
            stdout=subprocess.DEVNULL,
        )
        try:
            yield _connected(path)
        finally:
            process.terminate()
            process.wait()


def _connected(path: str) -> socket.socket:
    end = time.monotonic() + 30
    while True:
        asking = socket.socket(socket.AF_UNIX)
        if asking.connect_ex(path) == 0:
            return asking
        asking.close()
        if time.monotonic() > end:
            raise TimeoutError(f"nobody listens at {path}")
        time.sleep(0.05)


def _rate(asking: socket.socket, burst: bytes, count: int, seconds: int) -> float:
    """Calls a second, one burst after the answers to the last."""
    length = _answer_bytes(asking, burst)
    begun, bursts = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        _ask(asking, burst, length)
        bursts += 1
    return bursts * count / (time.perf_counter() - begun)


def _times(asking: socket.socket, one: bytes, seconds: int) -> Iterator[float]:
    """Seconds of single calls, one after another."""
    length = _answer_bytes(asking, one)
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        _ask(asking, one, length)
        yield time.perf_counter() - begun


def _ask(asking: socket.socket, burst: bytes, length: int) -> None:
    asking.sendall(burst)
    while length > 0:
        length -= len(_received(asking))


def _received(asking: socket.socket) -> bytes:
    arrived = asking.recv(_READ_BYTES)
    if not arrived:
        raise ConnectionError("the server has closed the connection")
    return arrived


def _answer_bytes(asking: socket.socket, burst: bytes) -> int:
    """How long the answers are, up to the one to Flush: the same each time."""
    asking.sendall(burst)
    frames, length = Frames(1 << 30), 0
    while True:
        arrived = _received(asking)
        length += len(arrived)
        frames.put(arrived)
        while (message := frames.take()) is not None:
            answer = m.Response.FromString(message)
            if answer.WhichOneof("value") == "exception":
                raise RuntimeError(answer.exception.error)
            if answer.WhichOneof("value") == "flush":
                return length


async def _serve(address: str) -> None:
    async with listening(Nothing(), address) as server:
        await server.until_broken()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(_serve(sys.argv[2].removeprefix("--address=")))
    else:
        chosen = int(sys.argv[1]) if sys.argv[1:] else 5
        print(json.dumps(run(lambda line: print(line, file=sys.stderr), chosen)))
