"""Errors as answers: problem details (RFC 9457) for programs, a page for people.

Sentences come from the rooms' codes.toml in the caller's language. What we did not foresee is
logged with its trace and answered as a bare 500: nothing of our inside leaves the house.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_500_INTERNAL_SERVER_ERROR

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
from nagara.web.statuses import status_of

MEDIA_TYPE: Final = "application/problem+json"
_TOO_LARGE: Final = 413
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
            page = Problem(status, said.what, said.why, said.do, said.who, error.code)
            return problem_page(self._pages, request, page)
        headers = {"cache-control": "no-store"}
        if isinstance(error, TooMany):
            headers["retry-after"] = str(error.facts.get("retry_after_seconds", 60))
        if status == 401:
            headers["www-authenticate"] = "Bearer"
        body = {
            "type": f"/problems/{error.slug}",
            "title": said.what,
            "status": status,
            "detail": said.why,
            "action": said.do,
            "who": said.who,
            "code": error.code,
            "slug": error.slug,
            "instance": request.url.path,
            **error.beside,
        }
        return Response(
            msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers
        )

    def http(self, request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        """What the framework refuses by itself: no such path, another method, a wrong query."""
        if error.status_code == HTTP_404_NOT_FOUND:
            if wants_page(request):
                return missing_page(self._pages, request)
            return self.coded(request, NotFound(what="address"))
        if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
            return self.unforeseen(request, error)
        if error.status_code == _TOO_LARGE:
            return self.coded(request, TooLarge(field="body", limit=0))
        answer = self.coded(request, Malformed(field="request", reason=_reason(error)))
        answer.status_code = error.status_code
        if error.headers:
            answer.headers.update(error.headers)
        return answer

    def unforeseen(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Our own mistake."""
        _log.error("unforeseen", path=request.url.path, exc_info=error)
        if wants_page(request):
            return broken_page(self._pages, request)
        body = {"type": "about:blank", "title": "Internal error", "status": 500}
        return Response(
            msgspec.json.encode(body),
            status_code=HTTP_500_INTERNAL_SERVER_ERROR,
            media_type=MEDIA_TYPE,
        )


def _reason(error: HTTPException) -> str:
    extra = error.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        first = extra[0]
        return f"{first.get('key', 'body')}: {first.get('message', 'not valid')}"[:200]
    return error.detail[:200]
