"""The one place where rooms are plugged into each other, for web processes and for the worker.

A process reads its values from NAGARA_* variables, which `nagara up` has checked and set.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from nagara.journal.rules import RECEIPT_TYPE
from nagara.journal.service import JournalService
from nagara.journal.store import PostgresLeaves
from nagara.kernel.ids import IdSource, SystemIds
from nagara.kernel.instant import Clock, SystemClock
from nagara.kernel.profile import Profile, load_profile
from nagara.kernel.refusals import Malformed
from nagara.keys import CodeFolder, KeyStore, Purpose
from nagara.ledger import AccountId
from nagara.ledger.service import LedgerService
from nagara.ledger.store import PostgresBooks
from nagara.payments.directory.model import Participant, ParticipantCode, ParticipantKind
from nagara.payments.directory.service import DirectoryService
from nagara.payments.directory.store import PostgresDirectory
from nagara.payments.orders.service import VOLUME_TOPIC, OrderService
from nagara.payments.orders.store import PostgresOrders
from nagara.payments.service import Neighbours, Payments
from nagara.storage import Database, Unit
from nagara.storage.diskspace import DiskSpace
from nagara.storage.worker import Worker

ROOMS: Final = ("nagara.ledger", "nagara.journal", "nagara.payments")

_EXPIRE_EVERY_SECONDS: Final = 1.0
_FORGET_EVERY_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Values:
    """What a process must be told."""

    data: Path
    database_url: str
    database_folder: Path | None  # of an embedded database, whose disk is watched
    country: str
    demo: bool
    public_url: str
    pool_max: int
    key_passphrase: str | None

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Values:
        """The values as `nagara up` set them."""
        folder = variables.get("NAGARA_DATABASE_FOLDER")
        return cls(
            data=Path(variables["NAGARA_DATA"]),
            database_url=variables["NAGARA_DATABASE_URL"],
            database_folder=Path(folder) if folder else None,
            country=variables["NAGARA_COUNTRY"],
            demo=variables.get("NAGARA_DEMO") == "true",
            public_url=variables["NAGARA_PUBLIC_URL"],
            pool_max=int(variables["NAGARA_POOL_MAX"]),
            key_passphrase=variables.get("NAGARA_KEY_PASSPHRASE"),
        )


@dataclass(frozen=True, slots=True)
class Country:
    """A country that is open: every room, plugged in."""

    values: Values
    profile: Profile
    clock: Clock
    ids: IdSource
    database: Database
    keys: KeyStore
    ledger: LedgerService
    journal: JournalService
    payments: Payments
    operator_codes: CodeFolder


def operator_codes(data: Path, clock: Clock) -> CodeFolder:
    """The one-time codes for /operate of a data folder."""
    return CodeFolder(data / "operator-codes", clock)


@asynccontextmanager
async def opened(values: Values) -> AsyncIterator[Country]:
    """The country, open while the block runs."""
    clock = SystemClock()
    ids = SystemIds(clock)
    profile = load_profile(values.country)
    keys = KeyStore.open(values.data / "keys", _passphrase(values), clock)
    space = DiskSpace(values.database_folder) if values.database_folder else None
    async with Database.open(
        values.database_url, pool_max=values.pool_max, space=space
    ) as database:
        ledger = LedgerService(PostgresBooks(), clock, ids)
        journal = JournalService(
            PostgresLeaves(), partial(keys.compact_signer, Purpose.RECEIPT, RECEIPT_TYPE)
        )
        around = Neighbours(
            database, ledger, journal, keys, profile, clock, ids, values.public_url, values.demo
        )
        payments = Payments(
            around,
            DirectoryService(PostgresDirectory(), ledger, profile, clock),
            OrderService(PostgresOrders(), ledger, journal, profile, clock),
        )
        yield Country(
            values,
            profile,
            clock,
            ids,
            database,
            keys,
            ledger,
            journal,
            payments,
            operator_codes(values.data, clock),
        )
        await payments.drain()


@asynccontextmanager
async def background() -> AsyncIterator[Worker]:
    """The background worker of a country, filled."""
    values = Values.from_variables(os.environ)
    async with opened(values) as country:
        worker = Worker(country.database, values.database_url, country.clock)
        payments = country.payments

        async def expire() -> None:
            while await country.database.run(country.ledger.expire_due):
                pass

        async def forget() -> None:
            await country.database.run(payments.directory.forget_requests)
            await country.database.run(payments.orders.forget_seconds)

        worker.periodic("ledger.expire", _EXPIRE_EVERY_SECONDS, expire)
        worker.periodic("payments.forget", _FORGET_EVERY_SECONDS, forget)
        worker.topic(VOLUME_TOPIC, payments.orders.count_volume)
        if values.demo:
            await country.database.run(partial(_seed, country))
        yield worker


async def audit(database: Database) -> list[str]:
    """What is wrong with the books of a database, a line each; none when they are right."""
    clock = SystemClock()
    ledger = LedgerService(PostgresBooks(), clock, SystemIds(clock))
    async with database.read() as unit:
        sums = await ledger.trial_balance(unit)
        accounts = await ledger.audit(unit)
    wrong = [
        f"{s.currency}: debits and credits differ by {s.difference_minor}"
        for s in sums
        if not s.balanced
    ]
    return wrong + [f"account {id_}: its totals are not those of its transfers" for id_ in accounts]


async def _seed(country: Country, unit: Unit) -> None:
    """The made-up institutions of a demonstration, once."""
    known = await country.payments.directory.participants(unit)
    for made_up in country.profile.demo.participants:
        if made_up.code in known:
            continue
        await country.payments.add_participant(
            unit,
            Participant(
                ParticipantCode(made_up.code),
                ParticipantKind[made_up.kind.upper()],
                made_up.name,
                made_up.open_to_public,
                AccountId(country.ids.new()),
                made_up.acquirer,
                (),
            ),
        )


def _passphrase(values: Values) -> bytes:
    """What opens the key files. A demo keeps one of its own in the data folder."""
    if values.key_passphrase is not None:
        return values.key_passphrase.encode()
    if not values.demo:
        raise Malformed(field="key_passphrase", reason="it is needed where this is no demo")
    values.data.mkdir(parents=True, exist_ok=True)
    path = values.data / "demo-passphrase"
    if not path.exists():
        # written whole before it has its name: another process, or the next start, reads it all
        draft = path.with_suffix(f".{os.getpid()}")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(file, secrets.token_urlsafe(32).encode())
        os.fsync(file)
        os.close(file)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_bytes()
