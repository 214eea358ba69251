"""The routers of the pages, with what each handler may ask for by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from nagara.kernel.instant import Clock
from nagara.web.pages.home import home
from nagara.web.pages.operate import OPERATE_HANDLERS, Desk, Operators
from nagara.web.pages.overview import Overviews
from nagara.web.pages.reference import docs
from nagara.web.pages.templating import Pages


class Country(Protocol):
    """What the pages need of the country; `wiring` plugs it in."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def overviews(self) -> Overviews:
        """The figures of the operator's board."""

    @property
    def operators(self) -> Operators:
        """Who may see the board."""


def page_routes(pages: Pages, country: Country) -> list[ControllerRouterHandler]:
    """Home, the operator's board, the reference of the API, and the files of `static/`."""
    desk = Desk(country.overviews, country.operators, country.clock)
    return [
        page_router(pages, [home, docs]),
        page_router(pages, OPERATE_HANDLERS, {"desk": desk}),
        pages.assets.handler(),
    ]


def page_router(
    pages: Pages,
    handlers: Sequence[ControllerRouterHandler],
    ports: Mapping[str, object] | None = None,
) -> Router:
    """A router of pages: kept out of the OpenAPI contract, `pages` and `ports` handed in."""
    dependencies = {
        name: Provide(_always(value)) for name, value in {"pages": pages, **(ports or {})}.items()
    }
    return Router(
        path="/",
        route_handlers=list(handlers),
        dependencies=dependencies,
        include_in_schema=False,
    )


def _always(value: object) -> Callable[[], Awaitable[Any]]:
    async def provide() -> Any:  # noqa: ANN401  what is provided is typed where it is asked for
        return value

    return provide
