"""The other side of the socket, without CometBFT: writes any bytes, reads answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nagara.chain.abci import Server
from nagara.chain.abci import messages as m
from nagara.chain.abci.framing import Frames, frame

SECONDS_MAX = 20.0


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._frames = Frames(1 << 30)

    async def send(self, *requests: m.Request | bytes) -> None:
        """Requests in frames, or bytes as they are."""
        for request in requests:
            raw = request if isinstance(request, bytes) else framed(request)
            self.writer.write(raw)
        await self.writer.drain()

    async def answer(self) -> m.Response | None:
        """The next answer; None where the server has closed."""
        while (message := self._frames.take()) is None:
            async with asyncio.timeout(SECONDS_MAX):
                arrived = await self._reader.read(1 << 16)
            if not arrived:
                return None
            self._frames.put(arrived)
        return m.Response.FromString(message)

    async def asked(self, request: m.Request) -> m.Response:
        """The answer to one request."""
        await self.send(request)
        answer = await self.answer()
        assert answer is not None
        return answer

    async def rest(self) -> list[m.Response]:
        """All answers until the server closes."""
        answers = []
        while (answer := await self.answer()) is not None:
            answers.append(answer)
        return answers


def framed(request: m.Request) -> bytes:
    return frame(request.SerializeToString())


def echo(words: str) -> m.Request:
    return m.Request(echo=m.RequestEcho(message=words))


FLUSH = m.Request(flush=m.RequestFlush())
INFO = m.Request(info=m.RequestInfo())
COMMIT = m.Request(commit=m.RequestCommit())


@asynccontextmanager
async def peer_of(server: Server) -> AsyncIterator[Peer]:
    """A connection to a server on a unix socket."""
    path = server.address.removeprefix("unix://")
    async with asyncio.timeout(SECONDS_MAX):
        reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
