"""The people of the kill rounds: accounts with money, keys, and arithmetic of our own.

Their accounts are opened and filled through the rooms, as a participant would, so that an audit
finds nothing at the start; nobody but the country writes to the books afterwards.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nagara.kernel import canonical
from nagara.kernel.ids import uuid7
from nagara.kernel.instant import SystemClock
from nagara.keys import Algorithm, Signer, embedded_jws, new_signer
from nagara.ledger import AccountId
from nagara.payments.directory.model import ParticipantCode, Party, PartyKind
from nagara.payments.directory.service import Opening
from nagara.payments.model import Movement
from nagara.storage import Unit
from nagara.wiring import Country

PEOPLE: Final = 24
FUNDS_MINOR: Final = 10_000_000
_OVER_LIMIT_MINOR: Final = 100_000_001  # of the tier `full`
_PARTICIPANTS: Final = ("lanexang", "mekong")
_LIFE_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class Bill:
    """A signed order, and how it must end."""

    id: UUID
    payer: UUID
    payee: UUID
    amount_minor: int
    state: str
    token: str


@dataclass(frozen=True, slots=True)
class _Person:
    account: UUID
    participant: str
    signer: Signer


class People:
    """Everybody who pays and is paid. Many pay the first one; the last one has nothing."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._persons = [
            _Person(
                self.new_id(),
                _PARTICIPANTS[number % 2],
                new_signer(Algorithm.ES256 if number % 3 else Algorithm.ED25519),
            )
            for number in range(PEOPLE)
        ]
        self.balances: Counter[UUID] = Counter()

    def new_id(self) -> UUID:
        return uuid7(SystemClock().now(), self._random.getrandbits(74))

    async def settle(self, country: Country) -> None:
        """Open the accounts and put money into all but the last."""

        async def work(unit: Unit) -> None:
            for person in self._persons:
                await self._open(country, unit, person)

        await country.database.run(work)
        self.balances.update({person.account: FUNDS_MINOR for person in self._persons[:-1]})
        self.balances[self._persons[-1].account] = 0

    async def _open(self, country: Country, unit: Unit, person: _Person) -> None:
        account, code = AccountId(person.account), ParticipantCode(person.participant)
        party = Party(account, code, PartyKind.PERSON, "full", "Somphone Vongsa", None)
        thumbprint = person.signer.public.thumbprint
        await country.payments.open_account(unit, Opening(party, (thumbprint,)))
        if person is not self._persons[-1]:
            deposit = Movement(
                self.new_id(), person.participant, account, FUNDS_MINOR, "LAK", inward=True
            )
            await country.payments.move(unit, deposit)

    def pair(self) -> tuple[UUID, UUID]:
        """Two people with money."""
        payer, payee = self._random.sample(self._persons[:-1], 2)
        return payer.account, payee.account

    def bills(self, count: int) -> list[Bill]:
        """Orders signed now: most are to be posted, one in ten is to be refused or has expired."""
        return [self._bill() for _ in range(count)]

    def _bill(self) -> Bill:
        payer, payee = self._random.sample(self._persons[:-1], 2)
        if payer is not self._persons[0] and self._random.random() < 0.3:
            payee = self._persons[0]
        amount, state, age_seconds = self._random.randint(1, 100), "posted", 0
        match self._random.randrange(30):
            case 0:
                amount, state = _OVER_LIMIT_MINOR, "refused"
            case 1:
                payer, state = self._persons[-1], "refused"
                amount = FUNDS_MINOR * PEOPLE  # more than it can ever have been paid
            case 2:
                state, age_seconds = "expired", _LIFE_SECONDS + 1
        issued = SystemClock().now().seconds - age_seconds
        id_ = self.new_id()
        words = {
            "amount": amount,
            "aud": "la.nagara",
            "currency": "LAK",
            "exp": issued + _LIFE_SECONDS,
            "iat": issued,
            "id": str(id_),
            "payee": str(payee.account),
            "payer": str(payer.account),
            "purpose": "goods",
        }
        token = embedded_jws(payer.signer, canonical.json(words), "nagara-order+jwt")
        return Bill(id_, payer.account, payee.account, amount, state, token)

    def book(self, bills: Iterable[Bill]) -> None:
        """Our own arithmetic: what the posted ones of these change."""
        for bill in bills:
            if bill.state == "posted":
                self.balances[bill.payer] -= bill.amount_minor
                self.balances[bill.payee] += bill.amount_minor
