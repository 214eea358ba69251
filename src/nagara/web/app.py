"""The application of one web process: the country opened, and every door of it on one port.

`create_app` is what `nagara up` serves. The country is opened with the process's event loop and
closed when the last request has been answered.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import structlog
from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.router import Router
from litestar.types import HTTPScope, Receive, Scope, Send

from nagara.journal import api as journal_api
from nagara.kernel.errors import CodedError
from nagara.kernel.instant import Clock
from nagara.payments import api as payments_api
from nagara.payments.api.order_door import OrderDoor, Refuse
from nagara.payments.live import LiveFeed
from nagara.web.board import Board
from nagara.web.contract import CONTRACT, openapi
from nagara.web.demo import top_up
from nagara.web.health import livez, metrics, readyz
from nagara.web.meter import Meter
from nagara.web.operators import OperatorDoor
from nagara.web.pace import Paced
from nagara.web.pages import Pages, security_headers
from nagara.web.pages.merchant import merchant_handlers
from nagara.web.pages.routing import page_routes
from nagara.web.pages.wallet import wallet_handlers
from nagara.web.problems import BODY_SIZE_MAX, Problems
from nagara.wiring import Country, Values, opened

METERS: Final = Path("run") / "meters"
_log = structlog.get_logger("nagara.web")
_Any = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class _PagePorts:
    """What the pages need of the country."""

    clock: Clock
    overviews: Board
    operators: OperatorDoor


def create_app() -> Process:
    """The application of a web process, told by its variables what to serve."""
    return Process(Values.from_variables(os.environ))


class Process:
    """An ASGI application which is built once its country is open."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._app: Litestar | None = None
        self._orders: OrderDoor | None = None

    @property
    def framework(self) -> Litestar:
        """The application behind the order door, once the country is open."""
        assert self._app is not None, "a request before the start-up was complete"
        return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3: `lifespan` opens and closes the country, everything else goes to Litestar."""
        if scope["type"] == "lifespan":  # type: ignore[comparison-overlap]
            await self._live(receive, send)
        elif scope["path"] == payments_api.ORDERS_PATH and scope.get("method") == "POST":
            assert self._orders is not None
            await self._orders(cast("HTTPScope", scope), Paced(receive), send)
        else:
            await self.framework(scope, Paced(receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        say = cast("Callable[[Mapping[str, str]], Awaitable[None]]", send)
        async with AsyncExitStack() as stack:
            await receive()
            try:
                country = await stack.enter_async_context(opened(self._values))
                feed = LiveFeed(country.payments)
                stack.push_async_callback(feed.close)
                meter = Meter(self._values.data / METERS)
                stack.callback(meter.close)
                self._app, refuse = build(country, feed, meter)
                self._orders = OrderDoor(country.payments, meter.count, refuse)
            except CodedError as error:
                _log.error("start.failed", slug=error.slug, facts=error.facts)
                await say({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await say({"type": "lifespan.startup.complete"})
            await receive()
        await say({"type": "lifespan.shutdown.complete"})


def build(country: Country, feed: LiveFeed, meter: Meter) -> tuple[Litestar, Refuse]:
    """Every door of an open country, and how an error is answered outside of the framework."""
    values = country.values
    pages = Pages(country.profile, demo=values.demo)
    problems = Problems(pages)
    meters = values.data / METERS
    board = Board(country, meters)
    operators = OperatorDoor(
        country.operator_codes, country.payments, country.clock, demo=values.demo
    )
    routers = payments_api.routes(country.payments, feed, meter.count, demo=values.demo)
    if values.demo:
        routers[0].register(top_up)
    health = Router(
        "/",
        route_handlers=[livez, readyz, metrics],
        dependencies={
            "country": Provide(lambda: country, sync_to_thread=False),
            "meters": Provide(lambda: meters, sync_to_thread=False),
        },
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[
            *routers,
            journal_api.routes(country.keys),
            health,
            openapi,
            *page_routes(pages, _PagePorts(country.clock, board, operators)),
            *wallet_handlers(pages),
            *merchant_handlers(pages),
        ],
        before_send=[security_headers],
        # pages only: files are compressed once and for all, events must not wait for a block
        compression_config=CompressionConfig("gzip", exclude=["^/api/", "^/static/", "^/oauth/"]),
        exception_handlers={Exception: problems.answer},
        openapi_config=CONTRACT,
        request_max_body_size=BODY_SIZE_MAX,
        logging_config=None,
    )

    async def refuse(scope: HTTPScope, receive: Receive, send: Send, error: Exception) -> None:
        scope["litestar_app"] = app
        request: _Any = Request(scope, receive, send)
        answer = problems.answer(request, error)
        await answer.to_asgi_response(app=None, request=request)(scope, receive, send)

    return app, refuse
