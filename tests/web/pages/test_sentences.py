"""Every sentence of the pages is in gettext, and stands in Lao, Vietnamese and English."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

import nagara.web
from nagara.web.pages.language import NAMES, catalogue_files

_WEB: Final = Path(nagara.web.__file__).parent
_TEMPLATES: Final = sorted((_WEB / "templates").rglob("*.html"))
_VENDORED: Final = [("**/vendor/**", "ignore")]
_OPTIONS: Final = {"**.html": {"trimmed": "true", "silent": "false"}}
_SPOKEN: Final = {"alt", "aria-label", "aria-description", "content", "placeholder", "title"}
# Names and signs, which are the same in every language.
_SAME_EVERYWHERE: Final = {"Nagara", "ms", "light dark", "telephone=no", "API", "QR", "OpenAPI"}
_SETTINGS: Final = re.compile(r"width=device-width.*|#[0-9a-f]{6}|[0-9]+")


def _texts(message: object) -> tuple[str, ...]:
    if isinstance(message, str):
        return (message,)
    assert isinstance(message, tuple | list)
    return tuple(str(text) for text in message)


def _asked() -> dict[tuple[str, ...], str]:
    """The sentences which templates and handlers ask for, with a place of each."""
    found = [
        *extract_from_dir(_WEB, [("**.py", "python")], keywords={"gettext": (2,)}),
        *extract_from_dir(_WEB, [*_VENDORED, ("**.html", "jinja2")], _OPTIONS),
    ]
    return {_texts(message): f"{file}:{line}" for file, line, message, _, _ in found}


def _answers(language: str) -> dict[tuple[str, ...], list[tuple[tuple[str, ...], bool]]]:
    """The catalogue of a language: translations, and whether each is marked as fuzzy."""
    told: dict[tuple[str, ...], list[tuple[tuple[str, ...], bool]]] = {}
    for file in catalogue_files(language):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language, abort_invalid=True):
                if message.id:
                    answer = (_texts(message.string), message.fuzzy)
                    told.setdefault(_texts(message.id), []).append(answer)
    return told


_ASKED: Final = _asked()


@pytest.mark.parametrize("language", NAMES)
def test_no_sentence_lacks_its_translation(language: str) -> None:
    told = _answers(language)
    lacking = {
        asked: place
        for asked, place in _ASKED.items()
        if not all(text for texts, _ in told.get(asked, [((), False)]) for text in texts or ("",))
    }
    assert not lacking


@pytest.mark.parametrize("language", NAMES)
def test_no_translation_is_fuzzy_or_left_over_or_told_twice_differently(language: str) -> None:
    told = _answers(language)
    assert not [asked for asked, answers in told.items() if any(fuzzy for _, fuzzy in answers)]
    assert not [asked for asked, answers in told.items() if len({text for text, _ in answers}) > 1]
    assert not [asked for asked in told if asked not in _ASKED]


@pytest.mark.parametrize("language", NAMES)
def test_every_translation_keeps_the_values_of_its_sentence(language: str) -> None:
    wrong = [
        (asked, text)
        for asked, answers in _answers(language).items()
        for texts, _ in answers
        for text in texts
        if set(re.findall(r"%\(\w+\)s", text)) != set(re.findall(r"%\(\w+\)s", asked[-1]))
    ]
    assert not wrong


@pytest.mark.parametrize("language", NAMES)
def test_every_translation_is_normal_unicode_without_stray_spaces(language: str) -> None:
    texts = [
        text for answers in _answers(language).values() for told, _ in answers for text in told
    ]
    assert not [text for text in texts if unicodedata.normalize("NFC", text) != text]
    assert not [text for text in texts if text != text.strip() or "  " in text]


def test_lao_is_written_in_lao_letters() -> None:
    latin = [
        text
        for answers in _answers("lo").values()
        for told, _ in answers
        for text in told
        if not re.search("[\u0e80-\u0eff]", text)
    ]
    assert not latin


def test_english_is_its_own_key() -> None:
    assert not [asked for asked, answers in _answers("en").items() if answers[0][0] != asked]


class _Outside(HTMLParser):
    """Collects what a person would see or hear that does not come from an expression."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in _SPOKEN]


def _outside(path: Path) -> list[str]:
    """The letters of a template outside of Jinja's tags, and of {% trans %} blocks."""
    source = path.read_text("utf-8")
    source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%\s*block (page|body)_class\s*%\}.*?endblock\s*%\}", "", source)
    tokens = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).lex(source)
    page = _Outside()
    page.feed(
        "".join(
            text if kind == "data" else " "
            for _, kind, text in tokens
            if kind in {"data", "variable_begin", "block_begin"}
        )
    )
    page.close()
    said = (" ".join(text.split()).strip(" ·\u2013.,:+|()%-") for text in page.found)
    return [
        text
        for text in said
        if re.search(r"[^\W\d_]", text)
        and text not in _SAME_EVERYWHERE
        and not _SETTINGS.fullmatch(text)
    ]


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.name)
def test_no_text_of_a_template_stands_outside_of_gettext(path: Path) -> None:
    assert not _outside(path)
