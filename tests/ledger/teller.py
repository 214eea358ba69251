"""One teller of many: a process that posts to the same books as the others, several units at once.

    python -m tests.ledger.teller WORK URL NUMBER

says that it is ready, waits for a line so that all begin together, and prints, as JSON, how many
transfers were written for it, how many were refused and which faults it met. Works: `rush` (all
draw one account dry), `crowd` (many accounts, both ways, reservations, groups), `echo` (every
teller posts the very same transfers).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from nagara.kernel.errors import Fault, Refusal
from nagara.kernel.instant import Instant, SystemClock
from nagara.ledger.model import Account, Expire, Group, Post, Transfer, TransferId, Void
from nagara.ledger.service import LedgerService
from nagara.ledger.store import PostgresBooks
from nagara.storage import Database
from tests.ledger.country import HandClock, SeededIds, pay
from tests.ledger.statement import account

TELLERS = 4
UNITS_AT_ONCE = 4
BATCH = 50
RUSH_BATCH = 10  # small, so that money for a hundred is drawn by all of them
RUSH_TRANSFERS = 10_000  # by all tellers together
CROWD_BATCHES = 40
ECHO_BATCHES = 12
HOT = [f"hot{number}" for number in range(12)]
SHOP = "shop"


def open_at_first() -> list[Account]:
    """The accounts that the tellers use, besides the bank's."""
    return [account(name, floor=-50) for name in (*HOT, SHOP)]


def rush(number: int) -> Iterator[Group]:
    """One kip from ann to the shop, again and again."""
    for turn in range(RUSH_TRANSFERS // TELLERS):
        yield (replace(pay("", "ann", SHOP, 1), id=_id(number, turn)),)


def crowd(number: int) -> Iterator[Group]:
    """Everything that a ledger can do, in an order of chance, on accounts that all others use."""
    chance, held = random.Random(number), list[Transfer]()
    turn = 0
    while turn < CROWD_BATCHES * BATCH:
        turn += 1
        debit, credit = chance.sample(HOT, 2)
        move = replace(pay("", debit, credit, chance.randint(1, 9)), id=_id(number, turn))
        if chance.random() < 0.2:
            hold = replace(move, deadline=Instant(SystemClock().now().micros + 60_000_000))
            held.append(hold)
            yield (hold,)
        elif held and chance.random() < 0.3:
            ending = chance.choice([Post, Void, Expire])
            yield (ending(move.id, held.pop(chance.randrange(len(held))).id),)
        elif chance.random() < 0.2:
            turn += 1
            yield (move, replace(pay("", credit, SHOP, 1), id=_id(number, turn)))
        else:
            yield (move,)


def echo(_: int) -> Iterator[Group]:
    """The same transfers as every other teller, each with the same id."""
    chance = random.Random(0)
    for turn in range(ECHO_BATCHES * BATCH):
        debit, credit = chance.sample(HOT, 2)
        yield (replace(pay("", debit, credit, 1), id=_id(999, turn)),)


def _id(number: int, turn: int) -> TransferId:
    return TransferId(SeededIds(number * 1_000_000 + turn, HandClock()).new())


def _batches(groups: Iterator[Group], size: int) -> Iterator[list[Group]]:
    while batch := list(islice(groups, size)):
        yield batch


async def _work(url: str, waiting: Iterator[list[Group]]) -> Counter[str]:
    told: Counter[str] = Counter()
    async with Database.open(url, pool_max=UNITS_AT_ONCE) as database:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        clock = SystemClock()
        ledger = LedgerService(PostgresBooks(), clock, SeededIds(0, HandClock()))

        async def serve(batches: Iterable[list[Group]]) -> None:
            for batch in batches:
                try:
                    async with database.unit() as unit:
                        outcomes = await ledger.post(unit, batch)
                except Fault as fault:
                    told[fault.slug] += 1
                    continue
                for outcome in outcomes:
                    if isinstance(outcome, Refusal):
                        told["refused"] += 1
                    else:
                        told["written"] += len(outcome)

        await asyncio.gather(*(serve(waiting) for _ in range(UNITS_AT_ONCE)))
    return told


def main() -> None:
    """Do the work and tell."""
    work, url, number = sys.argv[1:]
    groups = {"rush": rush, "crowd": crowd, "echo": echo}[work](int(number))
    batches = _batches(groups, RUSH_BATCH if work == "rush" else BATCH)
    sys.stdout.write(json.dumps(asyncio.run(_work(url, batches))))


if __name__ == "__main__":
    main()
