"""The shop: its code, the takings as they come in, the sound, and asking for an amount."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.screen import Screen
from tests.browser.walk import LONG_PERSON, LONG_SHOP, Shop, Wallet, keep_for_readme

Opened = Callable[..., Screen]
COUNT_NOTES = """(() => {
  globalThis.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    globalThis.notes += 1;
    return start.apply(this, when);
  };
})()"""


@pytest.fixture
def shop(living: str, page_at: Opened) -> Shop:
    screen = page_at(1280, language="en")
    screen.page.add_init_script(COUNT_NOTES)
    return Shop(screen, living).make()


@pytest.fixture
def buyer(living: str, page_at: Opened) -> Wallet:
    return Wallet(page_at(390, language="en"), living).make("Bounmy Sisavath").top_up()


@pytest.mark.parametrize("language", ["lo", "vi", "en"])
def test_a_shop_is_sound_at_each_width(living: str, page_at: Opened, language: str) -> None:
    shop = Shop(page_at(390, language=language), living)
    shop.open()
    shop.shown("create")
    shop.page.locator("#issuer-0").wait_for(state="attached")
    shop.screen.assert_sound_at_each_width(f"merchant-1-create-{language}")
    shop.make()
    shop.screen.assert_sound_at_each_width(f"merchant-2-shop-{language}")
    shop.ask("9999999999999", "B-17")
    shop.screen.assert_sound_at_each_width(f"merchant-3-asked-{language}")
    shop.open("/code")
    shop.shown("poster").locator("img").wait_for()
    shop.screen.assert_sound_at_each_width(f"merchant-4-poster-{language}")


def test_a_payment_is_seen_heard_and_said_the_moment_it_arrives(shop: Shop, buyer: Wallet) -> None:
    shop.page.locator("[data-sound]").click()
    assert shop.page.evaluate("notes") == 2
    for amount in ("12000", "8000", "25000"):
        buyer.pay(shop.code, amount)
    row = shop.page.locator("[data-roll] .card--new", has_text="25.000")
    row.wait_for()
    assert "Bounmy S***" in row.inner_text()
    assert shop.page.locator("[data-takings] [aria-hidden]").inner_text() == "45.000\u00a0₭"
    assert shop.page.locator("[data-fill=count]").inner_text() == "3 payments"
    assert "25.000" in shop.page.locator("#announcer").inner_text()
    assert shop.page.evaluate("notes") == 8
    shop.screen.assert_sound()
    shop.screen.take_picture("merchant-live-en")
    keep_for_readme(shop.screen, "merchant")


def test_an_amount_that_was_asked_for_is_fixed_and_told_when_it_is_here(
    shop: Shop, buyer: Wallet
) -> None:
    code = shop.ask("18.000", "Table 4")
    step = buyer.to_confirm(code, None)
    assert "18.000" in step.locator("[data-fixed]").inner_text()
    assert not buyer.page.locator("#confirm-amount").is_visible()
    buyer.submit("confirm")
    buyer.ended("success")
    arrived = shop.page.locator("[data-arrived]")
    arrived.wait_for()
    assert "18.000" in arrived.inner_text()
    assert "Table 4" in arrived.inner_text()
    shop.screen.assert_sound()
    shop.screen.take_picture("merchant-arrived-en")


def test_an_amount_that_no_code_can_hold_is_said_where_it_was_typed(shop: Shop) -> None:
    shop.open("/ask")
    shop.shown("ask")
    shop.page.fill("#ask-amount", "123456789012345")
    shop.submit("ask")
    shop.page.locator("[data-step=ask] .govuk-error-summary").wait_for()
    assert shop.page.input_value("#ask-amount") == "123456789012345"


def test_what_came_while_the_network_was_away_is_shown_when_it_returns(
    shop: Shop, buyer: Wallet
) -> None:
    shop.page.route("**/events", lambda route: route.abort())
    shop.page.reload()
    lost = shop.page.locator("[data-lost]")
    lost.wait_for()
    buyer.pay(shop.code, "6000")
    shop.page.unroute("**/events")
    shop.page.locator("[data-roll] li", has_text="6.000").wait_for()
    assert not lost.is_visible()
    assert shop.page.locator("[data-fill=count]").inner_text() == "1 payment"


def test_the_longest_names_and_amounts_stay_on_the_screen(living: str, page_at: Opened) -> None:
    def long_books(route: Route) -> None:
        route.fulfill(content_type="application/json", body=json.dumps(_books()))

    shop = Shop(page_at(320, language="lo"), living).make()
    shop.page.route("**/payments?*", long_books)
    shop.page.reload()
    shop.shown("home").locator("[data-roll] li").first.wait_for()
    shop.screen.assert_sound_at_each_width("merchant-longest-lo")
    shop.open("/history")
    shop.shown("history").locator("li").first.wait_for()
    shop.screen.assert_sound_at_each_width("merchant-history-longest-lo")


def _books() -> dict[str, Any]:
    item = {
        "direction": "in",
        "amount_minor": 123_456_789_012_345,
        "currency": "LAK",
        "counterpart": {"name": LONG_PERSON, "address": None, "participant": "lanexang"},
        "purpose": "goods",
        "note": LONG_SHOP,
        "reference": "",
        "state": "posted",
        "at": "2026-05-31T03:04:05Z",
        "balance_minor": 123_456_789_012_345,
    }
    ids = [f"01920000-0000-7000-8000-00000000000{number}" for number in range(5)]
    return {"payments": [{**item, "id": one} for one in ids], "next": None}
