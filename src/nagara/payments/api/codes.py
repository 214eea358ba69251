"""Payment codes, and confirmation of payee: who would get the money."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from nagara.kernel.canonical import JSON_INT_MAX
from nagara.kernel.refusals import Forbidden, Malformed
from nagara.keys import AccessClaims
from nagara.payments import wire
from nagara.payments.api.callers import Incoming, json_body, own_account
from nagara.payments.api.contract import PLAIN, taking
from nagara.payments.model import HOLDER, PARTICIPANT
from nagara.payments.orders.model import REFERENCE_CHARS_MAX
from nagara.payments.qr import decode, encode
from nagara.payments.qr.images import png, svg
from nagara.payments.service import Payments

_TEXT_MAX: Final = 1024


@post("/payees", status_code=200, operation_class=taking(wire.PayeeQuestion))
async def payee(
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> wire.PayeeWords:
    """Confirmation of payee: the name behind an address or a code, before anything is paid."""
    if not {HOLDER, PARTICIPANT} & set(caller.scope):
        raise Forbidden(reason="only those who can pay may ask for names")
    question, _ = await json_body(request, wire.PayeeQuestion)
    if (question.address is None) == (question.qr is None):
        raise Malformed(field="body", reason="one of address and qr")
    code = None if question.qr is None else decode(question.qr, payments.currencies)
    if code is None:
        address = payments.typed_address(question.address or "")
    else:
        address = payments.scanned_address(code)
    found = await payments.look_up(caller.subject, address)
    owner = (await payments.participants())[found.participant]
    return wire.payee_words(found, owner, code, payments.around.profile.currency.code)


@get("/accounts/{account:uuid}/qr", operation_class=PLAIN)
async def account_qr(
    account: FromPath[UUID],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
    amount_minor: Annotated[int | None, QueryParameter(ge=1, le=JSON_INT_MAX)] = None,
    reference: Annotated[str | None, QueryParameter(max_length=REFERENCE_CHARS_MAX)] = None,
) -> wire.AccountQr:
    """The code which pays into the caller's account: for many payers, or for one amount."""
    view = await payments.view(own_account(caller, account))
    text = payments.code_for(view.party, amount_minor, reference)
    return wire.AccountQr(text, svg(text, title=view.party.name))


@post("/qr/decode", status_code=200, operation_class=taking(wire.CodeText))
async def decode_text(request: Incoming, payments: NamedDependency[Payments]) -> wire.CodeWords:
    """What a scanned text says. Public; the text is bounded."""
    question, _ = await json_body(request, wire.CodeText)
    return wire.code_words(decode(question.text, payments.currencies))


@post("/qr/encode", status_code=200, operation_class=taking(wire.CodeWords))
async def encode_code(request: Incoming, payments: NamedDependency[Payments]) -> Response[Any]:
    """A code from its fields: as text, or as a picture by the Accept header. Public."""
    words, _ = await json_body(request, wire.CodeWords)
    text = encode(wire.code_of(words), payments.currencies)
    accept = request.headers.get("accept", "")
    if "image/svg+xml" in accept:
        return Response(svg(text, title=words.name or words.scheme), media_type="image/svg+xml")
    if "image/png" in accept:
        return Response(png(text), media_type="image/png")
    return Response(wire.CodeText(text), media_type="application/json")
