"""Error pages: what happened, why, and what to do now, in the person's language.

The sentences of a refusal come from the rooms' `codes.toml`; the web's error handler hands them
in. Two pages have sentences of their own: nothing stands at an address, and we broke.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response

from nagara.web.pages.templating import Pages


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as spec/payments.md section 7 words it; `who` is the one who must act."""

    status: int
    title: str
    detail: str
    action: str
    who: str
    code: int | None = None


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person's browser asks, and not a program: those get problem details instead."""
    is_api = request.url.path.startswith(("/api/", "/oauth/", "/.well-known/", "/static/"))
    return not is_api and "text/html" in request.headers.get("accept", "")


def problem_page(
    pages: Pages, request: Request[Any, Any, Any], problem: Problem
) -> Response[bytes]:
    """The problem as a page, with the status of the problem."""
    return pages.render(request, "error.html", status=problem.status, problem=problem)


def missing_page(pages: Pages, request: Request[Any, Any, Any]) -> Response[bytes]:
    """404: nothing stands at this address."""
    return pages.render(request, "error_missing.html", status=404)


def broken_page(pages: Pages, request: Request[Any, Any, Any]) -> Response[bytes]:
    """500: we broke. Says nothing about how; the log does."""
    return pages.render(request, "error_broken.html", status=500)
