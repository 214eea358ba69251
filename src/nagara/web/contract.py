"""`/openapi.json`: the contract of the API, as the application itself knows it (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from nagara import __version__

CONTRACT: Final = OpenAPIConfig(
    title="Nagara",
    version=__version__,
    path="/api/contract",
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    use_handler_docstrings=True,
)


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The contract."""
    return Response(request.app.openapi_schema.to_schema())
