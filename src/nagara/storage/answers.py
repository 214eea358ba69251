"""Idempotency of POSTs: the same key with the same body gets the same answer, for seven days.

The answer is written in the transaction of the change which it tells of, so there is never one
without the other. Two requests with one key at the same time collide on the primary key; the
loser's `Database.run` starts again and recalls the winner's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nagara.kernel.instant import DAY, Instant
from nagara.kernel.refusals import KeyReused
from nagara.storage.database import Unit
from nagara.storage.queries import load_queries

DAYS_KEPT: Final = 7
FORGET_ROWS_MAX: Final = 5_000
_SQL: Final = load_queries("nagara.storage")


@dataclass(frozen=True, slots=True)
class Question:
    """A POST as far as repetition goes: who asked under which key, and the body's SHA-256."""

    principal: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the HTTP status and the body's bytes."""

    status: int
    body: bytes


async def recall(unit: Unit, question: Question) -> Answer | None:
    """The answer given before, if any. Raises KeyReused where the body was another."""
    found = await unit.connection.execute(
        _SQL["recall"], {"principal": question.principal, "key": question.key}
    )
    row = await found.fetchone()
    if row is None:
        return None
    body_sha256, status, body = row
    if body_sha256 != question.body_sha256:
        raise KeyReused
    return Answer(status, body)


async def remember(unit: Unit, question: Question, answer: Answer, at: Instant) -> None:
    """Keep the answer with the change. A key used meanwhile makes the unit Contended."""
    await unit.connection.execute(
        _SQL["remember"],
        {
            "principal": question.principal,
            "key": question.key,
            "body_sha256": question.body_sha256,
            "status": answer.status,
            "body": answer.body,
            "at": at,
        },
    )


async def forget(unit: Unit, now: Instant) -> int:
    """Drop some of the answers which are older than DAYS_KEPT; how many."""
    before = Instant(now.micros - DAYS_KEPT * DAY)
    done = await unit.connection.execute(
        _SQL["forget"], {"before": before, "limit": FORGET_ROWS_MAX}
    )
    return done.rowcount
