"""No code names a country: what differs from one to the next stands in its profile.

Looked at is what a program does (names, texts, SQL), not what its comments tell. Languages are not
countries; the payment schemes are each country's own, and have their files.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

from tests.tidy.tree import files, programs, syntax, text

_WORDS: Final = re.compile(
    r"\b(la|lak|laos?|kip|vientiane|856|vn|vnd|viet ?nam|dong|hanoi|thailand|cambodia)\b",
    re.IGNORECASE,
)
_SCHEMES: Final = "src/nagara/payments/qr/schemes/"
# Path -> why it may name one. An excuse that is not needed any more must go.
EXCUSED: Final[dict[str, str]] = {
    "src/nagara/cli/settings.py": "the country that `nagara up` starts where nobody names one",
    "src/nagara/cli/qr.py": "the same for `nagara qr`",
    "src/nagara/cli/up.py": "its help says so",
}


def _texts(path: Path) -> list[tuple[int, str]]:
    """The texts of a program which are not docstrings."""
    tree = syntax(path)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


def _names(path: Path) -> list[tuple[int, str]]:
    found = [
        (node.lineno, name)
        for node in ast.walk(syntax(path))
        for name in [getattr(node, "id", None) or getattr(node, "name", None)]
        if isinstance(name, str) and hasattr(node, "lineno")
    ]
    return [(line, name.replace("_", " ")) for line, name in found]


def _named() -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for path in programs("src"):
        if str(path).startswith(_SCHEMES):
            continue
        for line, said in _texts(path) + _names(path):
            if _WORDS.search(said):
                places.setdefault(str(path), []).append(f"{line}: {said[:60]!r}")
    for path in files(".sql"):
        code = re.sub(r"--.*", "", text(path))
        if path.parts[0] == "src" and (found := _WORDS.search(code)):
            places.setdefault(str(path), []).append(found.group())
    return places


def test_no_program_names_a_country_its_money_or_its_places() -> None:
    assert not {path: said for path, said in _named().items() if path not in EXCUSED}


def test_every_excuse_for_naming_a_country_is_still_needed() -> None:
    assert EXCUSED.keys() <= _named().keys()
