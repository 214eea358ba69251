"""The walls which import-linter cannot see; it holds the others (.importlinter)."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path
from typing import Final

from tests.tidy.tree import ROOT, dotted, programs, syntax

# What stands on a floor without being a room with a plan of its own: foundations and shells.
_NO_ROOMS: Final = {"chain", "cli", "countries", "kernel", "keys", "storage", "web"}
_IMPURE: Final = {"SystemClock", "SystemIds", "random_bytes"}
_OPENS: Final = {"open", "print", "input", "__import__", "exec", "eval"}
_READS: Final = {"read_text", "read_bytes", "write_text", "write_bytes"}


def _walls() -> configparser.ConfigParser:
    walls = configparser.ConfigParser()
    walls.read(ROOT / ".importlinter", encoding="utf-8")
    return walls


def _pure() -> list[Path]:
    return [
        path
        for path in programs("src")
        if path.stem in {"model", "rules"} or path.parent.name == "rules"
    ]


def test_every_room_with_rules_is_under_a_plan() -> None:
    walls = _walls()
    planned = {
        container
        for contract in walls.sections()
        for container in walls[contract].get("containers", "").split()
    }
    rooms = {".".join(path.parts[1:-1]) for path in _pure() if path.parts[2] not in _NO_ROOMS}
    assert rooms <= planned


def test_models_and_rules_make_no_ids_and_take_only_their_type() -> None:
    allowed = {"uuid": {"UUID"}, "nagara.kernel.ids": {"parse_uuid7"}}
    made = [
        f"{path}:{node.lineno} {name}"
        for path, node, name in _taken()
        if node.module in allowed and name not in allowed[node.module]
    ]
    whole = [
        f"{path}:{node.lineno}"
        for path in _pure()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Import) and any(name.name == "uuid" for name in node.names)
    ]
    assert not made
    assert not whole


def test_models_and_rules_take_no_clock_chance_or_storage_through_a_door() -> None:
    taken = [
        f"{path}:{node.lineno} {name}"
        for path, node, name in _taken()
        if name in _IMPURE or f"{node.module}.{name}".startswith("nagara.storage")
    ]
    assert not taken


def _taken() -> list[tuple[Path, ast.ImportFrom, str]]:
    return [
        (path, node, name.name)
        for path in _pure()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    ]


def test_models_and_rules_open_nothing() -> None:
    opened = [
        f"{path}:{node.lineno}"
        for path in _pure()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call)
        and (dotted(node.func) in _OPENS or dotted(node.func).rpartition(".")[2] in _READS)
    ]
    assert not opened


def test_models_and_rules_are_plain_functions_that_wait_for_nothing() -> None:
    assert not [place for path in _pure() for place in _waiting(path)]


def _waiting(path: Path) -> list[str]:
    """Where a module waits; what a port asks of somebody else (a Protocol) is no waiting."""
    tree = syntax(path)
    ports = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(dotted(base) == "Protocol" for base in node.bases)
    ]
    asked = {inner for port in ports for inner in ast.walk(port)}
    return [
        f"{path}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await) and node not in asked
    ]


def test_only_the_unit_of_work_commits() -> None:
    committed = [
        f"{path}:{node.lineno}"
        for path in programs("src")
        if path.parts[2] != "storage"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert not committed


def test_no_model_in_the_house_can_be_changed_after_it_is_made() -> None:
    loose = [
        f"{path}:{node.lineno} {node.name}"
        for path in _pure()
        if path.stem == "model"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
        and not {"frozen=True", "slots=True"} <= _said(decorator)
    ]
    assert not loose


def _said(decorator: ast.expr) -> set[str]:
    if not isinstance(decorator, ast.Call):
        return set()
    return {f"{word.arg}={ast.unparse(word.value)}" for word in decorator.keywords}
