"""Wallets, sessions, accounts and their devices, history, statement and live events."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from nagara.kernel.instant import DAY, Instant
from nagara.kernel.refusals import Malformed, TooLarge, TooMany
from nagara.keys import AccessClaims
from nagara.ledger import AccountId
from nagara.payments import wire
from nagara.payments.api.callers import (
    Incoming,
    once,
    own_account,
    signed_body,
    signed_content,
)
from nagara.payments.api.contract import PLAIN, SIGNED
from nagara.payments.live import LISTENING_RETRY_SECONDS, LiveFeed
from nagara.payments.service import SESSION_SECONDS, Payments
from nagara.storage import Unit

PAGE_MAX: Final = 100
STATEMENT_LINES_MAX: Final = 10_000
_FAR: Final = Instant(4_102_444_800_000_000)  # 2100-01-01


@post("/wallets", operation_class=SIGNED)
async def open_wallet(request: Incoming, payments: NamedDependency[Payments]) -> Response[bytes]:
    """Open a wallet by the device that will hold it (nagara-wallet+jwt)."""
    token = await signed_body(request)
    opening, proved = payments.read_wallet(token)

    async def work(unit: Unit) -> Struct:
        addresses = await payments.open_wallet(unit, opening)
        return wire.wallet_opened(opening.party, addresses, payments.around.profile.currency.code)

    # the same wish, signed anew after a lost answer, is the same command
    content = msgspec.json.encode(opening)
    return await once(payments, proved.key.kid, str(opening.party.account), content, work)


@post("/sessions", operation_class=SIGNED)
async def open_session(request: Incoming, payments: NamedDependency[Payments]) -> wire.Session:
    """Exchange a signed request (nagara-session+jwt) for a session token."""
    token, account = await payments.open_session(await signed_body(request))
    return wire.Session(token, SESSION_SECONDS, account)


@get("/accounts/{account:uuid}", operation_class=PLAIN)
async def account_view(
    account: FromPath[UUID],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> wire.AccountWords:
    """The caller's own account."""
    view = await payments.view(own_account(caller, account))
    owner = (await payments.participants())[view.party.participant]
    around = payments.around
    return wire.account_words(view, owner, around.profile, around.clock.now())


@post("/accounts/{account:uuid}/devices", operation_class=SIGNED)
async def add_device(
    account: FromPath[UUID], request: Incoming, payments: NamedDependency[Payments]
) -> Response[bytes]:
    """Add a device by another of the account (nagara-device+jwt)."""
    return await _change_device(account, request, payments, revoke=False)


@post("/accounts/{account:uuid}/revocations", operation_class=SIGNED)
async def revoke_device(
    account: FromPath[UUID], request: Incoming, payments: NamedDependency[Payments]
) -> Response[bytes]:
    """Revoke a device by another of the account, or by itself (nagara-device+jwt)."""
    return await _change_device(account, request, payments, revoke=True)


async def _change_device(
    account: FromPath[UUID], request: Incoming, payments: Payments, *, revoke: bool
) -> Response[bytes]:
    token = await signed_body(request)
    words, proved = payments.read_device(token, AccountId(account), revoke=revoke)

    async def work(unit: Unit) -> Struct:
        return wire.DeviceChanged(await payments.change_device(unit, words, proved))

    key = str(words.jti)
    return await once(payments, proved.key.kid, key, signed_content(token), work)


@get("/accounts/{account:uuid}/payments", operation_class=PLAIN)
async def history(
    account: FromPath[UUID],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
    before: Annotated[int | None, QueryParameter(ge=0, le=_FAR.micros)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = 50,
) -> wire.History:
    """What changed the balance, newest first; `next` is the cursor of the page after this."""
    own = own_account(caller, account)
    end = _FAR if before is None else Instant(before)
    told = await payments.history(own, Instant(0), end, limit)
    currency = payments.around.profile.currency.code
    cursor = str(told[-1].line.at.micros) if len(told) == limit else None
    return wire.History([wire.item(one, currency) for one in told], cursor)


@get("/accounts/{account:uuid}/statement", operation_class=PLAIN)
async def statement(
    account: FromPath[UUID],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
    first: Annotated[str, QueryParameter(name="from", pattern=r"^\d{4}-\d\d-\d\d$")],
    last: Annotated[str, QueryParameter(name="to", pattern=r"^\d{4}-\d\d-\d\d$")],
) -> Response[str]:
    """The statement of local days `from` to `to`, both included, as CSV."""
    own = own_account(caller, account)
    offset = payments.around.profile.utc_offset_minutes
    since = _local_midnight(first, offset, "from")
    end = Instant(_local_midnight(last, offset, "to").micros + DAY)
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(wire.STATEMENT_COLUMNS)
    currency = payments.around.profile.currency.code
    for _ in range(STATEMENT_LINES_MAX // PAGE_MAX):
        told = await payments.history(own, since, end, PAGE_MAX)
        sheet.writerows(wire.statement_row(wire.item(one, currency)) for one in told)
        if len(told) < PAGE_MAX:
            break
        end = told[-1].line.at
    else:
        raise TooLarge(field="statement", limit=STATEMENT_LINES_MAX)
    disposition = f'attachment; filename="statement-{first}-{last}.csv"'
    return Response(
        out.getvalue(),
        media_type="text/csv",
        headers={"content-disposition": disposition},
    )


@get("/accounts/{account:uuid}/events", operation_class=PLAIN)
async def events(
    account: FromPath[UUID],
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
    feed: NamedDependency[LiveFeed],
) -> Stream:
    """What comes in, as it comes (text/event-stream); `Last-Event-ID` resumes."""
    own = own_account(caller, account)
    if not feed.has_room(own):  # once the answer has begun it cannot be a refusal any more
        raise TooMany(retry_after_seconds=LISTENING_RETRY_SECONDS)
    seen = request.headers.get("last-event-id", "")
    after = Instant(int(seen)) if seen.isdecimal() and len(seen) < 17 else None
    after = after or payments.around.clock.now()
    until = caller.expires_at
    currency = payments.around.profile.currency.code

    async def told() -> AsyncIterator[bytes]:
        yield b": here\n\n"
        async for one in feed.listen(own, after):
            if payments.around.clock.now() >= until:
                return  # the client comes back with a fresh token, and hears this one then
            if one is None:
                yield b": still here\n\n"
            else:
                data = msgspec.json.encode(wire.item(one, currency))
                yield b"event: payment\nid: %d\ndata: %s\n\n" % (one.line.at.micros, data)

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(told(), media_type="text/event-stream", headers=headers)


def _local_midnight(day: str, offset_minutes: int, field: str) -> Instant:
    try:
        midnight = Instant.parse(f"{day}T00:00:00Z")
    except ValueError:
        raise Malformed(field=field, reason="not a day of the calendar") from None
    return midnight.plus_seconds(-offset_minutes * 60)
