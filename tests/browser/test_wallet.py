"""From nothing to a receipt, by the pages, in a real browser against a real country."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, FilePayload, Route, sync_playwright

from tests.browser.screen import Screen
from tests.browser.walk import LONG_SHOP, Shop, Wallet, keep_for_readme

Opened = Callable[..., Screen]
_COUNT_TAPS = "globalThis.taps = 0; addEventListener('pointerdown', () => { taps += 1; }, true);"


@pytest.fixture(scope="module")
def code(living: str, browser: Browser) -> str:
    """The text of a shop's own code."""
    with browser.new_context(locale="lo") as context:
        return Shop(Screen(context.new_page(), 1280), living).make().code


@pytest.fixture
def wallet(living: str, page_at: Opened) -> Wallet:
    return Wallet(page_at(390, language="en"), living).make("Bounmy Sisavath").top_up()


@pytest.mark.parametrize("language", ["lo", "vi", "en"])
def test_a_person_gets_from_nothing_to_a_receipt(
    living: str, page_at: Opened, code: str, language: str
) -> None:
    walk = Wallet(page_at(390, language=language), living)
    screen = walk.screen

    def is_sound(name: str) -> None:
        screen.assert_sound_at_each_width(f"wallet-{name}-{language}")

    walk.open()
    walk.shown("create")
    walk.page.locator("#issuer-0").wait_for(state="attached")
    is_sound("1-create")
    walk.make()
    is_sound("2-home")
    walk.follow("/top-up")
    walk.shown("top-up").locator("[data-demo-agent]").click()
    walk.page.locator("[data-given]").wait_for()
    is_sound("3-top-up")
    walk.open("/code")
    walk.shown("code").locator("img").wait_for()
    is_sound("4-code")
    walk.open("/cash-out")
    walk.shown("cash-out")
    is_sound("5-cash-out")
    walk.to_confirm(code, "25000").get_by_text(LONG_SHOP).first.wait_for()
    walk.page.fill("#confirm-note", "ເຂົ້າປຽກ 2 ຖ້ວຍ")
    is_sound("6-confirm")
    walk.submit("confirm")
    walk.ended("success").get_by_text("25.000").first.wait_for()
    is_sound("7-result")
    walk.page.locator("[data-step=result] a[data-receipt]").click()
    walk.shown("receipt").get_by_text("ເຂົ້າປຽກ 2 ຖ້ວຍ").wait_for()
    is_sound("8-receipt")
    walk.open("/history")
    walk.shown("history").locator("[data-payment]").first.wait_for()
    is_sound("9-history")
    assert walk.balance() == 475_000
    is_sound("10-balance")


