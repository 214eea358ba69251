"""The leaves in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from nagara.journal.model import FactKind, Leaf
from nagara.storage import Byteas, Texts, Unit, Uuids, load_queries

_SQL = load_queries("nagara.journal")


class PostgresLeaves:
    """Append-only; nothing here changes a leaf."""

    async def append(self, unit: Unit, leaves: Sequence[Leaf]) -> None:
        """Write leaves in the caller's transaction."""
        await unit.connection.execute(
            _SQL["append"],
            {
                "ids": Uuids([leaf.id for leaf in leaves]),
                "kinds": Texts([leaf.kind for leaf in leaves]),
                "salts": Byteas([leaf.salt for leaf in leaves]),
                "commitments": Byteas([leaf.commitment for leaf in leaves]),
            },
        )

    async def leaf(self, unit: Unit, id_: UUID, kind: FactKind) -> Leaf | None:
        """One leaf, or None; an erased one too is None, since it proves nothing."""
        cursor = await unit.connection.execute(_SQL["leaf"], {"id": id_, "kind": kind.value})
        row = await cursor.fetchone()
        if row is None or row[2] is None:
            return None
        return Leaf(row[0], FactKind(row[1]), row[2], row[3])

    async def salts(self, unit: Unit, ids: Sequence[UUID], kind: FactKind) -> dict[UUID, bytes]:
        """The salts of leaves of a kind; those erased are left out."""
        cursor = await unit.connection.execute(
            _SQL["salts"], {"ids": Uuids(ids), "kind": kind.value}
        )
        return {row[0]: row[1] for row in await cursor.fetchall()}
