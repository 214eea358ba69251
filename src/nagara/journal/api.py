"""`/api/journal/v1`: the public keys that anybody needs to check a receipt without us."""

from __future__ import annotations

from litestar import Response, Router, get

from nagara.keys import KeyStore


def routes(keys: KeyStore) -> Router:
    """The router of the room."""

    @get("/trust")
    async def trust() -> Response[bytes]:
        """The trust bundle: every public key of the country and when it was good. Public."""
        return Response(
            keys.trust_bundle().to_json(),
            media_type="application/json",
            headers={"cache-control": "public, max-age=300"},
        )

    return Router("/api/journal/v1", route_handlers=[trust], tags=["journal"])
