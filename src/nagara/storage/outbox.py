"""The outbox: messages which leave with the transaction that caused them, and later.

At least once, in order per topic. A handler works in one transaction with the removal of its
message, so what it writes to this database happens once. A message which fails keeps the ones
behind it waiting, until it is parked after ATTEMPTS_MAX tries, where health shows it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from nagara.storage.arrays import Bigints, Texts
from nagara.storage.database import Unit
from nagara.storage.queries import load_queries

ATTEMPTS_MAX: Final = 12  # about an hour and a half, the pauses below added up
PAUSE_SECONDS_MAX: Final = 1_800
ERROR_CHARS_MAX: Final = 300
_SQL: Final = load_queries("nagara.storage")


@dataclass(frozen=True, slots=True)
class Message:
    """One row, locked by the unit which took it. `attempts` counts the failed ones before."""

    id: int
    payload: Any
    attempts: int


@dataclass(frozen=True, slots=True)
class State:
    """For health: messages waiting, messages parked, age of the oldest waiting one."""

    waiting: int
    parked: int
    oldest_seconds: int


async def put(unit: Unit, topic: str, payload: object) -> None:
    """One message: anything that msgspec can write as JSON."""
    await unit.connection.execute(_SQL["put"], {"topic": topic, "payload": Jsonb(payload)})


async def put_many(unit: Unit, topic: str, payloads: Sequence[object]) -> None:
    """The messages of a batch, in their order, in one statement."""
    if payloads:
        texts = Texts([msgspec.json.encode(payload).decode() for payload in payloads])
        await unit.connection.execute(_SQL["put_many"], {"topic": topic, "payloads": texts})


async def topics_waiting(unit: Unit, topics: Sequence[str]) -> list[str]:
    """Those of the topics which have a message to hand on now."""
    found = await unit.connection.execute(_SQL["waiting"], {"topics": Texts(topics)})
    return [topic for (topic,) in await found.fetchall()]


async def take(unit: Unit, topic: str, messages_max: int) -> list[Message]:
    """The oldest messages of a topic, locked; none while the first must wait for its next try.

    Oldest of those which are committed: two units that run at once may commit in either order.
    """
    found = await unit.connection.execute(
        _SQL["head"], {"topic": topic, "messages_max": messages_max}
    )
    ready = itertools.takewhile(lambda row: row[3], await found.fetchall())
    return [Message(id_, payload, attempts) for id_, payload, attempts, _ in ready]


async def done(unit: Unit, messages: Sequence[Message]) -> None:
    """Remove messages which were handed on."""
    ids = Bigints([message.id for message in messages])
    await unit.connection.execute(_SQL["done"], {"ids": ids})


async def postpone(unit: Unit, message: Message, error: str) -> None:
    """Keep a message which failed for a later try, or park it."""
    await unit.connection.execute(
        _SQL["postpone"],
        {
            "id": message.id,
            "error": error[:ERROR_CHARS_MAX],
            "seconds": min(2**message.attempts, PAUSE_SECONDS_MAX),
            "park": message.attempts + 1 >= ATTEMPTS_MAX,
        },
    )


async def release_parked(unit: Unit, topic: str) -> int:
    """Send the parked messages of a topic on their way again; how many."""
    return (await unit.connection.execute(_SQL["release_parked"], {"topic": topic})).rowcount


async def state(unit: Unit) -> State:
    """How full the outbox is."""
    found = await unit.connection.execute(_SQL["outbox_state"])
    row = await found.fetchone()
    assert row is not None
    return State(*row)
