"""The routers of the pages, with the one `Pages` handed to each handler which asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from nagara.web.pages.templating import Pages


def page_router(
    pages: Pages,
    handlers: Sequence[ControllerRouterHandler],
    dependencies: dict[str, Provide] | None = None,
) -> Router:
    """A router of pages: kept out of the OpenAPI contract, `pages` and `dependencies` handed in."""

    async def provide_pages() -> Pages:
        return pages

    return Router(
        path="/",
        route_handlers=list(handlers),
        dependencies={"pages": Provide(provide_pages), **(dependencies or {})},
        include_in_schema=False,
    )
