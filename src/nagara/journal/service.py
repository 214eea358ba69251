"""Facts in, leaves and signed receipts out; all inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from nagara.journal import rules
from nagara.journal.model import SALT_SIZE, FactKind, Leaf, Sign
from nagara.keys import CompactSigner, base64url, random_bytes
from nagara.storage import Unit


class Leaves(Protocol):
    """What the service needs of its store; see store.PostgresLeaves."""

    async def append(self, unit: Unit, leaves: Sequence[Leaf]) -> None: ...
    async def leaf(self, unit: Unit, id_: UUID, kind: FactKind) -> Leaf | None: ...
    async def salts(self, unit: Unit, ids: Sequence[UUID], kind: FactKind) -> dict[UUID, bytes]: ...


class JournalService:
    """The journal of one country, as nagara.journal.Journal promises it."""

    def __init__(self, leaves: Leaves, signer: Callable[[], CompactSigner]) -> None:
        self._leaves = leaves
        self._signer = signer

    def sign(self, id_: UUID, kind: FactKind, fact: bytes) -> tuple[Leaf, str]:
        """A leaf for the fact, and the receipt that the country signs for it."""
        return self.signing()(id_, kind, fact)

    def signing(self) -> Sign:
        """As `sign`, with the key of this moment: for the facts of one batch."""
        signer = self._signer()

        def sign(id_: UUID, kind: FactKind, fact: bytes) -> tuple[Leaf, str]:
            made = rules.leaf(id_, kind, fact, random_bytes(SALT_SIZE))
            return made, signer.sign(rules.receipt_payload(fact, made))

        return sign

    async def append(self, unit: Unit, leaves: Sequence[Leaf]) -> None:
        """Write leaves with the caller's rows, or not at all."""
        await self._leaves.append(unit, leaves)

    async def salt(self, unit: Unit, id_: UUID, kind: FactKind) -> str | None:
        """The salt of a fact in base64url, which its receipt needs; None when erased."""
        found = await self._leaves.leaf(unit, id_, kind)
        return None if found is None else base64url(found.salt).decode()

    async def salts(self, unit: Unit, ids: Sequence[UUID], kind: FactKind) -> dict[UUID, str]:
        """The salts of many facts of a kind in one question; those erased are left out."""
        found = await self._leaves.salts(unit, ids, kind)
        return {id_: base64url(salt).decode() for id_, salt in found.items()}
