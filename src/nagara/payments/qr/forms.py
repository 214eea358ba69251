"""Forms of values, in the notation of EMV QRCPS Merchant-Presented Mode v1.1, section 4.2.

N is ASCII digits, ANS printable ASCII, S any characters of Unicode that may be shown. Lengths
count characters (code points), not bytes: section 4.2, format S.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nagara.payments.qr.refusals import CharacterForbidden, FieldWrong

# C0 and C1 controls, line and paragraph separators, marks that turn the direction of writing (a
# name could be shown otherwise than it is), surrogates, and the two that are no characters
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Form:
    """What a value may look like, and how that is said to a developer."""

    notation: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None

    def admits(self, value: str) -> bool:
        """Whether `value` is of this form."""
        if not self.pattern.fullmatch(value):
            return False
        return self.check is None or self.check(value)

    def require(self, field: str, value: str) -> str:
        """`value`, if it is of this form. Raises FieldWrong."""
        if not self.admits(value):
            raise FieldWrong(field=field, form=self.notation)
        return value


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def n(low: int, high: int | None = None) -> Form:
    """Digits: exactly `low`, or from `low` to `high`."""
    high = low if high is None else high
    return Form(f"N {_span(low, high)}", re.compile(f"[0-9]{{{low},{high}}}"))


def ans(low: int, high: int | None = None) -> Form:
    """Printable ASCII, the space included."""
    high = low if high is None else high
    return Form(f"ANS {_span(low, high)}", re.compile(f"[ -~]{{{low},{high}}}"))


def s(low: int, high: int) -> Form:
    """Any text that may be shown."""
    return Form(f"S {_span(low, high)}", re.compile(f".{{{low},{high}}}", re.DOTALL))


def matching(notation: str, pattern: str, check: Callable[[str], bool] | None = None) -> Form:
    """A form that the schemes state in their own way."""
    return Form(notation, re.compile(pattern), check)


def require_showable(text: str) -> None:
    """Raises CharacterForbidden at the first character that must not be in a payment code."""
    if found := _FORBIDDEN.search(text):
        raise CharacterForbidden(position=found.start() + 1)
