"""Paying, and asking how an order ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from nagara.kernel.errors import CodedError
from nagara.kernel.refusals import NotFound
from nagara.keys import AccessClaims
from nagara.payments import wire
from nagara.payments.api.callers import Incoming, signed_body
from nagara.payments.api.contract import PLAIN, SIGNED
from nagara.payments.model import HOLDER, PARTICIPANT
from nagara.payments.orders.model import OrderId, OrderState
from nagara.payments.requests import signed_order
from nagara.payments.service import Payments

_encode: Final = msgspec.json.Encoder().encode


@get("/orders/{order:uuid}", operation_class=PLAIN)
async def order_view(
    order: FromPath[UUID],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> wire.OrderAnswer:
    """A decided order and its receipt, for its payer, its payee and their participants."""
    decided = await payments.order(OrderId(order))
    said = signed_order(decided.settled.signed)
    sides = {str(said.payer), str(said.payee)}
    if HOLDER in caller.scope and caller.subject in sides:
        return wire.order_answer(decided, said)
    if PARTICIPANT in caller.scope:
        async with payments.around.database.read() as unit:
            parties = await payments.directory.parties(unit, [said.payer, said.payee])
        if any(party.participant == caller.subject for party in parties.values()):
            return wire.order_answer(decided, said)
    raise NotFound(what="order")


@post("/orders", operation_class=SIGNED)
async def pay(
    request: Incoming,
    payments: NamedDependency[Payments],
    count: NamedDependency[Callable[[float], None]],
) -> Response[bytes]:
    """Pay: a signed order (nagara-order+jwt) in, its final state and receipt out.

    In a country that is up, `order_door` takes these requests before the framework does; this
    handler states them in the contract, and answers where the application is mounted alone.
    """
    started = time.perf_counter()
    body = await paid(payments, await signed_body(request))
    count(time.perf_counter() - started)
    return Response(body, status_code=201, media_type="application/json")


async def paid(payments: Payments, token: str) -> bytes:
    """The answer to an order that was posted; any other end is raised, with the order beside it."""
    signed, decided = await payments.pay(token)
    answer = wire.order_answer(decided, signed.order)
    settled = decided.settled
    if settled.state is not OrderState.POSTED:
        assert settled.refusal is not None
        refusal = CodedError.kept(settled.refusal.slug, settled.refusal.facts)
        raise refusal.telling(order=msgspec.to_builtins(answer))
    return _encode(answer)
