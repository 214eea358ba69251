"""The operator's board: the door, the verdict, and figures that renew themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from litestar import Litestar
from playwright.sync_api import expect

from nagara.web.pages import Overview
from tests.browser.screen import Screen
from tests.web.pages.sample import BROKEN, BUSY, CODE, NEW, STOPPED, Sample, country

_LANGUAGES = ("lo", "vi", "en")
_FIGURES = {"busy": BUSY, "new": NEW, "wrong": BROKEN, "stopped": STOPPED}


@pytest.fixture(scope="module")
def board() -> Sample:
    return country()


@pytest.fixture(scope="module")
def address(serve: Callable[[Litestar], str], board: Sample) -> str:
    return serve(board.app) + "/operate"


def _entered(screen: Screen, address: str) -> Screen:
    screen.page.goto(address)
    screen.page.locator("button[name=demo]").click()
    screen.page.locator(".verdict").wait_for()
    return screen


@pytest.mark.parametrize("language", _LANGUAGES)
def test_the_door_is_sound_and_leads_from_an_error_to_its_field(
    address: str, page_at: Callable[..., Screen], language: str
) -> None:
    screen = page_at(390, language=language)
    screen.page.goto(address)
    screen.assert_sound_at_each_width(f"operate-enter-{language}")
    screen.page.locator("#code").fill("not the code")
    screen.page.locator("button:not([name])").click()
    summary = screen.page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    screen.complaints = [said for said in screen.complaints if "422" not in said]
    screen.assert_sound_at_each_width(f"operate-error-{language}")
    summary.get_by_role("link").click()
    expect(screen.page.locator("#code")).to_be_focused()


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("name", _FIGURES)
def test_the_board_is_sound_busy_and_new_and_wrong(
    address: str,
    board: Sample,
    page_at: Callable[..., Screen],
    name: str,
    language: str,
) -> None:
    board.figures = _FIGURES[name]
    screen = _entered(page_at(390, language=language), address)
    screen.assert_sound_at_each_width(f"operate-{name}-{language}")


def test_a_figure_that_is_unknown_is_not_shown_as_nothing(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = STOPPED
    screen = _entered(page_at(390, language="en"), address)
    expect(screen.page.get_by_text("Not known while a part has stopped.")).to_have_count(2)
    expect(screen.page.locator(".figure")).to_have_text("\u2013")
    expect(screen.page.get_by_text("No money has moved yet.")).to_have_count(0)


def test_the_board_has_its_contrast_in_the_dark(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = BROKEN
    screen = _entered(page_at(1280, dark=True), address)
    screen.take_picture("operate-dark")
    screen.assert_accessible()


def _now(overview: Overview, per_second: float) -> Overview:
    recent = (*overview.recent_per_second[1:], per_second)
    return replace(overview, payments_per_second=per_second, recent_per_second=recent)


def test_the_board_renews_itself_and_says_a_new_verdict_aloud(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = BUSY
    screen = _entered(page_at(390, language="en"), address)
    board.figures = _now(BUSY, 777)
    expect(screen.page.locator(".figure")).to_have_text("777")
    expect(screen.page.locator("#announcer")).to_be_empty()
    board.figures = BROKEN
    expect(screen.page.locator("#announcer")).to_have_text("Money does not sum to zero")
    assert not screen.complaints


def test_a_table_which_is_being_read_is_left_alone(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = BUSY
    screen = _entered(page_at(1280, language="en"), address)
    screen.page.get_by_text("The figures as a table").click()
    board.figures = _now(BUSY, 555)
    expect(screen.page.locator(".figure")).to_have_text("555")
    expect(screen.page.locator("details[data-live]")).to_have_attribute("open", "")
    screen.take_picture("operate-table")
    screen.assert_sound()


def test_the_board_says_that_it_is_old_while_the_network_is_away(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = BUSY
    screen = _entered(page_at(390, language="lo"), address)
    screen.page.context.set_offline(True)
    stale = screen.page.locator("[data-stale]")
    expect(stale).to_be_visible(timeout=15_000)
    screen.take_picture("operate-stale")
    screen.page.context.set_offline(False)
    expect(stale).to_be_hidden(timeout=15_000)


def test_the_board_leads_to_the_door_when_its_session_has_ended(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    screen = _entered(page_at(390), address)
    board.operators.inside.clear()
    expect(screen.page.locator("#code")).to_be_visible()


def test_the_board_works_without_scripts_by_code_and_by_leaving(
    address: str, board: Sample, page_at: Callable[..., Screen]
) -> None:
    board.figures = BUSY
    screen = page_at(320, language="en", scripts=False)
    screen.page.goto(address)
    screen.page.locator("#code").fill(CODE)
    screen.page.get_by_role("button", name="Enter", exact=True).click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("The country is healthy")
    assert screen.page.locator("meta[http-equiv=refresh]").count() == 1
    screen.page.get_by_role("button", name="Leave").click()
    expect(screen.page.locator("#code")).to_be_visible()
