"""Load over HTTP: wrk for the highest rate, a paced client for times at a given rate."""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.report import quantile

CONNECTIONS: Final = 64
_PATH: Final = "/api/payments/v1/orders"
_LATE_SECONDS_MAX: Final = 10.0
_SCRIPT: Final = """
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end
function init(args)
  local path, count = args[1], tonumber(args[2])
  mine, asked, bad = {}, 0, 0
  local line_number = 0
  for body in io.lines(path) do
    if line_number %% count == number then
      mine[#mine + 1] = wrk.format("POST", "%s", {["Content-Type"] = "application/jose"}, body)
    end
    line_number = line_number + 1
  end
end
function request()
  asked = asked + 1
  return mine[asked] or mine[#mine]
end
function response(status)
  if status ~= 201 then bad = bad + 1 end
end
function done(summary, latency)
  local wrong, used = 0, 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("bad")
    used = math.max(used, thread:get("asked"))
  end
  io.write(string.format("RESULT %%d %%d %%d %%d %%d %%d\\n", summary.requests,
    summary.duration, wrong, latency:percentile(50), latency:percentile(99), used))
end
"""
_RESULT: Final = re.compile(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to."""

    rate_per_s: float
    wrong: int
    p50_ms: float
    p99_ms: float


def full_speed(port: int, orders: Sequence[str], seconds: int, threads: int = 2) -> Loaded:
    """As fast as 64 connections go (wrk). Every order is sent once; too few are an error."""
    with tempfile.TemporaryDirectory(prefix="nagara-load-") as name:
        script, bodies = Path(name) / "orders.lua", Path(name) / "orders"
        script.write_text(_SCRIPT % _PATH)
        bodies.write_text("\n".join(orders) + "\n")
        command = [
            "wrk", "-t", str(threads), "-c", str(CONNECTIONS), "-d", f"{seconds}s",
            "--timeout", "10s", "-s", str(script), f"http://127.0.0.1:{port}",
            "--", str(bodies), str(threads),
        ]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = _RESULT.search(done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said no result: {done.stdout[-800:]}{done.stderr[-800:]}")
    requests, micros, wrong, p50, p99, asked = map(int, found.groups())
    if asked > len(orders) // threads:
        raise RuntimeError("the orders ran out before the time did: sign more of them")
    return Loaded(requests / micros * 1e6, wrong, p50 / 1000, p99 / 1000)


def paced(port: int, orders: Sequence[str], rate_per_s: float) -> Loaded:
    """At a given rate. A time counts from when the order was due, so that queueing is seen."""
    return asyncio.run(_paced(port, orders, rate_per_s))


async def _paced(port: int, orders: Sequence[str], rate_per_s: float) -> Loaded:
    start = time.perf_counter() + 0.1
    due = [(start + number / rate_per_s, order) for number, order in enumerate(orders)]
    due.reverse()
    times: list[float] = []
    wrong = 0

    async def customer() -> None:
        nonlocal wrong
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while due:
            at, order = due.pop()
            await asyncio.sleep(at - time.perf_counter())
            writer.write(_request(order))
            status = await asyncio.wait_for(_answer(reader), _LATE_SECONDS_MAX)
            times.append(time.perf_counter() - at)
            wrong += status != b"201"
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(customer())
    times.sort()
    elapsed = time.perf_counter() - start
    p50, p99 = (quantile(times, share) * 1000 for share in (0.5, 0.99))
    return Loaded(len(orders) / elapsed, wrong, p50, p99)


def _request(order: str) -> bytes:
    body = order.encode()
    return (
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/jose\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (_PATH.encode(), len(body), body)
    )


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    await reader.readexactly(int(length[1]) if length else 0)
    return head[9:12]
