"""One round: load, a death at a random moment, recovery, and the whole reckoning after it.

What a round does is drawn from its seed and number alone, before it starts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from nagara.kernel.instant import SystemClock
from nagara.wiring import Country
from tests.chaos import books
from tests.chaos.load import Answer, Record, pay_at_a_pace, settle, walk_away
from tests.chaos.people import Bill, People
from tests.chaos.up_country import UpCountry

ORDERS: Final = 150
_RATES_PER_S: Final = (100.0, 600.0)  # some calm, some with a commit always on its way
WALKERS: Final = 3
_RESERVED_SECONDS: Final = 2
_SUPERVISOR: Final = "supervisor"
_KINDS: Final = ("web", "web", "postmaster", "backend", "background", _SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who dies, and when."""

    number: int
    victims: tuple[str, ...]
    rate_per_s: float
    moment_seconds: float
    stays_down: bool  # after the supervisor's death, until the reservation's deadline has passed
    chance: float  # which of several processes of one kind
    again_seconds: float | None  # the same die again while it recovers

    @classmethod
    def of(cls, seed: int, number: int) -> Plan:
        chance = random.Random(f"{seed}/{number}")
        first = _KINDS[(number + seed) % len(_KINDS)]  # each kind in every six rounds
        victims = [first]
        if chance.random() < 0.3:
            victims.append(chance.choice(_KINDS))
        rate = chance.choice(_RATES_PER_S)
        return cls(
            number,
            tuple(victims),
            rate,
            chance.uniform(0.05, 0.9) * ORDERS / rate,
            chance.random() < 0.5,
            chance.random(),
            chance.uniform(0.02, 3.0) if chance.random() < 0.25 else None,
        )

    def __str__(self) -> str:
        when = f"after {self.moment_seconds:.3f} s at {self.rate_per_s:.0f}/s"
        again = f", again after {self.again_seconds:.3f} s" if self.again_seconds else ""
        return f"{self.number:4} {' and '.join(self.victims):25} {when}{again}"


@dataclass(slots=True)
class Story:
    """All rounds of one country."""

    up: UpCountry
    people: People
    acknowledged: dict[UUID, Answer] = field(default_factory=dict)
    bills: list[Bill] = field(default_factory=list)
    resent: int = 0
    longest_recovery_seconds: float = 0.0

    async def begin(self) -> None:
        """Up for the first time, with people in it."""
        self.up.start()
        await self.up.await_ready()
        async with books.rooms_of(self.up) as country:
            await self.people.settle(country)

    async def live(self, plan: Plan) -> str:
        """One round; a line that says how it went."""
        record, bills, walkers = Record(), self.people.bills(ORDERS), self.people.bills(WALKERS * 2)
        before = self.up.family()
        async with books.rooms_of(self.up) as country:
            reservation, deadline = await books.reserve(
                country, *self.people.pair(), _RESERVED_SECONDS
            )
        twice = [bill for number, bill in enumerate(bills) for _ in range(1 + (number % 10 == 0))]
        async with asyncio.TaskGroup() as group:
            group.create_task(pay_at_a_pace(self.up.port, twice, plan.rate_per_s, record))
            group.create_task(self._walk(walkers, plan.moment_seconds))
            await asyncio.sleep(plan.moment_seconds)
            died = time.monotonic()
            await self._kill(plan, (deadline.micros - SystemClock().now().micros) / 1e6)
            if plan.again_seconds is not None:
                await asyncio.sleep(plan.again_seconds)
                before |= self.up.family()
                await self._kill(plan, 0)
            await self.up.await_ready()
            recovered_seconds = time.monotonic() - died
        assert record.wrong == []
        async with books.rooms_of(self.up) as country:
            await books.await_release(country, reservation)
            resent = await self.reckon(country, record, bills, walkers)
        await self.up.leaves_nothing_of(before)
        self.longest_recovery_seconds = max(self.longest_recovery_seconds, recovered_seconds)
        told = f"{len(bills) - resent} answered, {resent + len(walkers)} sent again"
        return f"{plan}: up after {recovered_seconds:.1f} s, {told}"

    async def _walk(self, walkers: Sequence[Bill], seconds: float) -> None:
        # half of them leave a whole order behind, the others half of one; some when it dies
        for number, bill in enumerate(walkers):
            await walk_away(self.up.port, bill.token, whole=number % 2 == 0)
            await asyncio.sleep(seconds / len(walkers))

    async def _kill(self, plan: Plan, left_seconds: float) -> None:
        find: dict[str, Callable[[], list[int]]] = {
            "web": self.up.web,
            "postmaster": self.up.postmaster,
            "backend": self.up.backends,
            "background": self.up.background,
            _SUPERVISOR: lambda: [self.up.supervisor.pid],
        }
        found = [find[victim]() for victim in plan.victims]
        await self.up.kill(
            pids[(int(plan.chance * len(pids)) + number) % len(pids)]
            for number, pids in enumerate(found)
            if pids  # the second time it may still be on its way up
        )
        if _SUPERVISOR in plan.victims:
            await self.up.ended()
            if plan.stays_down:
                await asyncio.sleep(left_seconds)
            self.up.start()

    async def reckon(
        self, country: Country, record: Record, bills: Sequence[Bill], walkers: Sequence[Bill] = ()
    ) -> int:
        """Everything that must hold after a round; how many orders had got no answer."""
        port = self.up.port
        promised = set(record.acknowledged)
        unanswered = [bill for bill in bills if bill.id not in promised]
        assert await books.orders_there(country, promised) == promised, "acknowledged, and lost"
        halves = {bill.id for bill in walkers[1::2]}
        assert not await books.orders_there(country, halves), "half an order left something"
        await settle(port, [*unanswered, *walkers], record)
        await settle(port, bills, record)  # all of them once more: the same answers
        assert record.wrong == []
        assert len(record.acknowledged) == len(bills) + len(walkers)
        self.people.book([*bills, *walkers])
        await books.check(country, self.people.balances)
        self.acknowledged |= record.acknowledged
        self.bills += [*bills, *walkers]
        self.resent += len(unanswered) + len(walkers)
        return len(unanswered)

    async def ask_everything_again(self) -> None:
        """After the last round: every answer that was ever given is given again."""
        record = Record(acknowledged=dict(self.acknowledged))
        await settle(self.up.port, self.bills, record)
        assert record.wrong == []
        async with books.rooms_of(self.up) as country:
            counts = await books.check(country, self.people.balances)
            assert counts.orders == len(self.bills)
            await books.await_delivery(country, counts)
