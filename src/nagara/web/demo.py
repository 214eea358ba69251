"""Conveniences of a demonstration: these handlers exist only where `demo` is on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from nagara.kernel.refusals import TooLarge
from nagara.keys import AccessClaims
from nagara.payments import wire
from nagara.payments.api.callers import Incoming, json_body, once, own_account
from nagara.payments.api.contract import taking
from nagara.payments.model import Movement
from nagara.payments.requests import check_id
from nagara.payments.service import Payments
from nagara.storage import Unit


class TopUp(Struct, forbid_unknown_fields=True):
    """A wish for made-up money."""

    id: UUID
    account: UUID
    amount_minor: Annotated[int, Meta(ge=1)]


@post("/demo/top-ups", operation_class=taking(TopUp))
async def top_up(
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> Response[bytes]:
    """Made-up money for the caller's own account, as if an agent had taken cash."""
    words, body = await json_body(request, TopUp)
    check_id(words.id, "id")
    account = own_account(caller, words.account)
    profile = payments.around.profile
    if words.amount_minor > profile.demo.top_up_minor:
        raise TooLarge(field="amount_minor", limit=profile.demo.top_up_minor)
    view = await payments.view(account)
    movement = Movement(
        words.id,
        view.party.participant,
        account,
        words.amount_minor,
        profile.currency.code,
        inward=True,
    )

    async def work(unit: Unit) -> Struct:
        receipt, salt = await payments.move(unit, movement)
        return wire.MovementDone(words.id, receipt, salt)

    return await once(payments, caller.subject, str(words.id), body, work)
