"""A small country for the tests of pages: the real templates and handlers, made-up figures."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Litestar

from nagara.kernel.profile import load_profile
from nagara.web.pages import Pages, page_router, security_headers
from nagara.web.pages.home import home


@dataclass(frozen=True, slots=True)
class Sample:
    app: Litestar
    pages: Pages


def country(code: str = "la", *, demo: bool = True) -> Sample:
    """The pages of a shipped profile as an application."""
    pages = Pages(load_profile(code), demo=demo)
    app = Litestar(
        [page_router(pages, [home]), pages.assets.handler()],
        middleware=[security_headers],
        openapi_config=None,
    )
    return Sample(app, pages)
