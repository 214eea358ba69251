"""Styles, scripts, fonts and pictures: read once at start, compressed once, served from memory.

`Assets.address("css/nagara.css")` carries the fingerprint of the content, so a browser keeps the
file for a year and still sees a new one at once. Fonts are named inside the styles and carry
none; they are kept for a week. Nothing here comes from another host.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
_TEXTS: Final = frozenset({"css", "js", "svg", "webmanifest"})
_YEAR: Final = "public, max-age=31536000, immutable"
_WEEK: Final = "public, max-age=604800"
_ASK: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed where that helps, and its fingerprint."""

    content: bytes
    compressed: bytes | None
    media_type: str
    fingerprint: str


class Assets:
    """All files of `static/` which have a known ending; licences and sources stay at home."""

    def __init__(self) -> None:
        root = resources.files("nagara.web").joinpath("static")
        self.files = {path: _read(file) for path, file in _walk(root, "")}

    def address(self, path: str) -> str:
        """The address of a file below `static/`. Raises KeyError where there is no such file."""
        return f"/static/{path}?v={self.files[path].fingerprint}"

    def handler(self) -> HTTPRouteHandler:
        """`GET /static/...`, for the application's route list."""
        files = self.files

        @get("/static/{path:path}", include_in_schema=False, media_type=MediaType.TEXT)
        async def static(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
            name = path.lstrip("/")
            if (asset := files.get(name)) is None:
                raise NotFoundException
            return _answer(asset, request, name)

        return static


def _answer(asset: Asset, request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    tag = f'"{asset.fingerprint}"'
    headers = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": _kept(asset, request, name)}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    content = asset.content
    if asset.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)


def _kept(asset: Asset, request: Request[Any, Any, Any], name: str) -> str:
    if request.query_params.get("v") == asset.fingerprint:
        return _YEAR
    return _WEEK if name.startswith("fonts/") else _ASK


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            found += _walk(entry, f"{path}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            found.append((path, entry))
    return found


def _read(file: Traversable) -> Asset:
    content = file.read_bytes()
    ending = file.name.rpartition(".")[2]
    compressed = gzip.compress(content, 9, mtime=0) if ending in _TEXTS else None
    return Asset(content, compressed, _TYPES[ending], hashlib.sha256(content).hexdigest()[:12])
