"""How long a body may take to arrive: a few who dribble must not hold the doors of a country."""

from __future__ import annotations

import asyncio
from typing import Final

from litestar.types import HTTPReceiveMessage, Receive, WebSocketReceiveMessage

from nagara.kernel.refusals import Malformed

BODY_SECONDS_MAX: Final = 15.0


class Paced:
    """A `receive` of ASGI whose body is whole within BODY_SECONDS_MAX, or is refused (Malformed).

    Once the body is whole it waits as long as it takes: whoever listens to events waits for hours.
    """

    __slots__ = ("_end", "_receive", "_whole")

    def __init__(self, receive: Receive, seconds: float = BODY_SECONDS_MAX) -> None:
        self._receive = receive
        self._end = asyncio.get_running_loop().time() + seconds
        self._whole = False

    async def __call__(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        """The next message."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._end):
                message = await self._receive()
        except TimeoutError:
            raise Malformed(field="body", reason="it did not arrive in time") from None
        self._whole = not (message["type"] == "http.request" and message["more_body"])
        return message
