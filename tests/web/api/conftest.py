"""A country as a web process has it, on a database of the test's own, without a network."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from nagara.kernel.instant import SystemClock
from nagara.keys import KeyStore, ScryptCost
from nagara.web.app import Process
from nagara.wiring import Country, Values, opened
from tests.conftest import a_clone
from tests.web.api.people import API, JSON, Program, Town, new_id, words_of

PASSPHRASE = "of a test"


@dataclass(frozen=True, slots=True)
class Open:
    """A web process that serves, a client of it, and the same country as its worker has it."""

    country: Country
    app: Process
    client: httpx.AsyncClient

    async def trial_balance(self) -> list[int]:
        """What debits and credits differ by, in each currency."""
        return [one.difference_minor for one in await self.country.payments.trial_balance()]


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of a country, made once and cheap to unlock."""
    folder = tmp_path_factory.mktemp("country") / "keys"
    KeyStore.open(folder, PASSPHRASE.encode(), SystemClock(), cost=ScryptCost(1 << 4, 8, 1))
    return folder


@asynccontextmanager
async def running(
    data: Path, keys: Path, url: str, country: str = "la", *, demo: bool = True
) -> AsyncIterator[Open]:
    """A country and its doors, open while the block runs."""
    shutil.copytree(keys, data / "keys")
    values = Values(data, url, None, country, demo, "http://nagara.test", 4, PASSPHRASE)
    async with AsyncExitStack() as stack:
        country_too = await stack.enter_async_context(opened(values))
        app = Process(values)
        await stack.enter_async_context(_living(app))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://nagara.test")
        )
        yield Open(country_too, app, client)


@asynccontextmanager
async def _living(app: Process) -> AsyncIterator[None]:
    """The lifespan of ASGI 3, as a server speaks it."""
    asked: asyncio.Queue[Any] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0"}}
    life = asyncio.create_task(app(scope, asked.get, said.put))
    for word in ("startup", "shutdown"):
        await asked.put({"type": f"lifespan.{word}"})
        answer = await said.get()
        assert answer["type"] == f"lifespan.{word}.complete", answer
        if word == "startup":
            yield
    await life


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str) -> Iterator[str]:
    """A database for the tests of one module: everybody in them is new, nobody meets another."""
    with a_clone(postgres_url) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    tmp_path_factory: pytest.TempPathFactory, keys_folder: Path, module_database_url: str
) -> AsyncIterator[Open]:
    """The country `la` of a module, with nothing in it at first."""
    data = tmp_path_factory.mktemp("country")
    async with running(data, keys_folder, module_database_url) as found:
        yield found


async def founded(here: Open, network: str = "la.nagara", currency: str = "LAK") -> Town:
    """Institutions as an operator admits them, and their programs with tokens."""
    operator = here.country.payments.operator_token("operator")
    issuer = Program(here.client, "lanexang", network, currency)
    bank = Program(here.client, "mekong", network, currency)
    for program, kind, acquirer in (
        (issuer, "wallet_issuer", None),
        (bank, "bank", "88880418"),
    ):
        body = {
            "id": new_id(),
            "code": program.code,
            "name": {"lo": "ທົດລອງ", "en": f"{program.code} of a test"},
            "kind": kind,
            "open_to_public": program is issuer,
            "acquirer": acquirer,
            "jwks": [program.jwk],
        }
        bearer = {"authorization": f"Bearer {operator}"} | JSON
        words_of(await here.client.post(f"{API}/participants", json=body, headers=bearer), 201)
        await program.admit()
    return Town(here.client, operator, issuer, bank)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(here: Open) -> Town:
    """The country with institutions in it."""
    return await founded(here)
