"""Names say what a thing is, and nothing is left unfinished in the text.

Ruff holds the rest: docstrings (D), no `print` outside the command line (T20), no swallowed error
(S110, BLE001), no commented-out code (ERA).
"""

from __future__ import annotations

import ast
import re
from typing import Final

from tests.tidy.tree import files, programs, syntax, text

_SAYS_NOTHING: Final = ["utils?", "helpers?", "common", "manager", "facade", "misc", "data", "info"]
_EMPTY_NAME: Final = re.compile("|".join(_SAYS_NOTHING))
_EMPTY_CLASS: Final = re.compile(r".*(Utils?|Helpers?|Manager|Facade|Misc|Common)")
# Written in pieces, so that the law does not break itself.
_UNFINISHED: Final = re.compile(rf"\b({'TO' + 'DO'}|{'FIX' + 'ME'}|{'X' * 3}:)")


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    empty = {
        str(path)
        for path in files()
        for part in path.parts
        if _EMPTY_NAME.fullmatch(part.partition(".")[0])
    }
    assert not empty


def test_no_class_has_a_name_that_says_nothing() -> None:
    empty = [
        f"{path}:{node.lineno} {node.name}"
        for path in files(".py")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ClassDef) and _EMPTY_CLASS.fullmatch(node.name)
    ]
    assert not empty


def test_nothing_is_marked_as_unfinished() -> None:
    marks = [
        f"{path}:{number}"
        for path in files()
        for number, line in enumerate(text(path).splitlines(), start=1)
        if _UNFINISHED.search(line)
    ]
    assert not marks


def test_nothing_in_the_country_is_left_unimplemented() -> None:
    left = [
        f"{path}:{node.lineno}"
        for path in programs("src")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    ]
    assert not left
