"""`/operate`: is the country healthy? Signed in by a code that works once.

The page answers without scripts and reads itself again by <meta refresh>; with scripts, js/live.js
fetches `/operate/board` every two seconds and changes only what has changed. The same template
makes both, so that figures and sentences have one home.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta, Struct

from nagara.kernel.instant import Clock
from nagara.kernel.refusals import Forbidden, TooMany
from nagara.web.pages.headers import is_same_origin
from nagara.web.pages.overview import Overviews, verdict
from nagara.web.pages.templating import Pages

SESSION_COOKIE: Final = "nagara_operator"
CODE_CHARACTERS_MAX: Final = 64
_HOME: Final = "/operate"


class Operators(Protocol):
    """Who may see the board. A session is an opaque text without meaning of its own."""

    async def admit(self, code: str) -> str | None:
        """A new session for a one-time code, None for a wrong one. Raises TooMany."""

    async def admit_demo(self) -> str:
        """A new session without a code. Raises Forbidden outside of a demo."""

    async def is_admitted(self, session: str) -> bool:
        """Whether the session is open."""

    async def dismiss(self, session: str) -> None:
        """Ends the session; one that does not exist is no error."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers of the board ask.

    A plain class: Litestar checks what it hands in with isinstance, which no Protocol bears.
    """

    overviews: Overviews
    operators: Operators
    clock: Clock


class Entry(Struct, frozen=True):
    """The form at the door: a code, or the wish to enter the demo."""

    code: Annotated[str, Meta(max_length=CODE_CHARACTERS_MAX)] = ""
    demo: Annotated[str, Meta(max_length=3)] = ""


@get(_HOME)
async def operate(
    request: Request[Any, Any, Any],
    pages: NamedDependency[Pages],
    desk: NamedDependency[Desk],
) -> Response[bytes]:
    """The board, or the door to it."""
    if not await _is_inside(request, desk.operators):
        return pages.render(request, "operate_enter.html", errors=[])
    overview = await desk.overviews.overview()
    return pages.render(
        request, "operate.html", overview=overview, verdict=verdict(overview), now=desk.clock.now()
    )


@get(f"{_HOME}/board")
async def board(
    request: Request[Any, Any, Any],
    pages: NamedDependency[Pages],
    desk: NamedDependency[Desk],
) -> Response[bytes]:
    """The changing part of the board alone; 401 and nothing where the session has ended."""
    if not await _is_inside(request, desk.operators):
        return Response(b"", status_code=401, headers={"Cache-Control": "no-store"})
    overview = await desk.overviews.overview()
    return pages.render(
        request,
        "operate_board.html",
        overview=overview,
        verdict=verdict(overview),
        now=desk.clock.now(),
    )


@post(f"{_HOME}/session", status_code=200)
async def enter(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[Entry],
    pages: NamedDependency[Pages],
    desk: NamedDependency[Desk],
) -> Response[Any]:
    """Opens a session for a code. The code is never shown again, not even the wrong one."""
    if not is_same_origin(request):
        raise Forbidden(reason="the form was sent from another site")
    try:
        wants_demo = pages.demo and data.demo == "yes"
        session = await (
            desk.operators.admit_demo() if wants_demo else desk.operators.admit(data.code.strip())
        )
    except TooMany as refusal:
        wait = pages.gettext(request, "Too many tries. Wait %(seconds)s seconds, then try again.")
        said = wait % {"seconds": refusal.facts.get("retry_after_seconds", 60)}
        return pages.render(request, "operate_enter.html", status=429, errors=[("code", said)])
    if session is None:
        said = pages.gettext(
            request, "This code is wrong, or it was used before. Ask for a new one."
        )
        return pages.render(request, "operate_enter.html", status=422, errors=[("code", said)])
    answer = Redirect(_HOME, status_code=303)
    answer.set_cookie(_cookie(session, is_secure=not pages.demo))
    return answer


@post(f"{_HOME}/session/end", status_code=303)
async def leave(
    request: Request[Any, Any, Any],
    pages: NamedDependency[Pages],
    desk: NamedDependency[Desk],
) -> Redirect:
    """Ends the session, on this device and in the country."""
    if not is_same_origin(request):
        raise Forbidden(reason="the form was sent from another site")
    await desk.operators.dismiss(request.cookies.get(SESSION_COOKIE, ""))
    answer = Redirect(_HOME, status_code=303)
    cookie = _cookie("", is_secure=not pages.demo)
    cookie.max_age = 0
    answer.set_cookie(cookie)
    return answer


async def _is_inside(request: Request[Any, Any, Any], operators: Operators) -> bool:
    session = request.cookies.get(SESSION_COOKIE)
    return bool(session) and await operators.is_admitted(str(session))


def _cookie(session: str, *, is_secure: bool) -> Cookie:
    """Ends with the browser. Only a demo, which has no real money, may go without TLS."""
    return Cookie(
        key=SESSION_COOKIE,
        value=session,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )


OPERATE_HANDLERS: Final = (operate, board, enter, leave)
