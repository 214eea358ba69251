"""Whatever goes wrong, a person is told in their own language what, why, and who must do what."""

from __future__ import annotations

import importlib
import pkgutil
import re
from string import Formatter
from typing import Final

import pytest

import nagara
from nagara.kernel.errors import CodedError, Fault, Refusal
from nagara.kernel.refusals import Forbidden, KeyReused, TooLarge
from nagara.kernel.sentences import ACTORS, LANGUAGES, Sentence, entries, entry, sentence

_FACTS: Final = re.compile(r"Facts: ([a-z0-9_, ]+)\.")


class _Unwritten(Refusal):
    code, slug = 1999, "kernel.unwritten"


def _classes() -> list[type[CodedError]]:
    """Every coded error of nagara, found by importing all modules called refusals or errors."""
    for module in pkgutil.walk_packages(nagara.__path__, "nagara."):
        if module.name.rpartition(".")[2] in {"refusals", "errors", "faults"}:
            importlib.import_module(module.name)
    found: list[type[CodedError]] = []
    waiting = [Refusal, Fault]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.startswith("nagara."):
            found.append(kind)
    return sorted(found, key=lambda kind: (kind.code, kind.__qualname__))


def _placeholders(said: Sentence) -> set[str]:
    parts = (said.what, said.why, said.do)
    return {name for part in parts for _, name, _, _ in Formatter().parse(part) if name is not None}


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.slug)
def test_every_refusal_and_fault_has_its_sentences_under_its_code_and_slug(
    kind: type[CodedError],
) -> None:
    said = entry(kind)
    assert (said.code, said.slug) == (kind.code, kind.slug)
    assert set(said.texts) == set(LANGUAGES)
    assert {text.who for text in said.texts.values()} <= ACTORS


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.slug)
def test_a_sentence_uses_only_facts_which_its_class_names(kind: type[CodedError]) -> None:
    named = _FACTS.search(" ".join((kind.__doc__ or "").split()))
    facts = set(re.split(r"[, ]+", named.group(1))) if named else set()
    for text in entry(kind).texts.values():
        assert _placeholders(text) <= facts


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.slug)
def test_every_sentence_is_whole_in_every_language(kind: type[CodedError]) -> None:
    for text in entry(kind).texts.values():
        for part in (text.what, text.why, text.do):
            assert part.strip() == part
            assert part.endswith((".", "?"))


def test_no_two_refusals_share_a_code_or_a_slug() -> None:
    kinds = _classes()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.slug for kind in kinds}) == len(kinds)


def test_a_sentence_holds_the_facts_in_the_language_that_was_asked_for() -> None:
    error = TooLarge(field="note", limit=140)
    assert sentence(error, "en").why == "note may be 140 at most."
    assert sentence(error, "vi").why == "note tối đa là 140."
    assert sentence(error, "lo").why.endswith("140.")
    assert sentence(error, "en").who == "caller"


def test_a_language_which_nobody_wrote_is_answered_in_english() -> None:
    assert sentence(KeyReused(), "fr") == sentence(KeyReused(), "en")


def test_a_fact_which_was_forgotten_leaves_a_gap_and_no_second_error() -> None:
    assert sentence(Forbidden(), "en").why == "…."


def test_braces_in_a_fact_are_only_text() -> None:
    assert sentence(Forbidden(reason="{limit} {0}"), "en").why == "{limit} {0}."


def test_a_refusal_without_sentences_is_our_mistake_and_says_so() -> None:
    with pytest.raises(LookupError):
        entry(_Unwritten)


def test_a_package_without_sentences_has_none() -> None:
    assert entries("nagara.cli") == {}
