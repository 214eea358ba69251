"""The HTTP words of payments: paths, bodies, who may call. Shapes in wire; statuses are the web's.

Every handler proves the caller first, then bounds and types what came, then calls the service.
"""

from __future__ import annotations

from collections.abc import Callable

from litestar import Router, get
from litestar.di import NamedDependency, Provide

from nagara.payments import wire
from nagara.payments.api import accounts, codes, institutions, orders
from nagara.payments.api.callers import claims_of
from nagara.payments.api.contract import PLAIN
from nagara.payments.api.order_door import OrderDoor
from nagara.payments.live import LiveFeed
from nagara.payments.service import Payments

PATH = "/api/payments/v1"
ORDERS_PATH = f"{PATH}/orders"


@get("/country", operation_class=PLAIN)
async def country(
    payments: NamedDependency[Payments], demo: NamedDependency[bool]
) -> wire.CountryWords:
    """What a client must know of the country before anything else. Public."""
    profile = payments.around.profile
    participants = await payments.participants()
    money = profile.currency
    return wire.CountryWords(
        country=profile.country,
        network=profile.network,
        demo=demo,
        currency={
            "code": money.code,
            "numeric": money.numeric,
            "exponent": money.exponent,
            "symbol": money.symbol,
            "group_separator": money.group_separator,
            "decimal_separator": money.decimal_separator,
        },
        languages=list(profile.languages),
        participants=[wire.participant_words(one) for one in participants.values()],
        qr_scheme=profile.qr.scheme,
        utc_offset_minutes=profile.utc_offset_minutes,
    )


__all__ = ["ORDERS_PATH", "PATH", "OrderDoor", "routes"]


def routes(
    payments: Payments, feed: LiveFeed, count: Callable[[float], None], *, demo: bool
) -> list[Router]:
    """The routers of the room, with what their handlers ask for.

    `count` is told how long each order took to answer, in seconds.
    """
    dependencies = {
        "payments": Provide(lambda: payments, sync_to_thread=False),
        "feed": Provide(lambda: feed, sync_to_thread=False),
        "count": Provide(lambda: count, sync_to_thread=False),
        "demo": Provide(lambda: demo, sync_to_thread=False),
        "caller": Provide(claims_of, sync_to_thread=False),
    }
    handlers = [
        country,
        accounts.open_wallet,
        accounts.open_session,
        accounts.account_view,
        accounts.add_device,
        accounts.revoke_device,
        accounts.history,
        accounts.statement,
        accounts.events,
        codes.payee,
        codes.account_qr,
        codes.decode_text,
        codes.encode_code,
        orders.pay,
        orders.order_view,
        institutions.add_participant,
        institutions.open_account,
        institutions.deposit,
        institutions.withdraw,
        institutions.set_state,
        institutions.position,
    ]
    return [
        Router(PATH, route_handlers=handlers, dependencies=dependencies, tags=["payments"]),
        Router(
            "/",
            route_handlers=[institutions.token],
            dependencies=dependencies,
            tags=["institutions"],
        ),
    ]
