"""The repository as the tidy tests see it: its files by path, and its programs as syntax trees.

Files which are new and not yet added count too, so that an offence is seen before it is committed.
"""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Our own files with one of the suffixes (all, where none is given), without vendored ones.

    Paths are relative to the root of the repository.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = (Path(name) for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(
        path
        for path in paths
        if (not suffixes or path.suffix in suffixes)
        and "vendor" not in path.parts
        and (ROOT / path).is_file()
    )


@cache
def text(path: Path) -> str:
    """What is written in a file; empty for pictures, fonts and other bytes."""
    content = (ROOT / path).read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


@cache
def syntax(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text(path), filename=str(path))


def programs(top: str) -> tuple[Path, ...]:
    """The Python files below a folder of the root."""
    return tuple(path for path in files(".py") if path.parts[0] == top)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes; the tail alone where it starts with something else."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}".lstrip(".")
        case _:
            return ""
