"""The shell of a page that the browser fills itself: its modules, its worker, its manifest.

The server renders sentences, the country's money and empty steps. Everything about a person's
money the browser fetches from the payments API with its own key (spec/payments.md), so the shell
may be kept on the phone, and nothing here needs a store.

The modules stand below an address that carries the fingerprint of all of them: their relative
imports stay inside that version, and a browser keeps them for a year.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from babel import Locale
from babel.numbers import get_currency_name
from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from nagara.web.pages.templating import Pages

_FOLDER: Final = "js/"
_WORKER: Final = "js/wallet-worker.js"
_QR_READER: Final = "/static/vendor/jsqr/jsqr.js"
_STYLES: Final = ("vendor/govuk-frontend/govuk.css", "css/nagara.css", "css/wallet.css")
_YEAR: Final = "public, max-age=31536000, immutable"
_JAVASCRIPT: Final = "text/javascript"
_MANIFEST: Final = "application/manifest+json"
_INK: Final = "#1d2433"
_RICE: Final = "#f6f3ec"
_HOUR_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class Shell:
    """One installable page: `home` is its first address, `entry` its first module."""

    pages: Pages
    home: str
    entry: str
    title: str
    modules: tuple[str, ...]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        files = self.pages.assets.files
        prints = [files[f"{_FOLDER}{name}"].fingerprint for name in self.modules]
        digest = hashlib.sha256("".join(prints).encode()).hexdigest()[:12]
        object.__setattr__(self, "version", digest)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The page at each of its addresses, its modules, its worker and its manifest."""

        @get([self.home, f"{self.home}/{{step:path}}"], name=f"{self.home} page")
        async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
            return self.page(request)

        @get(f"{self.home}/app/{{version:str}}/{{name:str}}", name=f"{self.home} module")
        async def module(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
            return self.module(version, name)

        @get(f"{self.home}/worker.js", name=f"{self.home} worker", media_type=MediaType.TEXT)
        async def worker() -> Response[bytes]:
            return self.worker()

        @get(f"{self.home}/manifest.webmanifest", name=f"{self.home} manifest")
        async def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
            return self.manifest(request)

        return [page, module, worker, manifest]

    def page(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The shell in the person's language."""
        profile = self.pages.profile
        language = self.pages.language(request)
        return self.pages.render(
            request,
            f"{self.home.lstrip('/')}.html",
            home=self.home,
            modules=self._folder,
            module_names=self.modules,
            demo_gift_minor=profile.demo.top_up_minor,
            settings=self._settings(language),
        )

    def module(self, version: str, name: str) -> Response[bytes]:
        """One JavaScript module. Raises NotFoundException for a name that is not ours."""
        if name not in self.modules:
            raise NotFoundException
        asset = self.pages.assets.files[f"{_FOLDER}{name}"]
        kept = _YEAR if version == self.version else "no-cache"
        return Response(asset.content, headers={"Cache-Control": kept}, media_type=_JAVASCRIPT)

    def worker(self) -> Response[bytes]:
        """The service worker with the list of what it keeps written above it."""
        styles = [self.pages.assets.address(path) for path in _STYLES]
        files = [*styles, *(f"{self._folder}{name}" for name in self.modules), _QR_READER]
        prints = "".join([self.version, *files, self.pages.assets.address(_WORKER)])
        version = hashlib.sha256(prints.encode()).hexdigest()[:12]
        shell = json.dumps({"version": version, "page": self.home, "files": files})
        content = f"const SHELL = {shell};\n".encode() + self.pages.assets.files[_WORKER].content
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": self.home}
        return Response(content, headers=headers, media_type=_JAVASCRIPT)

    def manifest(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The web app manifest (W3C), so that the page can stand on the home screen."""
        icon = {"src": self.pages.assets.address("icons/nagara.svg"), "type": "image/svg+xml"}
        content = {
            "id": self.home,
            "name": f"Nagara · {self.pages.gettext(request, self.title)}",
            "short_name": self.pages.gettext(request, self.title),
            "lang": self.pages.language(request),
            "start_url": self.home,
            "scope": self.home,
            "display": "standalone",
            "background_color": _RICE,
            "theme_color": _INK,
            "icons": [{**icon, "sizes": "any", "purpose": "any"}],
        }
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
        said = json.dumps(content, ensure_ascii=False).encode()
        return Response(said, headers=headers, media_type=_MANIFEST)

    @property
    def _folder(self) -> str:
        return f"{self.home}/app/{self.version}/"

    def _settings(self, language: str) -> dict[str, Any]:
        profile = self.pages.profile
        locale = Locale.parse(language)
        currencies = {profile.currency.code: profile.currency, **profile.foreign_currencies}
        return {
            "language": language,
            "network": profile.network,
            "currency": profile.currency.code,
            "currencies": {
                code: {
                    "code": each.code,
                    "exponent": each.exponent,
                    "symbol": each.symbol,
                    "group_separator": each.group_separator,
                    "decimal_separator": each.decimal_separator,
                    "name": get_currency_name(each.code, locale=locale),
                }
                for code, each in currencies.items()
            },
            "time_zone": _zone(profile.utc_offset_minutes),
            "date_pattern": locale.date_formats["long"].pattern,
            "months": [locale.months["format"]["wide"][month] for month in range(1, 13)],
        }


def _zone(offset_minutes: int) -> str:
    """The IANA name of a fixed offset: its sign is turned round there, and it is whole hours."""
    hours, rest = divmod(offset_minutes, _HOUR_MINUTES)
    return "" if rest else f"Etc/GMT{-hours:+d}"
