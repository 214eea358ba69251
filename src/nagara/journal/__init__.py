"""The journal: every command that changes something leaves a salted leaf, and gets a receipt.

Rooms above know this door. The sealing of leaves on the chain, and with it the inclusion proof in
each receipt, comes with the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from nagara.journal.model import FactKind, Leaf, Sign
from nagara.journal.rules import RECEIPT_TYPE, commitment
from nagara.storage import Unit

__all__ = ["RECEIPT_TYPE", "FactKind", "Journal", "Leaf", "Sign", "commitment"]


class Journal(Protocol):
    """What the journal does for the rooms above it; see nagara.journal.service."""

    def sign(self, id_: UUID, kind: FactKind, fact: bytes) -> tuple[Leaf, str]:
        """A leaf and a signed receipt for a fact in canonical JSON. Changes nothing yet."""

    def signing(self) -> Sign:
        """As `sign`, with the key of this moment: for the facts of one batch."""

    async def append(self, unit: Unit, leaves: Sequence[Leaf]) -> None:
        """Write leaves in the caller's transaction."""

    async def salt(self, unit: Unit, id_: UUID, kind: FactKind) -> str | None:
        """The salt which a receipt needs, or None when it was erased."""

    async def salts(self, unit: Unit, ids: Sequence[UUID], kind: FactKind) -> dict[UUID, str]:
        """The salts of many facts of a kind in one question; those erased are left out."""
