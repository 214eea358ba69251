"""Modules to 500 lines, functions to 50, lines to 100: what fits into a head and on a screen."""

from __future__ import annotations

import ast
from typing import Final

from tests.tidy.tree import files, syntax, text

FILE_LINES_MAX: Final = 500
FUNCTION_LINES_MAX: Final = 50
LINE_CHARACTERS_MAX: Final = 100
# A sentence for translation stays on one line of a template: here only the length is held.
_PAGES: Final = (".html",)
_SOURCES: Final = (".css", ".js", ".py", ".sh", ".sql")

# Path, or path::function -> why it may be larger. An excuse that is not needed any more must go.
EXCUSED: Final[dict[str, str]] = {}


def _long_files() -> dict[str, int]:
    lines = {str(path): len(text(path).splitlines()) for path in files(*_SOURCES, *_PAGES)}
    return {path: count for path, count in lines.items() if count > FILE_LINES_MAX}


def _long_functions() -> dict[str, int]:
    found = {}
    for path in files(".py"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found[f"{path}::{node.name}"] = lines
    return found


def _unexcused(found: dict[str, int]) -> dict[str, int]:
    return {place: lines for place, lines in found.items() if place not in EXCUSED}


def test_no_file_is_longer_than_500_lines() -> None:
    assert not _unexcused(_long_files())


def test_no_function_is_longer_than_50_lines() -> None:
    assert not _unexcused(_long_functions())


def test_no_line_is_longer_than_100_characters() -> None:
    long = [
        f"{path}:{number}"
        for path in files(*_SOURCES)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if len(line) > LINE_CHARACTERS_MAX and str(path) not in EXCUSED
    ]
    assert not long


def test_every_excuse_for_size_is_still_needed() -> None:
    wide = {
        str(path)
        for path in files(*_SOURCES)
        if any(len(line) > LINE_CHARACTERS_MAX for line in text(path).splitlines())
    }
    assert EXCUSED.keys() <= _long_files().keys() | _long_functions().keys() | wide
