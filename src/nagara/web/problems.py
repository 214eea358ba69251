"""Errors as answers: problem details (RFC 9457) for programs, a page for people.

Sentences come from the rooms' codes.toml in the caller's language. What we did not foresee is
logged with its trace and answered as a bare 500: nothing of our inside leaves the house.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.status_codes import (
    HTTP_401_UNAUTHORIZED,
    HTTP_404_NOT_FOUND,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    HTTP_500_INTERNAL_SERVER_ERROR,
)

from nagara.kernel.errors import CodedError, Fault
from nagara.kernel.refusals import Malformed, NotFound, TooLarge, TooMany
from nagara.kernel.sentences import sentence
from nagara.web.pages.problems import (
    Problem,
    broken_page,
    missing_page,
    problem_page,
    wants_page,
)
from nagara.web.pages.templating import Pages
from nagara.web.refusals import Broken
from nagara.web.statuses import status_of

MEDIA_TYPE: Final = "application/problem+json"
BODY_SIZE_MAX: Final = 65_536  # of any request; most doors have a narrower limit of their own
_log = structlog.get_logger("nagara.web")


class Problems:
    """Makes answers of errors, for one application."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def answer(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Any error."""
        if isinstance(error, CodedError):
            return self.coded(request, error)
        if isinstance(error, HTTPException):
            return self.http(request, error)
        return self.unforeseen(request, error)

    def coded(self, request: Request[Any, Any, Any], error: CodedError) -> Response[bytes]:
        """An expected error."""
        status = status_of(error)
        if isinstance(error, Fault):
            _log.warning("fault", code=error.code, slug=error.slug)
        said = sentence(error, self._pages.language(request))
        if wants_page(request):
            what, why, do = _sayable(said.what), _sayable(said.why), _sayable(said.do)
            page = Problem(status, what, why, do, said.who, error.code)
            return problem_page(self._pages, request, page)
        headers = {}
        if isinstance(error, TooMany):
            headers["retry-after"] = str(error.facts.get("retry_after_seconds", 60))
        if status == HTTP_401_UNAUTHORIZED:
            headers["www-authenticate"] = "Bearer"
        return self._details(request, error, status, headers)

    def _details(
        self,
        request: Request[Any, Any, Any],
        error: CodedError,
        status: int,
        headers: Mapping[str, str],
    ) -> Response[bytes]:
        said = sentence(error, self._pages.language(request))
        body = {
            "type": f"/problems/{error.slug}",
            "title": _sayable(said.what),
            "status": status,
            "detail": _sayable(said.why),
            "action": _sayable(said.do),
            "who": said.who,
            "code": error.code,
            "slug": error.slug,
            "instance": _sayable(request.url.path),
            **error.beside,
        }
        return Response(
            msgspec.json.encode(body),
            status_code=status,
            media_type=MEDIA_TYPE,
            headers={"cache-control": "no-store", **headers},
        )

    def http(self, request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        """What the framework refuses by itself: no such path, another method, a wrong query."""
        if error.status_code == HTTP_404_NOT_FOUND:
            if wants_page(request):
                return missing_page(self._pages, request)
            return self.coded(request, NotFound(what="address"))
        if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
            return self.unforeseen(request, error)
        if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            return self.coded(request, TooLarge(field="body", limit=BODY_SIZE_MAX))
        refusal = Malformed(field="request", reason=_reason(error))
        return self._details(request, refusal, error.status_code, error.headers or {})

    def unforeseen(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Our own mistake."""
        _log.error("unforeseen", path=request.url.path, exc_info=error)
        if wants_page(request):
            return broken_page(self._pages, request)
        return self._details(request, Broken(), HTTP_500_INTERNAL_SERVER_ERROR, {})


def _sayable(text: str) -> str:
    """The text without half characters, which JSON can escape and UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode()


def _reason(error: HTTPException) -> str:
    extra = error.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        first = extra[0]
        return f"{first.get('key', 'body')}: {first.get('message', 'not valid')}"[:200]
    return error.detail[:200]
