"""What the tests of the ledger on the real database share."""

from __future__ import annotations

import pytest_asyncio

from nagara.storage import Database
from tests.ledger.country import Country, HandClock


@pytest_asyncio.fixture
async def country(database: Database) -> Country:
    """A country with a bank, at its opening."""
    made = Country(database, HandClock())
    await made.found()
    return made
