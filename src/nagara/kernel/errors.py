"""What can go wrong, and whose turn it is.

A Refusal is the rules saying no: the caller must change something. A Fault is the world breaking
(disk, database, network): the same call may be tried again. An AssertionError is us: we stop.

Every class carries a number and a slug which never change once they stand in spec/codes.md. The
sentences for people live beside each room in `codes.toml` (Lao, Vietnamese, English); the HTTP
status is the web's business. Neither is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

Fact = str | int


class CodedError(Exception):
    """The root of every expected error: a stable code and the facts that its sentence needs.

    Facts are shown to the caller: they never hold a secret or somebody else's personal data.
    """

    code: ClassVar[int]
    slug: ClassVar[str]

    def __init__(self, **facts: Fact) -> None:
        super().__init__(", ".join(f"{name}={fact}" for name, fact in facts.items()))
        self.facts = facts
        self.beside: Mapping[str, object] = {}  # what the answer tells besides why

    def telling(self, **members: object) -> Self:
        """The same error, with members that its answer holds besides the reason."""
        self.beside = members
        return self

    @classmethod
    def kept(cls, slug: str, facts: Mapping[str, Fact]) -> CodedError:
        """An error that was written down by its slug and facts, made again."""
        families = [cls]
        for family in families:
            families.extend(family.__subclasses__())
        found = next(one for one in families if getattr(one, "slug", None) == slug)
        return found(**facts)

    def __str__(self) -> str:
        said = super().__str__()
        return f"{self.slug}: {said}" if said else self.slug


class Refusal(CodedError):
    """The rules say no. Trying again without a change gets the same answer."""


class Fault(CodedError):
    """The world broke. Trying again later, with the same id, is safe."""
