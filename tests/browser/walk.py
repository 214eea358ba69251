"""A person's wallet and a merchant's shop, used by their pages as people use them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page, Response

from tests.browser.screen import Screen

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
API: Final = "/api/payments/v1"
LONG_PERSON: Final = "ທ້າວ ບຸນມີ ສີສະຫວັດດີວົງສາ ໄຊຍະວົງຄຳດີ"
LONG_SHOP: Final = "ຮ້ານອາຫານ ນາງສົມພອນ ວົງປະເສີດສຸກ ສາຂາຕະຫຼາດເຊົ້າ"
_phones = iter(range(20_550_000, 20_560_000))


def keep_for_readme(screen: Screen, name: str) -> None:
    """A picture of the README; taken anew where it is missing or `NAGARA_PICTURES` asks for it."""
    target = IMAGES / f"{name}.png"
    if os.environ.get("NAGARA_PICTURES") or not target.exists():
        IMAGES.mkdir(parents=True, exist_ok=True)
        screen.page.screenshot(path=target, animations="disabled")


@dataclass(slots=True)
class Walk:
    """Pages which show one step at a time."""

    screen: Screen
    url: str
    home: str

    @property
    def page(self) -> Page:
        return self.screen.page

    def open(self, path: str = "") -> None:
        """A visit as if the address was typed."""
        self.page.goto(f"{self.url}{self.home}{path}")

    def shown(self, step: str) -> Locator:
        """The step, once it is on the screen."""
        self.page.wait_for_selector(f"body[data-shown='{step}']")
        return self.page.locator(f"[data-step='{step}']")

    def submit(self, step: str) -> None:
        """Press the button of the step's form."""
        self.page.locator(f"[data-step='{step}'] form button[type=submit]").click()

    def follow(self, path: str) -> None:
        """Press the link of the step on the screen."""
        self.page.locator(f"a[href='{self.home}{path}']:visible").click()


class Wallet(Walk):
    """A person's."""

    phone: str

    def __init__(self, screen: Screen, url: str) -> None:
        super().__init__(screen, url, "/wallet")

    def make(self, name: str = LONG_PERSON) -> Wallet:
        self.open()
        self.shown("create")
        self.phone = f"020 {next(_phones)}"
        self.page.fill("#create-name", name)
        self.page.fill("#create-phone", self.phone)
        self.page.locator("#issuer-0").wait_for(state="attached")
        self.submit("create")
        self.shown("home")
        return self

    def top_up(self) -> Wallet:
        self.open("/top-up")
        self.shown("top-up").locator("[data-demo-agent]").click()
        self.page.locator("[data-given]").wait_for()
        return self

    def balance(self) -> int:
        """What the first page shows, as figures."""
        self.open()
        self.shown("home").locator("[data-balance-button]").click()
        shown = self.page.locator("[data-balance] [aria-hidden]")
        shown.wait_for()
        return int("".join(sign for sign in shown.inner_text() if sign.isdigit()))

    def to_confirm(self, to: str, amount: str | None) -> Locator:
        """Type or paste whom to pay, and how much."""
        self.open("/pay")
        self.shown("pay")
        self.page.fill("#pay-to", to)
        self.submit("pay")
        step = self.shown("confirm")
        if amount is not None:
            self.page.fill("#confirm-amount", amount)
        return step

    def pay(self, to: str, amount: str | None) -> Locator:
        """All the way to a result that is not on its way any more."""
        self.to_confirm(to, amount)
        self.submit("confirm")
        return self.ended("success")

    def ended(self, look: str) -> Locator:
        result = self.page.locator(f"[data-step='result'] .result--{look}")
        result.wait_for()
        return result

    def paid_out(self) -> list[dict[str, Any]]:
        """The payments that went out, as the history shows them."""
        with self.page.expect_response(lambda answer: "/payments?" in answer.url) as answer:
            self.open("/history")
        told: list[dict[str, Any]] = answer.value.json()["payments"]
        return [one for one in told if one["direction"] == "out"]


class Shop(Walk):
    """A merchant's."""

    code: str

    def __init__(self, screen: Screen, url: str) -> None:
        super().__init__(screen, url, "/merchant")

    def make(self, name: str = LONG_SHOP) -> Shop:
        self.open()
        self.shown("create")
        self.page.fill("#create-name", name)
        self.page.locator("#issuer-0").wait_for(state="attached")
        with self.page.expect_response(_is_code) as answer:
            self.submit("create")
        self.code = answer.value.json()["text"]
        self.shown("home").locator(".code__picture").wait_for()
        self.page.locator("[data-live]").wait_for()
        return self

    def ask(self, amount: str, reference: str = "") -> str:
        """The text of the code that asks for the amount."""
        self.open("/ask")
        self.shown("ask")
        self.page.fill("#ask-amount", amount)
        self.page.fill("#ask-reference", reference)
        with self.page.expect_response(_is_code) as answer:
            self.submit("ask")
        self.shown("asked").locator(".code__picture").wait_for()
        text: str = answer.value.json()["text"]
        return text


def _is_code(answer: Response) -> bool:
    return "/qr?" in answer.url
