"""The nouns of the journal: a fact, and the salted leaf which stands for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

SALT_SIZE: Final = 32  # bytes; hides facts that could be guessed


class FactKind(StrEnum):
    """What a fact tells of. The word is part of the commitment and never changes."""

    PAYMENT = "payment"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    ACCOUNT = "account"
    DEVICE = "device"
    PARTICIPANT = "participant"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the journal keeps of a fact: enough to prove it, nothing that tells it.

    `commitment` binds kind, salt and the fact's digest. Without the salt it proves nothing:
    erasing the salt is forgetting the fact.
    """

    id: UUID
    kind: FactKind
    salt: bytes
    commitment: bytes


Sign = Callable[[UUID, FactKind, bytes], tuple[Leaf, str]]
"""Makes a fact's leaf and its signed receipt."""
