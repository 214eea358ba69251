"""`POST /orders`, the one hot route: plain ASGI, ahead of the framework.

The framework's own way to a handler is a large part of what a payment costs, so this door takes
the body from the server and gives the answer back itself (DESIGN D3, RFD 4).
What it refuses is answered by the web's own error handler, like everywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from litestar.types import HTTPScope, Receive, Send

from nagara.kernel.refusals import Malformed, TooLarge
from nagara.payments.api.callers import TOKEN_SIZE_MAX
from nagara.payments.api.orders import paid
from nagara.payments.service import Payments

Refuse = Callable[[HTTPScope, Receive, Send, Exception], Awaitable[None]]

_JOSE: Final = b"application/jose"
_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class Gone(Exception):
    """The client went away before its order was whole: nothing was taken from it."""


class OrderDoor:
    """Takes signed orders. `count` is told how long each took to answer, in seconds."""

    def __init__(self, payments: Payments, count: Callable[[float], None], refuse: Refuse) -> None:
        self._payments = payments
        self._count = count
        self._refuse = refuse

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """One order in, its final state and receipt out."""
        started = time.perf_counter()
        try:
            token = await _signed_body(scope, receive)
            body = await paid(self._payments, token)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 the web answers it, and logs it
            await self._refuse(scope, receive, send, error)
            return
        headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        self._count(time.perf_counter() - started)


async def _signed_body(scope: HTTPScope, receive: Receive) -> str:
    if not any(
        name == b"content-type" and value.partition(b";")[0].strip() == _JOSE
        for name, value in scope["headers"]
    ):
        raise Malformed(field="Content-Type", reason="a signed request is application/jose")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body += message["body"]
        if len(body) > TOKEN_SIZE_MAX:
            raise TooLarge(field="body", limit=TOKEN_SIZE_MAX)
        more = message["more_body"]
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(field="body", reason="a signed request is ASCII") from None
