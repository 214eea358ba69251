"""The first page, as it is met at each width and in each language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from litestar import Litestar

from tests.browser.screen import WIDTHS, Screen
from tests.web.pages.sample import country


@pytest.fixture(scope="session")
def home(serve: Callable[[Litestar], str]) -> str:
    return serve(country().app)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["lo", "vi", "en"])
def test_home_is_sound_at_each_width(
    home: str, page_at: Callable[..., Screen], width: int, language: str
) -> None:
    screen = page_at(width, language=language)
    screen.page.goto(home)
    screen.take_picture(f"home-{language}")
    screen.assert_sound()
    assert screen.page.get_by_role("navigation").get_by_role("link").count() == 4
