"""Orders in PostgreSQL: one set-based statement each, whatever the size of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from nagara.kernel.instant import Instant
from nagara.ledger import AccountId
from nagara.payments.directory.model import Device, ParticipantCode, Party, PartyKind
from nagara.payments.orders.model import (
    OrderId,
    OrderState,
    Refused,
    Settled,
    Spending,
    Surroundings,
    Volume,
)
from nagara.storage import (
    Bigints,
    Byteas,
    Instants,
    Smallints,
    Texts,
    Unit,
    Uuids,
    load_queries,
)

Rows = AsyncCursor[TupleRow]

_SQL = load_queries("nagara.payments.orders")
_PARTY_KINDS = {int(kind): kind for kind in PartyKind}
_STATES = {int(state): state for state in OrderState}


class AskedRows:
    """The answers to what was asked about a batch, still on their way."""

    def __init__(self, devices: Rows, parties: Rows, settled: Rows) -> None:
        self._devices = devices
        self._parties = parties
        self._settled = settled

    async def read(self) -> Surroundings:
        """Wait for the answers."""
        devices = {row[0]: Device(*row) for row in await self._devices.fetchall()}
        parties: dict[AccountId, Party] = {}
        spending: dict[AccountId, Spending] = {}
        for (
            account,
            participant,
            kind,
            tier,
            name,
            category,
            day,
            minor,
        ) in await self._parties.fetchall():
            parties[account] = Party(
                account, ParticipantCode(participant), _PARTY_KINDS[kind], tier, name, category
            )
            spending[account] = Spending(day, minor)
        settled = {row[0]: _settled(row) for row in await self._settled.fetchall()}
        return Surroundings(devices, parties, spending, settled)


class PostgresOrders:
    """The decided orders of one country."""

    async def ask(
        self,
        unit: Unit,
        thumbprints: Sequence[bytes],
        accounts: Sequence[AccountId],
        ids: Sequence[OrderId],
    ) -> AskedRows:
        """Ask for everything that a batch is judged by, without waiting."""
        execute = unit.connection.execute
        return AskedRows(
            await execute(_SQL["devices"], {"thumbprints": Byteas(thumbprints)}),
            await execute(_SQL["parties"], {"accounts": Uuids(accounts)}),
            await execute(_SQL["settled"], {"ids": Uuids(ids)}),
        )

    async def settled(self, unit: Unit, ids: Sequence[OrderId]) -> dict[OrderId, Settled]:
        """Orders which were decided."""
        cursor = await unit.connection.execute(_SQL["settled"], {"ids": Uuids(ids)})
        return {row[0]: _settled(row) for row in await cursor.fetchall()}

    async def write(
        self, unit: Unit, settled: Sequence[Settled], spending: Mapping[AccountId, Spending]
    ) -> None:
        """Write what a batch came to, in id order: two batches never wait for each other."""
        execute = unit.connection.execute
        ordered = sorted(settled, key=lambda one: one.id)
        await execute(
            _SQL["write_orders"],
            {
                "ids": Uuids([s.id for s in ordered]),
                "states": Smallints([s.state for s in ordered]),
                "ats": Instants([s.at for s in ordered]),
                "refusals": Texts([_refusal_json(s.refusal) for s in ordered]),
                "signeds": Texts([s.signed for s in ordered]),
                "receipts": Texts([s.receipt for s in ordered]),
            },
        )
        if spending:
            await execute(
                _SQL["write_spending"],
                {
                    "accounts": Uuids(list(spending)),
                    "days": Bigints([s.day for s in spending.values()]),
                    "minors": Bigints([s.minor for s in spending.values()]),
                },
            )

    async def count_volume(self, unit: Unit, volume: Volume, day: Instant) -> None:
        """Add a batch to the volume of its second and of its day."""
        await unit.connection.execute(
            _SQL["count_volume"],
            {
                "second": volume.start,
                "day": day,
                "posted": volume.posted,
                "refused": volume.refused,
            },
        )

    async def volume_since(self, unit: Unit, period: str, since: Instant) -> list[Volume]:
        """The volume of each `second` or `day` since an instant, oldest first."""
        cursor = await unit.connection.execute(
            _SQL["volume_since"], {"period": period, "since": since}
        )
        return [Volume(*row) for row in await cursor.fetchall()]

    async def forget_seconds(self, unit: Unit, before: Instant) -> None:
        """Drop the seconds before an instant."""
        await unit.connection.execute(_SQL["forget_seconds"], {"before": before})


def _settled(row: TupleRow) -> Settled:
    id_, state, at, refusal, signed, receipt = row
    kept = None if refusal is None else msgspec.convert(refusal, Refused)
    return Settled(id_, _STATES[state], at, kept, signed, receipt)


def _refusal_json(refusal: Refused | None) -> str | None:
    return None if refusal is None else msgspec.json.encode(refusal).decode()
