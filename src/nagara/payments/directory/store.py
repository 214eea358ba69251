"""The directory in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nagara.kernel.instant import Instant
from nagara.ledger import AccountId
from nagara.payments.directory.model import (
    Address,
    AddressKind,
    Budget,
    Device,
    Participant,
    ParticipantCode,
    ParticipantKind,
    Party,
    PartyKind,
)
from nagara.payments.orders.model import Spending
from nagara.storage import Unit, Uuids, load_queries

_SQL = load_queries("nagara.payments.directory")


class PostgresDirectory:
    """Participants, parties, devices and addresses. Adding what is there returns False."""

    async def add_participant(self, unit: Unit, new: Participant, at: Instant) -> bool:
        """A participant whose code is free."""
        return await _returned(
            unit,
            "add_participant",
            code=new.code,
            kind=int(new.kind),
            name=_json(new.name),
            open_to_public=new.open_to_public,
            funds=new.funds,
            acquirer=new.acquirer,
            jwks=_json(new.jwks),
            at=at,
        )

    async def participants(self, unit: Unit) -> list[Participant]:
        """All of them; there are tens, not thousands."""
        cursor = await unit.connection.execute(_SQL["participants"])
        return [
            Participant(
                ParticipantCode(code),
                ParticipantKind(kind),
                name,
                public,
                funds,
                acquirer,
                tuple(jwks),
            )
            for code, kind, name, public, funds, acquirer, jwks in await cursor.fetchall()
        ]

    async def add_party(self, unit: Unit, party: Party, at: Instant) -> bool:
        """The holder of an account."""
        return await _returned(
            unit,
            "add_party",
            account=party.account,
            participant=party.participant,
            kind=int(party.kind),
            tier=party.tier,
            name=party.name,
            category=party.category,
            at=at,
        )

    async def parties(self, unit: Unit, accounts: Sequence[AccountId]) -> dict[AccountId, Party]:
        """The holders of those accounts that exist."""
        cursor = await unit.connection.execute(_SQL["parties"], {"accounts": Uuids(accounts)})
        return {
            account: Party(
                account, ParticipantCode(participant), PartyKind(kind), tier, name, category
            )
            for account, participant, kind, tier, name, category in await cursor.fetchall()
        }

    async def spending(self, unit: Unit, account: AccountId) -> Spending:
        """What the party has spent, and on which day."""
        cursor = await unit.connection.execute(_SQL["spending"], {"account": account})
        row = await cursor.fetchone()
        return Spending(0, 0) if row is None else Spending(*row)

    async def lock_party(self, unit: Unit, account: AccountId) -> bool:
        """Hold the party until the unit ends; False where there is none."""
        return await _returned(unit, "lock_party", account=account)

    async def add_device(self, unit: Unit, device: Device) -> bool:
        """A device whose key nobody has."""
        return await _returned(
            unit,
            "add_device",
            thumbprint=device.thumbprint,
            account=device.account,
            at=device.created_at,
        )

    async def revoke_device(
        self, unit: Unit, account: AccountId, thumbprint: bytes, at: Instant
    ) -> bool:
        """End a live device of the account."""
        return await _returned(unit, "revoke_device", account=account, thumbprint=thumbprint, at=at)

    async def device(self, unit: Unit, thumbprint: bytes) -> Device | None:
        """One device."""
        cursor = await unit.connection.execute(_SQL["device"], {"thumbprint": thumbprint})
        row = await cursor.fetchone()
        return None if row is None else Device(*row)

    async def devices_of(self, unit: Unit, account: AccountId) -> list[Device]:
        """The account's devices, revoked ones too, oldest first."""
        cursor = await unit.connection.execute(_SQL["devices_of"], {"account": account})
        return [Device(*row) for row in await cursor.fetchall()]

    async def add_address(self, unit: Unit, address: Address, account: AccountId) -> bool:
        """An address that leads nowhere yet."""
        return await _returned(
            unit, "add_address", address=address.text, kind=int(address.kind), account=account
        )

    async def addresses_of(self, unit: Unit, account: AccountId) -> list[Address]:
        """The account's addresses, handles first."""
        cursor = await unit.connection.execute(_SQL["addresses_of"], {"account": account})
        return [Address(text, AddressKind(kind)) for text, kind in await cursor.fetchall()]

    async def account_at(self, unit: Unit, address: Address) -> AccountId | None:
        """Where the address leads."""
        cursor = await unit.connection.execute(_SQL["account_at"], {"address": address.text})
        row = await cursor.fetchone()
        return None if row is None else AccountId(row[0])

    async def budget(self, unit: Unit, principal: str, full: Budget) -> Budget:
        """What the caller may still look up; held until the unit ends."""
        cursor = await unit.connection.execute(
            _SQL["budget"], {"principal": principal, "tokens": full.tokens, "at": full.at}
        )
        row = await cursor.fetchone()
        assert row is not None
        return Budget(*row)

    async def write_budget(self, unit: Unit, principal: str, budget: Budget) -> None:
        """What the caller has left."""
        await unit.connection.execute(
            _SQL["write_budget"],
            {"principal": principal, "tokens": budget.tokens, "at": budget.at},
        )

    async def use_request(self, unit: Unit, principal: str, jti: str, expires_at: Instant) -> bool:
        """Mark a signed request as used; False where it was."""
        return await _returned(
            unit, "use_request", principal=principal, jti=jti, expires_at=expires_at
        )

    async def forget_requests(self, unit: Unit, now: Instant) -> None:
        """Drop marks that are no longer needed."""
        await unit.connection.execute(_SQL["forget_requests"], {"now": now})

    async def count_parties(self, unit: Unit) -> int:
        """An estimate of how many accounts there are."""
        cursor = await unit.connection.execute(_SQL["count_parties"])
        row = await cursor.fetchone()
        return 0 if row is None else int(row[0])


async def _returned(unit: Unit, query: str, **values: object) -> bool:
    cursor = await unit.connection.execute(_SQL[query], values)
    return await cursor.fetchone() is not None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
