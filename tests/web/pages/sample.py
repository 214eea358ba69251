"""A small country for the tests of pages: the real templates and handlers, made-up figures."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from nagara.kernel.errors import CodedError
from nagara.kernel.instant import Instant
from nagara.kernel.profile import load_profile
from nagara.kernel.refusals import Forbidden, TooMany
from nagara.web.pages import (
    Balance,
    Overview,
    Pages,
    Part,
    Position,
    Problem,
    State,
    broken_page,
    missing_page,
    page_routes,
    problem_page,
    security_headers,
)

CODE = "418-256-771"
WORN_OUT = "too-often"
_NAMES = (
    ("foreign", "ທະນາຄານຕົວຢ່າງການຄ້າຕ່າງປະເທດລາວ ມະຫາຊົນ", "Ngân hàng Ngoại thương Mẫu"),
    ("wallet", "ກະເປົາເງິນຕົວຢ່າງ", "Ví Mẫu"),
    ("rural", "ທະນາຄານຕົວຢ່າງ", "Ngân hàng Mẫu"),
)
BUSY = Overview(
    payments_per_second=132,
    recent_per_second=(*(90 + (index * 37) % 61 for index in range(59)), 132),
    p50_ms=8.4,
    p99_ms=27,
    accounts=1_204_311,
    payments_today=3_482_907,
    trial_balance=(
        Balance("LAK", 98_765_432_100_000, 98_765_432_100_000, 0),
        Balance("THB", 412_500, 412_500, 0),
    ),
    health=(
        Part("database", State.WELL, "1 ms"),
        Part("ledger", State.WELL, "0.9 ms"),
        Part("journal", State.WELL, "14 leaves waiting"),
        Part("worker", State.WELL, "0 jobs late"),
        Part("disk", State.WELL, "41 % full"),
    ),
    positions=tuple(
        Position(code, {"lo": lao, "vi": vietnamese, "en": f"Sample {code}"}, "LAK", net)
        for (code, lao, vietnamese), net in zip(
            _NAMES, (1_234_567_000, -1_200_000_000, -34_567_000), strict=True
        )
    ),
)
NEW = Overview(
    payments_per_second=0,
    recent_per_second=(),
    p50_ms=None,
    p99_ms=None,
    accounts=0,
    payments_today=0,
    trial_balance=(),
    health=(Part("database", State.WELL, "1 ms"),),
    positions=(),
)
STOPPED = replace(NEW, health=(Part("database", State.DOWN, "storage.unreachable"),))
BROKEN = replace(
    BUSY,
    trial_balance=(Balance("LAK", 98_765_432_100_000, 98_765_432_099_000, 1_000),),
    health=(Part("database", State.WELL, "1 ms"), Part("worker", State.DOWN, "no beat for 90 s")),
)


class Account(Struct):
    """An account, to have a shape in the reference."""

    account: str
    balance_minor: Annotated[int, Meta(description="Whole minor units.")]
    name: str | None = None


@get("/api/payments/v1/accounts/{account:str}", tags=["payments"], sync_to_thread=False)
def read_account(account: FromPath[str]) -> Account:
    """Read an account."""
    return Account(account, 0)


@post("/api/payments/v1/accounts", tags=["payments"], sync_to_thread=False)
def open_account(data: JSONBody[Account]) -> Account:
    """Open an account."""
    return data


@get("/trouble/{kind:str}", include_in_schema=False, sync_to_thread=False)
def trouble(kind: FromPath[str]) -> None:
    """Goes wrong in the way that is asked for."""
    raise RuntimeError(kind) if kind == "broken" else Forbidden(reason=kind)


@dataclass(slots=True)
class Door:
    """Lets in who has the code, or anybody in a demo."""

    demo: bool
    inside: set[str] = field(default_factory=set)

    async def admit(self, code: str) -> str | None:
        if code == WORN_OUT:
            raise TooMany(retry_after_seconds=30)
        return await self._open() if code == CODE else None

    async def admit_demo(self) -> str:
        if not self.demo:
            raise Forbidden(reason="no demo")
        return await self._open()

    async def is_admitted(self, session: str) -> bool:
        return session in self.inside

    async def dismiss(self, session: str) -> None:
        self.inside.discard(session)

    async def _open(self) -> str:
        session = secrets.token_urlsafe()
        self.inside.add(session)
        return session


class _Noon:
    def now(self) -> Instant:
        return Instant.parse("2026-11-22T05:04:09Z")


@dataclass(slots=True)
class Sample:
    """The ports of a country with figures that a test may change; `app` is the application."""

    pages: Pages
    operators: Door
    clock: _Noon
    figures: Overview
    app: Litestar = field(init=False)

    def __post_init__(self) -> None:
        self.app = Litestar(
            [*page_routes(self.pages, self), read_account, open_account, trouble],
            before_send=[security_headers],
            openapi_config=OpenAPIConfig("Sample", "1", path="/schema"),
            exception_handlers={
                CodedError: self._refused,
                HTTPException: self._missing,
                Exception: self._broken,
            },
        )

    @property
    def overviews(self) -> Sample:
        return self

    async def overview(self) -> Overview:
        return self.figures

    def _refused(self, request: Request[Any, Any, Any], error: CodedError) -> Response[bytes]:
        problem = Problem(
            status=403,
            title="ທ່ານບໍ່ມີສິດເຮັດລາຍການນີ້",
            detail=f"{error.facts['reason']}.",
            action="ຕິດຕໍ່ສະຖາບັນທີ່ໃຫ້ສິດທ່ານ.",
            who="caller",
            code=error.code,
        )
        return problem_page(self.pages, request, problem)

    def _missing(self, request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        if error.status_code == 404:
            return missing_page(self.pages, request)
        return Response(error.detail.encode(), status_code=error.status_code)

    def _broken(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return broken_page(self.pages, request)


def country(code: str = "la", *, demo: bool = True, figures: Overview = BUSY) -> Sample:
    """The pages of a shipped profile as an application."""
    return Sample(Pages(load_profile(code), demo=demo), Door(demo), _Noon(), figures)
