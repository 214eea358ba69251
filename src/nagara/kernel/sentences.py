"""The sentences for people: what happened, why, and who must do what.

They live in the file `codes.toml` of the package whose refusal it is, under its slug, in each
language. A refusal finds them by the place of its own class, so that no list of rooms is kept.
Spec: spec/codes.md, which is made from these files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from nagara.kernel.errors import CodedError, Fact

LANGUAGES: Final = ("en", "lo", "vi")
ACTORS: Final = frozenset({"payer", "payee", "caller", "institution", "operator"})
_FILE: Final = "codes.toml"
_PARTS: Final = ("what", "why", "do")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One refusal in one language. `who` is the word of ACTORS whose turn it is."""

    what: str
    why: str
    do: str
    who: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What `codes.toml` holds for one slug; the texts by language, their facts still in braces."""

    code: int
    slug: str
    texts: Mapping[str, Sentence]


class _Facts(dict[str, Fact]):
    def __missing__(self, name: str) -> str:
        return "…"  # a person in trouble gets a gap in a sentence, never a second error


@lru_cache(maxsize=256)
def entries(package: str) -> Mapping[str, Entry]:
    """The entries of one package by slug; empty where the package has no `codes.toml`.

    Raises KeyError where an entry lacks a language or a part, for the tests to see.
    """
    file = resources.files(package).joinpath(_FILE)
    if not file.is_file():
        return {}
    found = {}
    for table in tomllib.loads(file.read_text("utf-8")).values():
        texts = {
            language: Sentence(who=table["who"], **{p: table[language][p] for p in _PARTS})
            for language in LANGUAGES
        }
        found[table["slug"]] = Entry(table["code"], table["slug"], texts)
    return found


def entry(kind: type[CodedError]) -> Entry:
    """The entry of a class of error: in its own package, or the nearest one around it.

    Raises LookupError where there is none, which is our mistake and not the caller's.
    """
    package = kind.__module__
    while "." in package:
        package = package.rpartition(".")[0]
        if kind.slug in (known := entries(package)):
            return known[kind.slug]
    raise LookupError(f"no sentences for {kind.slug} around {kind.__module__}")


def sentence(error: CodedError, language: str) -> Sentence:
    """The sentence of an error with its facts, in `language`, or in English where unknown."""
    texts = entry(type(error)).texts
    raw = texts.get(language, texts["en"])
    facts = _Facts(error.facts)
    return Sentence(
        what=raw.what.format_map(facts),
        why=raw.why.format_map(facts),
        do=raw.do.format_map(facts),
        who=raw.who,
    )
