"""The first page, the reference and the pages of errors, at each width and in each language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from litestar import Litestar

from tests.browser.screen import Screen
from tests.web.pages.sample import country

_LANGUAGES = ("lo", "vi", "en")
_LONG = "/trouble/ບັນຊີນາງຄຳຫຼ້າວົງສະຫວັນພັນທະວົງຖືກອາຍັດຊົ່ວຄາວ"
_PAGES = {
    "home": "/",
    "docs": "/docs",
    "missing": "/no-such-page",
    "broken": "/trouble/broken",
    "refused": _LONG,
}


@pytest.fixture(scope="module")
def address(serve: Callable[[Litestar], str]) -> str:
    return serve(country().app)


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("name", _PAGES)
def test_each_page_is_sound_at_each_width(
    address: str, page_at: Callable[..., Screen], name: str, language: str
) -> None:
    screen = page_at(390, language=language)
    screen.page.goto(address + _PAGES[name])
    screen.complaints = [said for said in screen.complaints if "status of" not in said]
    screen.assert_sound_at_each_width(f"{name}-{language}")


@pytest.mark.parametrize("name", _PAGES)
def test_each_page_has_its_contrast_in_the_dark(
    address: str, page_at: Callable[..., Screen], name: str
) -> None:
    screen = page_at(390, dark=True)
    screen.page.goto(address + _PAGES[name])
    screen.take_picture(f"{name}-dark")
    screen.assert_accessible()


@pytest.mark.parametrize("language", _LANGUAGES)
def test_home_survives_text_of_twice_the_size(
    address: str, page_at: Callable[..., Screen], language: str
) -> None:
    screen = page_at(320, language=language)
    screen.page.goto(address)
    screen.page.evaluate("document.documentElement.style.fontSize = '32px'")
    screen.take_picture(f"home-large-{language}")
    screen.assert_no_overflow()


def test_the_language_is_switched_without_scripts_and_kept(
    address: str, page_at: Callable[..., Screen]
) -> None:
    screen = page_at(320, language="en", scripts=False)
    screen.page.goto(address)
    screen.page.locator(".languages summary").click()
    screen.take_picture("home-languages")
    screen.page.get_by_role("link", name="ລາວ").click()
    assert screen.page.locator("html").get_attribute("lang") == "lo"
    screen.page.goto(address)
    assert screen.page.locator("html").get_attribute("lang") == "lo"


def test_the_first_tab_leads_past_the_header(address: str, page_at: Callable[..., Screen]) -> None:
    screen = page_at(390)
    screen.page.goto(address)
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    assert screen.page.evaluate("document.activeElement.id") == "main"
    screen.page.keyboard.press("Tab")
    assert screen.page.evaluate("document.activeElement.getAttribute('href')") == "/wallet"


def test_escape_closes_the_languages_and_gives_the_focus_back(
    address: str, page_at: Callable[..., Screen]
) -> None:
    screen = page_at(390)
    screen.page.goto(address)
    screen.page.locator(".languages summary").click()
    screen.page.keyboard.press("Escape")
    assert not screen.page.locator(".languages[open]").count()
    assert screen.page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("language", _LANGUAGES)
def test_lao_and_vietnamese_come_from_our_own_fonts(
    address: str, page_at: Callable[..., Screen], language: str
) -> None:
    screen = page_at(390, language=language)
    screen.page.goto(address)
    loaded = screen.page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts]"
        ".filter((font) => font.status === 'loaded').map((font) => font.family))"
    )
    families = {family.strip('"') for family in loaded}
    assert "Be Vietnam Pro" in families
    assert language != "lo" or "Noto Sans Lao" in families
