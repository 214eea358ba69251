"""Tests are sentences of law about the real thing: no sleep, no mock of our own, no silent skip."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.tidy.tree import dotted, programs, syntax

WORDS_MIN: Final = 4
_PATCHING: Final = {"monkeypatch.setattr", "monkeypatch.delattr", "monkeypatch.setitem"}
_SKIPS: Final = {"pytest.skip", "pytest.xfail", "pytest.mark.skip", "pytest.mark.xfail"}
_UNTESTED: Final = {"countries"}  # a folder of data; tests/kernel reads each file of it


def _nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in programs("tests"):
        for node in ast.walk(syntax(path)):
            yield path, node


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path, node in _nodes():
        if isinstance(node, ast.Call):
            yield f"{path}:{node.lineno}", node


def _imported(node: ast.AST) -> set[str]:
    match node:
        case ast.Import():
            return {name.name for name in node.names}
        case ast.ImportFrom(module=str(module)):
            return {module} | {f"{module}.{name.name}" for name in node.names}
        case _:
            return set()


def test_every_test_is_named_by_a_sentence() -> None:
    short = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in _nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and len(node.name.split("_")) - 1 < WORDS_MIN
    ]
    assert not short


def test_no_test_waits_by_sleeping() -> None:
    slept = [place for place, call in _calls() if dotted(call.func) == "time.sleep"]
    imported = [path for path, node in _nodes() if "time.sleep" in _imported(node)]
    assert not slept
    assert not imported


def test_no_test_replaces_a_part_of_our_own() -> None:
    patched = [
        place
        for place, call in _calls()
        if dotted(call.func) in _PATCHING and not _lowers_a_limit(call)
    ]
    mocked = [
        path
        for path, node in _nodes()
        if any(name.startswith("unittest.mock") for name in _imported(node))
    ]
    assert not patched
    assert not mocked


def _lowers_a_limit(call: ast.Call) -> bool:
    """Whether a constant is set: a test may wait less or allow less, and all that runs is ours."""
    names = [arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant)]
    return any(isinstance(name, str) and name.rpartition(".")[2].isupper() for name in names[:1])


def test_every_skipped_test_says_its_reason() -> None:
    silent = [
        place
        for place, call in _calls()
        if dotted(call.func) in _SKIPS
        and not call.args
        and not any(word.arg == "reason" for word in call.keywords)
    ]
    bare = [
        f"{path}:{decorator.lineno}"
        for path, node in _nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if dotted(decorator) in _SKIPS
    ]
    assert not silent
    assert not bare


def test_every_room_has_a_folder_of_tests() -> None:
    rooms = {path.parts[2] for path in programs("src") if len(path.parts) > 3}
    tested = {path.parts[1] for path in programs("tests")}
    assert rooms - _UNTESTED <= tested
