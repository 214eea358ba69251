"""The server of ABCI 2.0: an application behind a socket that CometBFT connects to.

    await serve(application, "unix:///run/nagara/abci.sock")

The node is a client: it opens four connections and keeps them, and stops when it loses one. It may
stop and come back while this process lives; every connection is as good as any other. Nobody is
authenticated here: a socket in the file system is for this user only, and a TCP address must be one
that only the node can reach.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from nagara.chain.abci.address import bound, leave, written
from nagara.chain.abci.answers import Answers, ApplicationBroken
from nagara.chain.abci.application import Application
from nagara.chain.abci.connection import Connection, Limits

_log = structlog.get_logger("nagara.chain.abci")
_GOODBYE_SECONDS: Final = 1.0


class Server:
    """A listening application. Made by `listening`."""

    def __init__(self, application: Application, limits: Limits) -> None:
        self.answers = Answers(application)
        self.limits = limits
        self.address = ""
        self._connections: set[Connection] = set()
        self._changed = asyncio.Event()
        self._broken: ApplicationBroken | None = None

    async def until_broken(self) -> None:
        """Wait until the application breaks; then raises ApplicationBroken, from what it raised."""
        while self._broken is None:
            await self._changed.wait()
        raise self._broken

    async def until_left(self) -> None:
        """Wait until no connection is open."""
        while self._connections:
            await self._changed.wait()

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for one more."""
        if self._broken is not None or len(self._connections) >= self.limits.connections_max:
            return False
        self._connections.add(connection)
        self._change()
        return True

    def left(self, connection: Connection, why: Exception | None) -> None:
        """A connection is closed."""
        self._connections.discard(connection)
        self._change()
        if why is not None:
            _log.warning("abci_connection_refused", why=str(why))

    def broke(self, error: ApplicationBroken) -> None:
        """Nobody may call the application any more, on whichever connection."""
        self._broken = error
        for connection in tuple(self._connections):
            connection.close()
        self._change()

    def check(self) -> None:
        """Raise ApplicationBroken where the application is."""
        if self._broken is not None:
            raise self._broken

    async def close(self) -> None:
        """Close every connection after what has been written to it has been read."""
        for connection in tuple(self._connections):
            connection.close()
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.until_left()
        except TimeoutError:
            for connection in tuple(self._connections):
                connection.abort()
            await self.until_left()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@asynccontextmanager
async def listening(
    application: Application, address: str, limits: Limits | None = None
) -> AsyncIterator[Server]:
    """An application that can be connected to while the block runs.

    Leaving the block raises ApplicationBroken where nobody has waited for it: a node never goes on
    with a broken application unnoticed. Raises AddressTaken, ValueError and OSError at the start.
    """
    server = Server(application, limits or Limits())
    place = bound(address)
    server.address = written(place)
    loop = asyncio.get_running_loop()
    listen = loop.create_unix_server if place.family == socket.AF_UNIX else loop.create_server
    try:
        listener = await listen(lambda: Connection(server), sock=place)
        try:
            yield server
        finally:
            listener.close()
            await server.close()
    finally:
        place.close()
        leave(server.address)
    server.check()


async def serve(application: Application, address: str, limits: Limits | None = None) -> None:
    """Listen until cancelled, or until the application breaks (ApplicationBroken)."""
    async with listening(application, address, limits) as server:
        await server.until_broken()
