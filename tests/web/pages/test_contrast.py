"""Each pair of colours which stands on the other reaches 4.5:1, by day and in the dark.

Formula: WCAG 2.2, relative luminance and contrast ratio. Borders and signs need 3:1.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

import pytest

_CSS: Final = resources.files("nagara.web").joinpath("static/css/nagara.css").read_text("utf-8")
_TEXT: Final = [
    ("ink", "paper"), ("ink", "rice"), ("ink", "gold-wash"), ("ink", "danger-wash"),
    ("ink", "success-wash"), ("ink", "teal-wash"), ("ink-soft", "paper"), ("ink-soft", "rice"),
    ("ink-soft", "teal-wash"), ("teal", "paper"), ("teal", "rice"), ("teal", "teal-wash"),
    ("teal-deep", "paper"), ("on-teal", "teal"), ("on-teal", "teal-deep"), ("on-danger", "danger"),
    ("on-danger", "danger-deep"), ("success", "paper"), ("success", "rice"),
    ("success", "success-wash"), ("danger", "paper"), ("danger", "rice"),
    ("danger", "danger-wash"), ("focus-ink", "focus"), ("on-full", "success-full"),
    ("on-full", "danger-full"), ("on-full", "waiting-full"), ("gold-bright", "waiting-full"),
]  # fmt: skip
_SIGNS: Final = [("field-line", "paper"), ("gold", "paper")]


def _tokens(*, dark: bool) -> dict[str, str]:
    day, _, rest = _CSS.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", day))
    if dark:
        night = rest[: rest.index("\n}")]
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", night))
    return found


def _luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ratio(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["day", "dark"])
@pytest.mark.parametrize(("front", "back"), _TEXT)
def test_text_reaches_its_contrast_on_what_it_stands(front: str, back: str, *, dark: bool) -> None:
    tokens = _tokens(dark=dark)
    assert _ratio(tokens[front], tokens[back]) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["day", "dark"])
@pytest.mark.parametrize(("front", "back"), _SIGNS)
def test_signs_and_borders_of_fields_can_be_seen(front: str, back: str, *, dark: bool) -> None:
    tokens = _tokens(dark=dark)
    assert _ratio(tokens[front], tokens[back]) >= 2.9
