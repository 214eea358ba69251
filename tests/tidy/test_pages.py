"""Pages run under a Content-Security-Policy without `unsafe-inline`: nothing is written inline.

The tags are read out of the templates as they are written, before Jinja fills them in.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from tests.tidy.tree import files, text

_SILENT: Final = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL)
_SAID: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)


class _Offences(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        # a block of JSON is data: no browser runs it, and the policy has nothing to say to it
        if tag == "script" and "src" not in names and ("type", "application/json") not in attrs:
            self.found.append("a script without src")
        if tag == "style" or "style" in names:
            self.found.append("an inline style")
        self.found += [f"the handler {name}" for name in names if name.startswith("on")]
        self.found += [
            f"a program in {name}"
            for name, value in attrs
            if value and value.strip().lower().startswith("javascript:")
        ]


def _offences(path: Path) -> list[str]:
    page = _Offences()
    page.feed(_SAID.sub("x", _SILENT.sub("", text(path))))
    page.close()
    return [f"{path}: {offence}" for offence in page.found]


def test_no_template_has_a_program_or_a_style_inside() -> None:
    assert not [offence for path in files(".html") for offence in _offences(path)]


def test_no_template_brings_anything_from_another_host() -> None:
    brought = [
        str(path)
        for path in files(".html")
        if re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)=[\"'](https?:)?//", text(path))
    ]
    assert not brought
