"""Whoever dribbles a body, or listens for hours, does not keep others out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nagara.cli.children import OPEN_REQUESTS_MAX
from nagara.kernel.refusals import Malformed
from nagara.payments.live import LISTENERS_MAX
from nagara.web.pace import Paced
from tests.web.api.people import Town


def a_piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def paced(sent: asyncio.Queue[Any], seconds: float) -> Paced:
    return Paced(sent.get, seconds)


async def test_a_body_that_does_not_end_in_time_is_refused() -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    sent.put_nowait(a_piece(b"abc", more=True))
    receive = paced(sent, 0.05)
    await receive()
    with pytest.raises(Malformed):
        await receive()


async def test_waiting_after_a_whole_body_has_no_end() -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    sent.put_nowait(a_piece(b"abc", more=False))
    receive = paced(sent, 0.0)
    await receive()
    waiting = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    sent.put_nowait({"type": "http.disconnect"})
    assert (await waiting)["type"] == "http.disconnect"


def test_all_who_listen_leave_room_for_those_who_pay() -> None:
    assert OPEN_REQUESTS_MAX >= 2 * LISTENERS_MAX


async def test_personal_answers_are_not_kept_by_anybody(town: Town) -> None:
    holder = await town.person(10)
    for path in ("", "/payments", "/qr"):
        answer = await holder.read(f"/accounts/{holder.account}{path}")
        assert answer.headers["cache-control"] == "no-store", path
