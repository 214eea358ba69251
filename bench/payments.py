"""`nagara bench payments`: signed orders over HTTP, on a country as `nagara up` runs it.

Each order's signature is verified, its receipt signed, its batch committed with synchronous_commit
on. The reference runs before and after on the same PostgreSQL server.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from bench import country, load
from bench.people import People
from bench.pgbench import NAME, Reference
from bench.report import Report, rounded

WORKERS: Final = 2
_SEED: Final = 20_261_122
_RATE_GUESS: Final = 4_000  # orders to sign for a second of full speed: none is sent twice

Say = Callable[[str], None]


def run(say: Say, seconds: int = 10) -> dict[str, Any]:
    """All figures of the payments table."""
    more: dict[str, Any] = {}
    with country.folder() as data:
        with country.running(data, workers=WORKERS) as new:
            more["ready_new_folder_s"] = rounded(new.ready_seconds)
            time.sleep(3)
            more["memory_idle_mb"] = rounded(new.memory_mb())
        with country.running(data, workers=WORKERS) as up:
            more["ready_existing_folder_s"] = rounded(up.ready_seconds)
            say("settling 10,000 people, preparing the reference")
            reference = Reference(up.database_url)
            reference.prepare()
            small = People(10_000, 10_000, _SEED)
            small.settle(up.database_url)
            first = reference.rate(seconds)
            say(f"reference {first:.0f}/s")
            spread = _measure(up.port, small, seconds, say, "10,000 accounts")
            one = _measure(up.port, small, seconds, say, "all to one merchant", to_one=True)
            second = reference.rate(seconds)
            rate = (first + second) / 2
            half = load.paced(
                up.port, small.orders(int(spread.rate_per_s / 2 * seconds)), spread.rate_per_s / 2
            )
            say(f"at half rate: p50 {half.p50_ms:.1f} ms, p99 {half.p99_ms:.1f} ms")
            say("settling 1,000,000 people")
            many = People(1_000_000, seconds * _RATE_GUESS, _SEED + 1)
            many.settle(up.database_url)
            large = _measure(up.port, many, seconds, say, "1,000,000 accounts")
            more["memory_after_load_mb"] = rounded(up.memory_mb())
    more |= {
        "half_rate_p50_ms": rounded(half.p50_ms),
        "half_rate_p99_ms": rounded(half.p99_ms),
        "one_merchant_rate_per_s": rounded(one.rate_per_s),
        "cost_one_merchant_ratio": rounded(spread.rate_per_s / one.rate_per_s),
        "million_accounts_rate_per_s": rounded(large.rate_per_s),
        "cost_million_accounts_ratio": rounded(spread.rate_per_s / large.rate_per_s),
        "wrong_answers": spread.wrong + one.wrong + large.wrong + half.wrong,
    }
    return Report(
        "payments", spread.rate_per_s, NAME, rate, spread.rate_per_s / rate,
        spread.p50_ms, spread.p99_ms, WORKERS, durable=True, more=more,
    ).plain()  # fmt: skip


def _measure(
    port: int, people: People, seconds: int, say: Say, what: str, *, to_one: bool = False
) -> load.Loaded:
    orders = people.orders(seconds * _RATE_GUESS, to_one=to_one)
    found = load.full_speed(port, orders, seconds)
    say(f"{what}: {found.rate_per_s:.0f}/s, p99 {found.p99_ms:.1f} ms, wrong {found.wrong}")
    return found
