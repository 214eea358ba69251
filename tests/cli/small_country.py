"""A country with nothing in it, run by the real supervisor: what the tests of `up` start.

python -m tests.cli.small_country --data DIR --port N
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nagara.cli.children import Message, Parts, Receive, Send
from nagara.cli.up import run, up
from nagara.kernel.errors import Fault
from nagara.kernel.instant import SystemClock
from nagara.storage import Database, Unit
from nagara.storage.diskspace import DiskSpace
from nagara.storage.worker import Worker

PARTS = Parts(
    "tests.cli.small_country:create_app", "tests.cli.small_country:background", ("nagara.storage",)
)


class _Application:
    """GET /pid says who answers; POST / writes one row, durably, and answers its number."""

    def __init__(self) -> None:
        self._database: Database | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            space = DiskSpace(Path(os.environ["NAGARA_DATABASE_FOLDER"]))
            url = os.environ["NAGARA_DATABASE_URL"]
            async with Database.open(url, pool_max=4, space=space) as database:
                self._database = database
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        try:
            status, body = 200, str(await self._answer(scope["path"], scope["method"]))
        except Fault as fault:
            status, body = 503, fault.slug
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body.encode()})

    async def _answer(self, path: str, method: str) -> int:
        assert self._database is not None
        if path == "/die":
            os._exit(3)
        if method == "POST":
            return await self._database.run(_write)
        if path == "/count":
            async with self._database.read() as unit:
                found = await unit.connection.execute("SELECT count(*) FROM storage.outbox")
                row = await found.fetchone()
                assert row is not None
                return int(row[0])
        return os.getpid()


async def _write(unit: Unit) -> int:
    found = await unit.connection.execute(
        "INSERT INTO storage.outbox (topic, payload) VALUES ('kept', '{}') RETURNING id"
    )
    row = await found.fetchone()
    assert row is not None
    return int(row[0])


def create_app() -> _Application:
    return _Application()


@asynccontextmanager
async def background() -> AsyncIterator[Worker]:
    url = os.environ["NAGARA_DATABASE_URL"]
    async with Database.open(url, pool_max=2) as database:
        yield Worker(database, url, SystemClock())


if __name__ == "__main__":
    with up.make_context("up", sys.argv[1:]) as context:
        run(context.params, PARTS)
