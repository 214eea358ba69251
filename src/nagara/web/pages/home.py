"""`/`: what this is, and a door for each who comes."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from nagara.web.pages.templating import Pages


@get("/")
async def home(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[bytes]:
    """The first page."""
    return pages.render(request, "home.html")
