"""Coded errors: a stable code, the facts, and nothing that gives away more."""

from __future__ import annotations

import pytest

from nagara.kernel.errors import CodedError, Fault, Refusal
from nagara.kernel.refusals import Malformed, NotFound, Unavailable


def test_an_error_says_its_slug_and_its_facts() -> None:
    error = Malformed(field="amount", reason="not a number")
    assert str(error) == "kernel.malformed: field=amount, reason=not a number"
    assert error.facts == {"field": "amount", "reason": "not a number"}


def test_an_error_without_facts_says_its_slug_alone() -> None:
    assert str(NotFound()) == "kernel.not_found"


def test_a_refusal_is_not_a_fault_and_a_fault_is_no_refusal() -> None:
    assert issubclass(Malformed, Refusal)
    assert not issubclass(Malformed, Fault)
    assert issubclass(Unavailable, Fault)
    assert not issubclass(Unavailable, Refusal)


def test_an_error_takes_facts_by_name_only() -> None:
    with pytest.raises(TypeError):
        Malformed("amount")  # type: ignore[call-arg]


def test_every_error_can_be_caught_as_one_kind() -> None:
    with pytest.raises(CodedError):
        raise Unavailable(reason="disk")
