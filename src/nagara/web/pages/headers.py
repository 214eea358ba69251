"""What every answer says to the browser about safety, and where a form may come from.

The policy allows nothing but our own host: no inline script, no inline style, no frame around us
(CSP Level 3). Templates therefore hold no `style=` and no `on...=`; a tidy test looks.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # balances, names and tokens; what may be kept says so itself
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


async def security_headers(message: Message, scope: Scope) -> None:  # noqa: ARG001  Litestar's hook
    """Adds the headers to every answer which does not say otherwise itself.

    For `Litestar(before_send=[security_headers])`: a middleware would not see the answers to
    addresses that no route knows.
    """
    if message["type"] == "http.response.start":
        said = MutableScopeHeaders.from_message(message)
        for name, value in SECURITY_HEADERS.items():
            said.setdefault(name, value)


def is_same_origin(request: Request[Any, Any, Any]) -> bool:
    """Whether a form was sent from our own page (Fetch Metadata; Origin where that is absent)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
