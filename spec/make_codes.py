"""Writes spec/codes.md: every code that a refusal or a fault may carry, with its English sentences.

The sentences live in the rooms (`codes.toml`), where they are changed together with the rule that
says no. `make codes` runs this; tests/tidy/test_codes.py holds the page to what is made here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_ROOMS: Final = ROOT / "src/nagara"
PAGE: Final = ROOT / "spec/codes.md"
_OPENING: Final = """\
# Codes

Made by `make codes` from the `codes.toml` of each room. Do not edit it here.

A **refusal** is the rules saying no: the same call gets the same answer until the caller changes
something. A **fault** is the world breaking: nothing was changed, and the same call with the same
id may be sent again. A code and its slug never change their meaning and are never used again.
Words in braces are facts, which the problem details (RFC 9457) carry beside the sentences.
The HTTP status is the web's business and is not part of a code.

Lao and Vietnamese stand beside the English in each `codes.toml`: `what` happened, `why`, and
what to `do`, by the one in the column *who*.
"""
_HEAD: Final = """\
| code | slug | who | what | why | do |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code as it stands in a room's file."""

    room: str
    code: int
    slug: str
    who: str
    what: str
    why: str
    do: str

    def row(self) -> str:
        """A row of the table of its room."""
        cells = (str(self.code), f"`{self.slug}`", self.who, self.what, self.why, self.do)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def entries() -> list[Entry]:
    """Every code of every room, by code. Raises KeyError where a file is not complete."""
    found = []
    for file in sorted(_ROOMS.rglob("codes.toml")):
        room = ".".join(file.relative_to(_ROOMS).parent.parts)
        for entry in tomllib.loads(file.read_text("utf-8")).values():
            said = entry["en"]
            head = (room, entry["code"], entry["slug"], entry["who"])
            found.append(Entry(*head, said["what"], said["why"], said["do"]))
    return sorted(found, key=lambda entry: entry.code)


def page() -> str:
    """The whole page as Markdown."""
    parts, room = [_OPENING], ""
    for entry in entries():
        if entry.room != room:
            room = entry.room
            parts.append(f"\n## {room}\n\n{_HEAD}")
        parts.append(entry.row() + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
