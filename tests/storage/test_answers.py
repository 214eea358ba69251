"""The same key gets the same answer, once, however often and however parallel it is asked."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from nagara.kernel.instant import DAY, Instant
from nagara.kernel.refusals import KeyReused
from nagara.storage import Database, Unit, answers
from nagara.storage.answers import Answer, Question

_NOW = Instant(1_800_000_000_000_000)


def _question(principal: str = "bank", key: str = "k", body: bytes = b"{}") -> Question:
    return Question(principal, key, hashlib.sha256(body).digest())


async def _ask(database: Database, question: Question, answer: Answer) -> Answer:
    async def work(unit: Unit) -> Answer:
        before = await answers.recall(unit, question)
        if before is not None:
            return before
        await answers.remember(unit, question, answer, _NOW)
        return answer

    return await database.run(work)


async def test_the_second_time_gets_the_first_answer(database: Database) -> None:
    first = await _ask(database, _question(), Answer(201, b"one"))
    assert await _ask(database, _question(), Answer(201, b"two")) == first


async def test_another_body_under_the_same_key_is_refused(database: Database) -> None:
    await _ask(database, _question(), Answer(201, b"one"))
    with pytest.raises(KeyReused):
        await _ask(database, _question(body=b"{ }"), Answer(201, b"two"))


async def test_two_callers_may_use_the_same_key(database: Database) -> None:
    await _ask(database, _question("bank"), Answer(201, b"one"))
    other = Answer(201, b"two")
    assert await _ask(database, _question("wallet"), other) == other


async def test_twenty_at_once_get_one_answer(database: Database) -> None:
    given = await asyncio.gather(
        *(_ask(database, _question(), Answer(201, b"%d" % n)) for n in range(20))
    )
    assert len(set(given)) == 1


async def test_an_answer_is_forgotten_after_seven_days_and_not_before(database: Database) -> None:
    await _ask(database, _question(), Answer(201, b"one"))
    for after, left in ((7 * DAY, 0), (7 * DAY + 1, 1)):
        now = Instant(_NOW.micros + after)

        async def work(unit: Unit, now: Instant = now) -> int:
            return await answers.forget(unit, now)

        assert await database.run(work) == left
