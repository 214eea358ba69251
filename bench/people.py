"""The people of a benchmark: accounts written in one go, orders signed beforehand."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from nagara.kernel import canonical
from nagara.kernel.ids import uuid7
from nagara.kernel.instant import Instant, SystemClock
from nagara.kernel.profile import load_profile
from nagara.keys import Algorithm, Signer, embedded_jws, new_signer

FUNDS_MINOR: Final = 1_000_000_000
ORDER_SECONDS: Final = 900
_PARTICIPANT: Final = "lanexang"
_CHUNK: Final = 50_000


@dataclass(frozen=True, slots=True)
class Person:
    """An account, and the key that orders payments from it."""

    account: UUID
    signer: Signer


class People:
    """Everybody who has an account; `payers` of them can sign."""

    def __init__(self, accounts: int, payers: int, seed: int) -> None:
        self.random = random.Random(seed)
        self._now = SystemClock().now()
        self.accounts = [self._id() for _ in range(accounts)]
        chosen = self.random.sample(range(accounts), min(payers, accounts))
        self.payers = [Person(self.accounts[i], new_signer(Algorithm.ES256)) for i in chosen]

    def settle(self, url: str) -> None:
        """Write the accounts, their money and their devices, straight into the tables.

        The books are as if each had been given its money by the participant: they sum to zero.
        """
        keys = {person.account: person.signer.public.thumbprint for person in self.payers}
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            for start in range(0, len(self.accounts), _CHUNK):
                _copy(cursor, self.accounts[start : start + _CHUNK], keys, self._now)
            cursor.execute(
                "UPDATE ledger.account SET debits_posted = debits_posted + %s "
                "WHERE id = (SELECT funds FROM payments.participant WHERE code = %s)",
                (FUNDS_MINOR * len(self.accounts), _PARTICIPANT),
            )
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def orders(self, count: int, *, to_one: bool = False) -> list[str]:
        """Signed orders from payers chosen by chance, to payees chosen by chance or to one."""
        network = load_profile("la").network
        one = self.accounts[0]
        seconds = SystemClock().now().seconds
        made = []
        for _ in range(count):
            payer = self.random.choice(self.payers)
            payee = one if to_one else self.random.choice(self.accounts)
            while payee == payer.account:
                payee = self.random.choice(self.accounts)
                payer = self.random.choice(self.payers)
            order = {
                "amount": self.random.randint(1, 100),
                "aud": network,
                "currency": "LAK",
                "exp": seconds + ORDER_SECONDS,
                "iat": seconds,
                "id": str(self._id()),
                "payee": str(payee),
                "payer": str(payer.account),
                "purpose": "goods",
            }
            made.append(embedded_jws(payer.signer, canonical.json(order), "nagara-order+jwt"))
        return made

    def _id(self) -> UUID:
        return uuid7(self._now, self.random.getrandbits(74))


def _copy(
    cursor: psycopg.Cursor[tuple[object, ...]],
    accounts: Sequence[UUID],
    keys: dict[UUID, bytes],
    now: Instant,
) -> None:
    at = now.datetime()
    with cursor.copy(
        "COPY ledger.account (id, owner, currency, normal_side, floor_minor, credits_posted, "
        "last_at) FROM STDIN"
    ) as out:
        for id_ in accounts:
            out.write_row((id_, _PARTICIPANT, "LAK", 2, 0, FUNDS_MINOR, at))
    with cursor.copy(
        "COPY payments.party (account, participant, kind, tier, name, created_at) FROM STDIN"
    ) as out:
        for id_ in accounts:
            out.write_row((id_, _PARTICIPANT, 1, "full", "Somphone Vongsa", at))
    with cursor.copy("COPY payments.device (thumbprint, account, created_at) FROM STDIN") as out:
        for id_ in accounts:
            out.write_row((keys.get(id_) or secrets.token_bytes(32), id_, at))
