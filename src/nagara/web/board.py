"""The figures of the operator's board, gathered from the rooms when somebody looks."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Final

from nagara.kernel.errors import Fault
from nagara.kernel.instant import Instant
from nagara.storage import outbox
from nagara.storage.diskspace import RESERVE_MB
from nagara.web import meter
from nagara.web.pages.overview import Balance, Overview, Part, Position, State
from nagara.wiring import Country

_WINDOW_SECONDS: Final = 60
_SLOW_MS: Final = 250
_BACKLOG_SECONDS: Final = 10
_DISK_LOW_FACTOR: Final = 8


class Board:
    """As nagara.web.pages.overview.Overviews asks for."""

    def __init__(self, country: Country, meters: Path) -> None:
        self._country = country
        self._meters = meters
        self._earlier: deque[tuple[Instant, meter.Counts]] = deque(maxlen=_WINDOW_SECONDS)

    async def overview(self) -> Overview:
        """The country at this moment. A part that does not answer is shown as down."""
        started = time.monotonic()
        try:
            found = await self._from_database()
        except Fault as fault:
            health = (Part("database", State.DOWN, fault.slug), self._disk())
            return Overview(0.0, (), None, None, 0, 0, (), health, ())
        took_ms = (time.monotonic() - started) * 1000
        seconds, today, accounts, balances, positions, backlog = found
        p50, p99 = self._quantiles()
        database = State.WELL if took_ms < _SLOW_MS else State.STRAINED
        return Overview(
            payments_per_second=seconds[-1],
            recent_per_second=seconds,
            p50_ms=p50,
            p99_ms=p99,
            accounts=accounts,
            payments_today=today,
            trial_balance=balances,
            health=(
                Part("database", database, f"{took_ms:.0f} ms"),
                _worker(backlog),
                self._disk(),
            ),
            positions=positions,
        )

    async def _from_database(
        self,
    ) -> tuple[
        tuple[float, ...], int, int, tuple[Balance, ...], tuple[Position, ...], outbox.State
    ]:
        country = self._country
        payments = country.payments
        async with country.database.read() as unit:
            volume = await payments.orders.volume_of_last(unit, _WINDOW_SECONDS)
            today = await payments.orders.volume_today(unit)
            accounts = await payments.directory.count_parties(unit)
            sums = await country.ledger.trial_balance(unit)
            totals = await country.ledger.totals_by_owner(unit)
            participants = await payments.directory.participants(unit)
            backlog = await outbox.state(unit)
        now = country.clock.now().seconds
        by_second = {one.start.seconds: one.posted for one in volume}
        # the second which is running, and the one before, are not counted to their end yet
        seconds = tuple(
            float(by_second.get(now - ago, 0)) for ago in range(_WINDOW_SECONDS - 1, 1, -1)
        )
        balances = tuple(
            Balance(s.currency, s.debit_minor, s.credit_minor, s.difference_minor) for s in sums
        )
        positions = tuple(
            Position(one.code, one.name, currency, net)
            for owner, currency, net in totals
            for one in participants.values()
            if one.code == owner
        )
        return seconds, today, accounts, balances, positions, backlog

    def _quantiles(self) -> tuple[float | None, float | None]:
        now, counts = self._country.clock.now(), meter.read(self._meters)
        start = now.plus_seconds(-_WINDOW_SECONDS)
        while self._earlier and self._earlier[0][0] < start:
            self._earlier.popleft()
        since = self._earlier[0][1] if self._earlier else None
        self._earlier.append((now, counts))
        return counts.quantile_ms(0.5, since), counts.quantile_ms(0.99, since)

    def _disk(self) -> Part:
        free = self._country.database.free_mb()
        if free is None:
            return Part("disk", State.WELL, "database elsewhere")
        if free < RESERVE_MB:
            return Part("disk", State.DOWN, f"{free} MB free")
        low = free < RESERVE_MB * _DISK_LOW_FACTOR
        return Part("disk", State.STRAINED if low else State.WELL, f"{free} MB free")


def _worker(backlog: outbox.State) -> Part:
    late = backlog.oldest_seconds > _BACKLOG_SECONDS
    state = State.STRAINED if late or backlog.parked else State.WELL
    return Part("worker", state, f"{backlog.waiting} waiting, {backlog.parked} parked")
