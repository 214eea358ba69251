"""The application asked as a server asks it (ASGI 3): by the thousand, or word by word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nagara.web.app import Process

SECONDS_MAX = 20.0


def _scope(method: str, target: str, headers: dict[str, str]) -> Any:  # noqa: ANN401 - the server's
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40_000),
        "server": ("nagara.test", 80),
        "state": {},
    }


async def post(app: Process, target: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Status and body of a POST, at next to no cost for the client."""
    said: list[Any] = []
    asked = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:  # noqa: ANN401 - the server's
        return asked.pop() if asked else await asyncio.Future()

    async def send(message: Any) -> None:  # noqa: ANN401 - the server's
        said.append(message)

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    await app(_scope("POST", target, named), receive, send)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])


class Stream:
    """An answer which comes piece by piece."""

    def __init__(self, said: asyncio.Queue[Any]) -> None:
        self._said = said
        self._text = ""

    async def event(self) -> dict[str, str] | None:
        """The next event by its fields, comments under the empty name; None at the end."""
        while "\n\n" not in self._text:
            message = await asyncio.wait_for(self._said.get(), SECONDS_MAX)
            if message["type"] == "http.response.start":
                assert message["status"] == 200, message
                continue
            self._text += message.get("body", b"").decode()
            if not message.get("more_body") and "\n\n" not in self._text:
                return None
        block, self._text = self._text.split("\n\n", 1)
        return dict(line.split(": ", 1) for line in (f"{x}" for x in block.split("\n")))

    async def told(self) -> dict[str, str] | None:
        """The next event that is no comment; None at the end."""
        while True:
            event = await self.event()
            if event is None or "data" in event:
                return event


@asynccontextmanager
async def streaming(app: Process, target: str, **headers: str) -> AsyncIterator[Stream]:
    """GET an answer that goes on; the client goes away at the end of the block."""
    said: asyncio.Queue[Any] = asyncio.Queue()
    gone = asyncio.Event()
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:  # noqa: ANN401 - the server's
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = asyncio.ensure_future(app(_scope("GET", target, named), receive, said.put))
    try:
        yield Stream(said)
    finally:
        gone.set()
        await asyncio.wait_for(answer, SECONDS_MAX)