def test_the_key_cannot_be_read_by_any_script(wallet: Wallet) -> None:
    key = wallet.page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("nagara").onsuccess = ({ target }) => {
            const store = target.result.transaction("wallets").objectStore("wallets");
            store.get("person").onsuccess = (event) => {
              const { privateKey } = event.target.result.key;
              resolve([privateKey.type, privateKey.extractable]);
            };
          };
        })"""
    )
    assert key == ["private", False]


def test_too_little_money_is_said_and_what_was_typed_stays(wallet: Wallet, code: str) -> None:
    wallet.to_confirm(code, "900000")
    wallet.page.fill("#confirm-note", "a bicycle")
    wallet.submit("confirm")
    refused = wallet.ended("failure")
    refused.locator("[data-fill=reason-title]").wait_for()
    assert refused.locator("[data-fill=reason]").inner_text()
    wallet.screen.complaints.clear()  # the browser calls the 4xx of a refusal an error
    wallet.screen.assert_sound()
    wallet.screen.take_picture("wallet-refused-en")
    wallet.page.locator("[data-again]").click()
    wallet.shown("confirm")
    assert wallet.page.input_value("#confirm-amount") == "900.000"
    assert wallet.page.input_value("#confirm-note") == "a bicycle"
    wallet.page.fill("#confirm-amount", "9000")
    wallet.submit("confirm")
    wallet.ended("success")
    assert [one["amount_minor"] for one in wallet.paid_out()] == [9_000]


def test_a_double_click_pays_once(wallet: Wallet, code: str) -> None:
    wallet.to_confirm(code, "5000")
    wallet.page.locator("[data-step=confirm] button[type=submit]").dblclick()
    wallet.ended("success")
    assert len(wallet.paid_out()) == 1
    assert wallet.balance() == 495_000


def test_a_reload_while_the_answer_is_lost_pays_once(wallet: Wallet, code: str) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    wallet.to_confirm(code, "7000")
    wallet.page.route("**/orders", lose_the_answer)
    wallet.submit("confirm")
    wallet.ended("waiting")
    wallet.screen.take_picture("wallet-on-its-way-en")
    wallet.page.unroute("**/orders")
    wallet.page.reload()
    wallet.ended("success")
    assert [one["amount_minor"] for one in wallet.paid_out()] == [7_000]
    assert wallet.balance() == 493_000


def test_a_payment_without_network_says_so_and_ends_by_itself(wallet: Wallet, code: str) -> None:
    wallet.to_confirm(code, "8000")
    wallet.page.route("**/orders", lambda route: route.abort())
    wallet.submit("confirm")
    wallet.ended("waiting")
    wallet.open()
    row = wallet.shown("home").locator("[data-waiting] a")
    row.wait_for()
    assert "8.000" in row.inner_text()
    wallet.screen.assert_no_overflow()
    wallet.screen.assert_accessible()
    wallet.screen.take_picture("wallet-home-waiting-en")
    wallet.page.unroute("**/orders")
    row.click()
    wallet.ended("success")
    assert len(wallet.paid_out()) == 1


def test_going_back_to_what_was_paid_shows_the_result_and_asks_nothing(
    wallet: Wallet, code: str
) -> None:
    wallet.to_confirm(code, "3000")
    draft = wallet.page.evaluate("history.state")
    wallet.submit("confirm")
    wallet.ended("success")
    wallet.page.evaluate("draft => history.pushState(draft, '', '/wallet/confirm')", draft)
    wallet.page.reload()
    wallet.ended("success")
    assert len(wallet.paid_out()) == 1


def test_back_goes_one_step_back(wallet: Wallet, code: str) -> None:
    wallet.open()
    wallet.shown("home")
    wallet.follow("/pay")
    wallet.shown("pay")
    wallet.page.fill("#pay-to", code)
    wallet.submit("pay")
    wallet.shown("confirm")
    wallet.page.go_back()
    wallet.shown("pay")
    assert wallet.page.input_value("#pay-to") == code
    wallet.page.go_back()
    wallet.shown("home")


def test_an_unknown_address_is_an_instruction_with_the_focus_on_it(wallet: Wallet) -> None:
    wallet.open("/pay")
    wallet.shown("pay")
    wallet.page.fill("#pay-to", "020 99999999")
    wallet.submit("pay")
    summary = wallet.page.locator("[data-step=pay] .govuk-error-summary")
    summary.wait_for()
    assert summary.evaluate("element => element === document.activeElement")
    assert wallet.page.input_value("#pay-to") == "020 99999999"
    wallet.screen.complaints.clear()
    wallet.screen.assert_sound()
    wallet.screen.take_picture("wallet-unknown-payee-en")


def test_an_empty_form_says_what_to_write(living: str, page_at: Opened) -> None:
    walk = Wallet(page_at(320, language="lo"), living)
    walk.open()
    walk.shown("create")
    walk.page.locator("#issuer-0").wait_for(state="attached")
    walk.submit("create")
    walk.page.locator(".govuk-error-summary a").first.click()
    assert walk.page.evaluate("document.activeElement.id") == "create-name"
    walk.screen.assert_sound()
    walk.screen.take_picture("wallet-create-error-lo")


def test_the_keyboard_alone_pays(wallet: Wallet, code: str) -> None:
    keyboard = wallet.page.keyboard
    wallet.open()
    wallet.shown("home")
    _tab_to(wallet, "a[href='/wallet/pay']")
    keyboard.press("Enter")
    wallet.shown("pay")
    _tab_to(wallet, "#pay-to")
    keyboard.insert_text(code)
    keyboard.press("Enter")
    wallet.shown("confirm")
    assert wallet.page.evaluate("document.activeElement.id") == "confirm-amount"
    keyboard.type("12000")
    _tab_to(wallet, "[data-step=confirm] button[type=submit]")
    keyboard.press("Enter")
    wallet.ended("success")
    assert wallet.page.evaluate("document.activeElement.matches('.result__word')")


def _tab_to(wallet: Wallet, selector: str) -> None:
    for _ in range(30):
        wallet.page.keyboard.press("Tab")
        if wallet.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the Tab key never came to {selector}")


def test_two_pictures_tell_what_paying_is(wallet: Wallet, code: str) -> None:
    wallet.page.set_viewport_size({"width": 390, "height": 844})
    step = wallet.to_confirm(code, "25000")
    step.locator("#confirm-amount").blur()
    keep_for_readme(wallet.screen, "wallet-confirm")
    wallet.submit("confirm")
    wallet.ended("success")
    keep_for_readme(wallet.screen, "wallet-paid")


def test_a_picture_of_the_code_is_read(wallet: Wallet, living: str, page_at: Opened) -> None:
    shop = Shop(page_at(390), living).make()
    picture = shop.page.locator(".shop__code .code__picture").screenshot()
    wallet.open("/scan")
    wallet.shown("scan")
    wallet.page.locator("[data-camera-fault]").wait_for()  # no camera here, and it says so
    wallet.screen.assert_sound()
    wallet.screen.take_picture("wallet-scan-en")
    _choose_picture(wallet, picture)
    wallet.shown("confirm").get_by_text(LONG_SHOP).first.wait_for()


def _choose_picture(wallet: Wallet, picture: bytes) -> None:
    file = FilePayload(name="code.png", mimeType="image/png", buffer=picture)
    wallet.page.set_input_files("#scan-picture", file)


def test_a_code_before_the_camera_is_paid_in_three_taps(
    living: str, code: str, tmp_path: Path
) -> None:
    film = tmp_path / "code.y4m"
    film.write_bytes(_film(code))
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    chromium = os.environ.get("NAGARA_CHROMIUM") or shutil.which("chromium")
    # Playwright runs once a thread; the session's own is busy in this one.
    with ThreadPoolExecutor(1) as other:
        taps = other.submit(_scan_and_pay, living, chromium, arguments).result()
    assert 1 <= taps <= 3


def _scan_and_pay(living: str, chromium: str | None, arguments: list[str]) -> int:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as camera,
        camera.new_context(viewport={"width": 390, "height": 760}, locale="lo") as context,
    ):
        context.set_default_timeout(20_000)
        wallet = Wallet(Screen(context.new_page(), 390), living).make().top_up()
        context.add_init_script(_COUNT_TAPS)
        wallet.open()
        wallet.shown("home")
        wallet.follow("/scan")
        wallet.shown("confirm").get_by_text(LONG_SHOP).first.wait_for()
        wallet.page.keyboard.type("9000")  # the field has the focus: no tap
        wallet.submit("confirm")
        wallet.ended("success")
        taps: int = wallet.page.evaluate("taps")
        return taps


def _film(text: str) -> bytes:
    """The code as a camera sees it, in grey: YUV4MPEG2 of 640 by 480, one second."""
    rows = [bytes(row) for row in segno.make(text, error="m").matrix_iter(scale=5, border=4)]
    width, height = 640, 480
    left, top = (width - len(rows[0])) // 2, (height - len(rows)) // 2
    luma = bytearray(b"\xc8" * width * height)
    for index, row in enumerate(rows):
        start = (top + index) * width + left
        luma[start : start + len(row)] = bytes(16 if dark else 235 for dark in row)
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (width * height // 2)
    return f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10


def test_a_picture_without_a_code_is_said_so(wallet: Wallet) -> None:
    wallet.open("/scan")
    wallet.shown("scan")
    _choose_picture(wallet, wallet.page.screenshot())
    wallet.page.locator("[data-step=scan] .govuk-error-summary").wait_for()


def test_the_receipt_is_a_file_that_holds_both_signatures(wallet: Wallet, code: str) -> None:
    wallet.pay(code, "4000")
    wallet.page.locator("[data-step=result] a[data-receipt]").click()
    wallet.shown("receipt")
    with wallet.page.expect_download() as download:
        wallet.page.locator("[data-download]").click()
    receipt = json.loads(Path(download.value.path()).read_text())
    assert receipt["nagara"] == "receipt/1"
    assert receipt["receipt"].count(".") == receipt["order"].count(".") == 2


def test_the_statement_is_a_file_of_the_chosen_days(wallet: Wallet) -> None:
    wallet.open("/history")
    wallet.shown("history").locator("summary").click()
    with wallet.page.expect_download() as download:
        wallet.submit("history")
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 2
    assert "500000" in lines[1]


def test_the_page_opens_without_network_and_keeps_no_payment(wallet: Wallet) -> None:
    wallet.open()
    wallet.shown("home")
    wallet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wallet.page.reload()
    wallet.shown("home")
    kept = wallet.page.evaluate(
        """async () => {
          const names = await caches.keys();
          const lists = await Promise.all(names.map(async (name) =>
            (await (await caches.open(name)).keys()).map(({ url }) => url)));
          return lists.flat();
        }"""
    )
    assert kept
    assert not [url for url in kept if "/api/" in url]
    wallet.page.context.set_offline(True)
    wallet.page.reload()
    wallet.shown("home").get_by_text("Scan and pay").wait_for()


def test_without_scripts_the_page_says_what_it_needs(living: str, page_at: Opened) -> None:
    screen = page_at(390, language="en", scripts=False)
    screen.page.goto(f"{living}/wallet")
    assert "JavaScript" in screen.page.locator("main").inner_text()
    assert "Opening" not in screen.page.locator("main").inner_text()


def test_a_wallet_pays_a_person_by_phone_and_sees_the_name_masked(
    wallet: Wallet, living: str, page_at: Opened
) -> None:
    friend = Wallet(page_at(390), living).make("Khamla Phommachanh")
    step = wallet.to_confirm(friend.phone, "10000")
    assert step.locator("h1").inner_text() == "Khamla P***"
    wallet.submit("confirm")
    wallet.ended("success")
    assert friend.balance() == 10_000
