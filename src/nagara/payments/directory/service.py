"""The order of effects in the directory. Every method runs inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Clock, Instant
from nagara.kernel.profile import Profile
from nagara.kernel.refusals import Malformed, NotFound
from nagara.ledger import Account, AccountId, AccountState, Ledger, Side
from nagara.payments.directory import rules
from nagara.payments.directory.model import (
    DEVICES_MAX,
    Address,
    AddressKind,
    Budget,
    Device,
    Participant,
    ParticipantCode,
    Party,
)
from nagara.payments.orders.model import Spending
from nagara.payments.refusals import (
    AccountTaken,
    AddressTaken,
    DeviceRevoked,
    DevicesTooMany,
    DeviceTaken,
    DeviceUnknown,
    NotTheAccountsDevice,
    ParticipantUnknown,
    PayeeUnknown,
    RequestReplayed,
)
from nagara.storage import Unit


class Directory(Protocol):
    """What the service needs of its store; see store.PostgresDirectory."""

    async def add_participant(self, unit: Unit, new: Participant, at: Instant) -> bool: ...
    async def participants(self, unit: Unit) -> list[Participant]: ...
    async def add_party(self, unit: Unit, party: Party, at: Instant) -> bool: ...
    async def parties(
        self, unit: Unit, accounts: Sequence[AccountId]
    ) -> dict[AccountId, Party]: ...
    async def spending(self, unit: Unit, account: AccountId) -> Spending: ...
    async def lock_party(self, unit: Unit, account: AccountId) -> bool: ...
    async def add_device(self, unit: Unit, device: Device) -> bool: ...
    async def revoke_device(
        self, unit: Unit, account: AccountId, thumbprint: bytes, at: Instant
    ) -> bool: ...
    async def device(self, unit: Unit, thumbprint: bytes) -> Device | None: ...
    async def devices_of(self, unit: Unit, account: AccountId) -> list[Device]: ...
    async def add_address(self, unit: Unit, address: Address, account: AccountId) -> bool: ...
    async def addresses_of(self, unit: Unit, account: AccountId) -> list[Address]: ...
    async def account_at(self, unit: Unit, address: Address) -> AccountId | None: ...
    async def budget(self, unit: Unit, principal: str, full: Budget) -> Budget: ...
    async def write_budget(self, unit: Unit, principal: str, budget: Budget) -> None: ...
    async def use_request(
        self, unit: Unit, principal: str, jti: str, expires_at: Instant
    ) -> bool: ...
    async def forget_requests(self, unit: Unit, now: Instant) -> None: ...
    async def count_parties(self, unit: Unit) -> int: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A new account: who holds it, with which keys, under which names."""

    party: Party
    thumbprints: tuple[bytes, ...]
    phone: str | None = None
    handle: str | None = None
    stickers: tuple[str, ...] = ()  # receivers inside codes that the participant printed before


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as its holder sees it."""

    party: Party
    account: Account
    spending: Spending
    addresses: list[Address]
    devices: list[Device]


class DirectoryService:
    """The directory of one country."""

    def __init__(
        self, directory: Directory, ledger: Ledger, profile: Profile, clock: Clock
    ) -> None:
        self._directory = directory
        self._ledger = ledger
        self._profile = profile
        self._clock = clock

    async def add_participant(self, unit: Unit, new: Participant) -> None:
        """Admit an institution and open its funds account. Refuses a code that is taken."""
        now = self._clock.now()
        if not await self._directory.add_participant(unit, new, now):
            raise AccountTaken(field="code")
        currency = self._profile.currency.code
        await self._open_in_ledger(unit, new.funds, new.code, currency, Side.DEBIT)

    async def participants(self, unit: Unit) -> dict[ParticipantCode, Participant]:
        """All participants by code."""
        return {one.code: one for one in await self._directory.participants(unit)}

    async def participant(self, unit: Unit, code: str) -> Participant:
        """One participant, or ParticipantUnknown."""
        found = (await self.participants(unit)).get(ParticipantCode(code))
        if found is None:
            raise ParticipantUnknown
        return found

    async def open(self, unit: Unit, opening: Opening) -> list[Address]:
        """Open an account with its devices and addresses; all of them or none."""
        party, now = opening.party, self._clock.now()
        currency = self._profile.currency.code
        await self._open_in_ledger(unit, party.account, party.participant, currency, Side.CREDIT)
        if not await self._directory.add_party(unit, party, now):
            raise AccountTaken(field="account")
        for thumbprint in opening.thumbprints:
            await self._add_device(unit, Device(thumbprint, party.account, now, None))
        addresses = self._addresses(opening)
        if opening.stickers:
            owner = await self.participant(unit, party.participant)
            if owner.acquirer is None:
                raise Malformed(field="codes", reason="the participant has no acquirer number")
            addresses += [rules.sticker(owner.acquirer, one) for one in opening.stickers]
        for address in addresses:
            if not await self._directory.add_address(unit, address, party.account):
                raise AddressTaken(field=address.kind.name.lower())
        return addresses

    async def add_device(self, unit: Unit, account: AccountId, thumbprint: bytes) -> None:
        """One more device for the account."""
        if not await self._directory.lock_party(unit, account):
            raise NotFound(what="account")
        devices = await self._directory.devices_of(unit, account)
        if sum(device.revoked_at is None for device in devices) >= DEVICES_MAX:
            raise DevicesTooMany(limit=DEVICES_MAX)
        await self._add_device(unit, Device(thumbprint, account, self._clock.now(), None))

    async def revoke_device(self, unit: Unit, account: AccountId, thumbprint: bytes) -> None:
        """End a device. From the next batch on, nothing that it signs is taken."""
        now = self._clock.now()
        if not await self._directory.revoke_device(unit, account, thumbprint, now):
            raise DeviceUnknown

    async def prove_device(
        self, unit: Unit, account: AccountId, thumbprint: bytes, jti: str, expires_at: Instant
    ) -> None:
        """Accept a signed request of a live device of the account, once."""
        device = await self._directory.device(unit, thumbprint)
        if device is None:
            raise DeviceUnknown
        if device.revoked_at is not None:
            raise DeviceRevoked
        if device.account != account:
            raise NotTheAccountsDevice
        await self.use_once(unit, str(account), jti, expires_at)

    async def use_once(self, unit: Unit, principal: str, jti: str, expires_at: Instant) -> None:
        """Refuse what was used before, until it has expired anyway."""
        if not await self._directory.use_request(unit, principal, jti, expires_at):
            raise RequestReplayed

    async def view(self, unit: Unit, account: AccountId) -> AccountView:
        """The account as its holder sees it, or NotFound."""
        party = (await self._directory.parties(unit, [account])).get(account)
        held = (await self._ledger.accounts(unit, [account])).get(account)
        if party is None or held is None:
            raise NotFound(what="account")
        return AccountView(
            party,
            held,
            await self._directory.spending(unit, account),
            await self._directory.addresses_of(unit, account),
            await self._directory.devices_of(unit, account),
        )

    async def parties(self, unit: Unit, accounts: Sequence[AccountId]) -> dict[AccountId, Party]:
        """The holders of accounts."""
        return await self._directory.parties(unit, accounts)

    async def set_state(self, unit: Unit, account: AccountId, state: AccountState) -> None:
        """Freeze, open again or close an account."""
        await self._ledger.set_state(unit, account, state)

    async def look_up(self, unit: Unit, principal: str, address: Address) -> Party | Refusal:
        """Who an address leads to. Metered; a miss is returned, so that its cost is kept (D3)."""
        now = self._clock.now()
        found = await self._find(unit, address)
        if address.kind is AddressKind.CODE:  # nobody guesses 60 random bits
            return found or PayeeUnknown()
        first = Budget(rules.BUDGET_TOKENS_START, now)
        budget = await self._directory.budget(unit, principal, first)
        cost = rules.HIT_COST if found else rules.MISS_COST
        await self._directory.write_budget(unit, principal, rules.spend(budget, cost, now))
        return found or PayeeUnknown()

    async def forget_requests(self, unit: Unit) -> None:
        """Drop marks of used requests that have expired."""
        await self._directory.forget_requests(unit, self._clock.now())

    async def count_parties(self, unit: Unit) -> int:
        """An estimate of how many accounts there are."""
        return await self._directory.count_parties(unit)

    async def _find(self, unit: Unit, address: Address) -> Party | None:
        account = await self._directory.account_at(unit, address)
        if account is None:
            return None
        return (await self._directory.parties(unit, [account])).get(account)

    async def _open_in_ledger(
        self, unit: Unit, id_: AccountId, owner: str, currency: str, side: Side
    ) -> None:
        new = Account(
            id_, owner, currency, side, 0, AccountState.OPEN, 0, 0, 0, 0, self._clock.now()
        )
        if (await self._ledger.open(unit, [new]))[0] is not None:
            raise AccountTaken(field="account")

    async def _add_device(self, unit: Unit, device: Device) -> None:
        if not await self._directory.add_device(unit, device):
            raise DeviceTaken

    def _addresses(self, opening: Opening) -> list[Address]:
        party = opening.party
        addresses = [Address(rules.account_code(party.account), AddressKind.CODE)]
        if opening.handle is not None:
            addresses.insert(0, rules.handle(opening.handle, party.participant))
        if opening.phone is not None:
            addresses.append(rules.phone(opening.phone, self._profile))
        return addresses
