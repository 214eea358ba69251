"""A person's wallet: create, top up, scan, confirm, result, receipt, history. See shell.py."""

from __future__ import annotations

from typing import Final

from litestar.handlers import HTTPRouteHandler

from nagara.web.pages.shell import Shell
from nagara.web.pages.templating import Pages

MODULES: Final = (
    "api.js", "app.js", "code.js", "confirm.js", "create.js", "encoding.js", "forms.js",
    "history.js", "home.js", "jws.js", "money.js", "network.js", "outbox.js", "payee.js",
    "receipt.js", "result.js", "scan.js", "sound.js", "steps.js", "vault.js", "wallet.js",
    "words.js",
)  # fmt: skip


def wallet_handlers(pages: Pages) -> list[HTTPRouteHandler]:
    """What answers at `/wallet` and below."""
    return Shell(pages, "/wallet", "wallet.js", "My wallet", MODULES).handlers()
