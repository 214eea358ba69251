"""A merchant's page: the shop's code, today's takings as they come in. See shell.py."""

from __future__ import annotations

from typing import Final

from litestar.handlers import HTTPRouteHandler

from nagara.web.pages.shell import Shell
from nagara.web.pages.templating import Pages

MODULES: Final = (
    "api.js", "app.js", "code.js", "create.js", "encoding.js", "events.js", "forms.js",
    "history.js", "home.js", "jws.js", "merchant.js", "money.js", "network.js", "outbox.js",
    "receipt.js", "shop.js", "sound.js", "steps.js", "takings.js", "vault.js", "words.js",
)  # fmt: skip


def merchant_handlers(pages: Pages) -> list[HTTPRouteHandler]:
    """What answers at `/merchant` and below."""
    return Shell(pages, "/merchant", "merchant.js", "My shop", MODULES).handlers()
