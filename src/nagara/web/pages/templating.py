"""Pages from templates: one environment a language, made at start, with the country's formats.

Everything is escaped (autoescape) and undefined names are errors: a page that cannot be filled
fails in the test and never shows an empty place. Handed to every template: `language`, `languages`,
`profile`, `demo`, `formats`, `path`, and `asset()`; `_()` and `{% trans %}` speak the language.

Lao has no spaces between words. The browser's own ICU dictionary breaks its lines (Chromium,
Safari and Firefox have it); there is no wheel of ICU for Python which could do it here, so the
styles only keep out of the way: no letter-spacing, and never `word-break: break-all`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie

from nagara.kernel.profile import Profile
from nagara.web.pages.assets import Assets
from nagara.web.pages.formats import Formats
from nagara.web.pages.language import COOKIE, NAMES, choose_language, load_catalogue

_YEAR_SECONDS: Final = 365 * 86_400
_HTML: Final = "text/html"


class Pages:
    """Renders templates for one country. Made once, shared by all handlers."""

    def __init__(self, profile: Profile, *, demo: bool) -> None:
        self.profile = profile
        self.demo = demo
        self.assets = Assets()
        self.languages: Sequence[str] = [code for code in profile.languages if code in NAMES]
        self._catalogues = {code: load_catalogue(code) for code in self.languages}
        self._formats = {code: Formats(profile, code) for code in self.languages}
        self._environments = {code: self._environment(code) for code in self.languages}

    def language(self, request: Request[Any, Any, Any]) -> str:
        """The language for this request; every page and every problem uses this one answer."""
        return choose_language(
            self.languages,
            request.query_params.get("lang"),
            request.cookies.get(COOKIE),
            request.headers.get("accept-language", ""),
        )

    def formats(self, request: Request[Any, Any, Any]) -> Formats:
        """The formats in the language of this request."""
        return self._formats[self.language(request)]

    def gettext(self, request: Request[Any, Any, Any], sentence: str) -> str:
        """A sentence of the catalogue in the language of this request."""
        return self._catalogues[self.language(request)].gettext(sentence)

    def render(
        self,
        request: Request[Any, Any, Any],
        template: str,
        *,
        status: int = 200,
        **values: object,
    ) -> Response[bytes]:
        """The page as UTF-8 in NFC. Remembers a language which the address asked for."""
        language = self.language(request)
        text = (
            self._environments[language]
            .get_template(template)
            .render(path=request.url.path, language_links=self._language_links(request), **values)
        )
        answer = Response(
            unicodedata.normalize("NFC", text).encode(),
            status_code=status,
            media_type=_HTML,
            headers={
                "Content-Language": language,
                "Cache-Control": "no-store",
                "Vary": "Accept-Language, Cookie",
            },
        )
        if request.query_params.get("lang") == language:
            answer.set_cookie(
                Cookie(key=COOKIE, value=language, max_age=_YEAR_SECONDS, samesite="lax")
            )
        return answer

    def _language_links(self, request: Request[Any, Any, Any]) -> list[tuple[str, str, str]]:
        kept = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
        return [
            (code, NAMES[code], f"?{urlencode([*kept, ('lang', code)])}") for code in self.languages
        ]

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("nagara.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined]
            self._catalogues[language], newstyle=True
        )
        environment.globals.update(
            asset=self.assets.address,
            demo=self.demo,
            formats=self._formats[language],
            language=language,
            languages=self.languages,
            profile=self.profile,
        )
        return environment
