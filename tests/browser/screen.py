"""A page as a person meets it, and what must be true of every one of them.

axe-core comes with the package axe-playwright-python; its rules for WCAG 2.2 AA run in the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

PICTURES: Final = Path(__file__).parents[2] / "build" / "screens"
WIDTHS: Final = (320, 390, 1280)
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OVERFLOWING: Final = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (element) => element && element !== document.body &&
    (["auto", "scroll", "hidden"].includes(getComputedStyle(element).overflowX)
      || scrolls(element.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getClientRects().length)
    .filter((element) => !element.closest(".govuk-visually-hidden"))
    .filter((element) => element.getBoundingClientRect().right > wide + 0.5)
    .filter((element) => !scrolls(element.parentElement))
    .map((element) => element.outerHTML.slice(0, 120));
}"""
_SCROLLED_BY: Final = """() => document.documentElement.scrollWidth
  - document.documentElement.clientWidth"""
_SMALL_TARGETS: Final = """() => {
  const all = "a, button, summary, input:not([type=hidden]), select, textarea";
  return [...document.querySelectorAll(all)].filter((element) => {
    const box = element.getBoundingClientRect();
    const inSentence = element.matches("p a, dd a, td a, .govuk-hint a");
    const unseen = !element.checkVisibility() || element.matches(".govuk-skip-link");
    return !unseen && !inSentence && (box.height < 47.5 || box.width < 47.5);
  }).map((element) => element.outerHTML.slice(0, 120));
}"""
_CUT: Final = """() => [...document.querySelectorAll("button, a, h1, h2, p, span, th, td, label")]
  .filter((element) => element.checkVisibility()
    && getComputedStyle(element).overflowX === "hidden"
    && !element.closest(".govuk-visually-hidden, .govuk-skip-link")
    && element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))"""


@dataclass(slots=True)
class Screen:
    """A page of Playwright, with what it complained about since it was opened."""

    page: Page
    width: int
    complaints: list[str] = field(default_factory=list)

    def assert_no_overflow(self) -> None:
        """Nothing stands outside of the screen and no text is cut; tables scroll in themselves."""
        self._assert_none("outside of the screen", _OVERFLOWING)
        assert self.page.evaluate(_SCROLLED_BY) == 0, "the page scrolls sideways"
        self._assert_none("cut", _CUT)

    def assert_targets_large(self) -> None:
        """What can be tapped is 48 px in both directions, but for links inside a sentence."""
        self._assert_none("too small to tap", _SMALL_TARGETS)

    def assert_accessible(self) -> None:
        """axe-core finds nothing against WCAG 2.2 AA and its own best practice."""
        self.page.evaluate(_axe())
        run: dict[str, Any] = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", _TAGS
        )
        found = [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in run["violations"]
            for node in rule["nodes"]
        ]
        assert not found, "\n".join(found)

    def assert_sound_at_each_width(self, name: str) -> None:
        """The page as it stands, resized to each width and pictured; axe-core once, at 320 px."""
        for width in WIDTHS:
            self.width = width
            self.page.set_viewport_size({"width": width, "height": 700})
            self.take_picture(name)
            self.assert_no_overflow()
            self.assert_targets_large()
        self.width = WIDTHS[0]
        self.page.set_viewport_size({"width": self.width, "height": 700})
        self.assert_sound()

    def assert_sound(self) -> None:
        """All three, and no complaint of the browser (an error, a refused script, a lost file)."""
        self.assert_no_overflow()
        self.assert_targets_large()
        self.assert_accessible()
        assert not self.complaints, self.complaints

    def _assert_none(self, what: str, search: str) -> None:
        found = self.page.evaluate(search)
        assert not found, f"{what}: {found}"

    def take_picture(self, name: str) -> Path:
        """The whole page as `build/screens/<name>-<width>.png`."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{re.sub('[^a-z0-9]+', '-', name)}-{self.width}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")
        return path


@cache
def _axe() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
