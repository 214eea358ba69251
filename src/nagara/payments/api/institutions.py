"""What institutions' programs and operators may do: participants, accounts, money in and out."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from nagara.kernel.refusals import Forbidden, Malformed
from nagara.keys import AccessClaims, PublicKey
from nagara.ledger import AccountId, AccountState
from nagara.payments import wire
from nagara.payments.api.callers import Incoming, form_body, json_body, once, own_participant
from nagara.payments.api.contract import FORM, PLAIN, taking
from nagara.payments.directory.model import (
    Participant,
    ParticipantCode,
    ParticipantKind,
    Party,
    PartyKind,
)
from nagara.payments.directory.rules import name
from nagara.payments.directory.service import Opening
from nagara.payments.model import OPERATOR, PARTICIPANT, Movement
from nagara.payments.requests import check_id
from nagara.payments.service import SESSION_SECONDS, Payments
from nagara.storage import Unit

_STATES: Final = {
    "active": AccountState.OPEN,
    "frozen": AccountState.FROZEN,
    "closed": AccountState.CLOSED,
}
_FORM_SIZE_MAX: Final = 8_192
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@post("/oauth/token", operation_class=FORM)
async def token(request: Incoming, payments: NamedDependency[Payments]) -> Response[dict[str, Any]]:
    """A short-lived token for an institution's program: client_credentials with private_key_jwt.

    RFC 6749 section 4.4, RFC 7523 section 2.2. No shared secret is ever accepted.
    """
    form = await form_body(request, _FORM_SIZE_MAX)
    if form.get("grant_type") != "client_credentials":
        raise Malformed(field="grant_type", reason="client_credentials is the one there is")
    if form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise Malformed(field="client_assertion_type", reason=f"it is {_ASSERTION_TYPE}")
    granted = await payments.grant_token(form.get("client_assertion", ""), form.get("scope", ""))
    body = {
        "access_token": granted,
        "token_type": "Bearer",
        "expires_in": SESSION_SECONDS,
        "scope": PARTICIPANT,
    }
    return Response(body, status_code=200, headers={"cache-control": "no-store"})


@post("/participants", operation_class=taking(wire.NewParticipant))
async def add_participant(
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> Response[bytes]:
    """Admit an institution. Operators only."""
    if OPERATOR not in caller.scope:
        raise Forbidden(reason="only an operator admits institutions")
    words, body = await json_body(request, wire.NewParticipant)
    check_id(words.id, "id")
    for jwk in words.jwks:
        PublicKey.from_jwk(dict(jwk))
    new = Participant(
        ParticipantCode(words.code),
        ParticipantKind[words.kind.upper()],
        {language: name(text) for language, text in words.name.items()},
        words.open_to_public,
        AccountId(words.id),
        words.acquirer,
        tuple(dict(jwk) for jwk in words.jwks),
    )

    async def work(unit: Unit) -> Struct:
        await payments.add_participant(unit, new)
        return wire.participant_words(new)

    return await once(payments, caller.subject, str(words.id), body, work)


@post("/participants/{code:str}/accounts", operation_class=taking(wire.NewAccount))
async def open_account(
    code: FromPath[str],
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> Response[bytes]:
    """A participant opens an account for its customer."""
    owner = own_participant(caller, code)
    words, body = await json_body(request, wire.NewAccount)
    check_id(words.account, "account")
    if words.tier not in payments.around.profile.tiers:
        raise Malformed(field="tier", reason="not a tier of this country")
    party = Party(
        AccountId(words.account),
        ParticipantCode(owner),
        PartyKind[words.kind.upper()],
        words.tier,
        name(words.name),
        words.category,
    )
    keys = tuple(PublicKey.from_jwk(dict(jwk)).thumbprint for jwk in words.devices)
    opening = Opening(party, keys, words.phone, words.handle, tuple(words.codes))

    async def work(unit: Unit) -> Struct:
        addresses = await payments.open_account(unit, opening)
        return wire.wallet_opened(party, addresses, payments.around.profile.currency.code)

    return await once(payments, owner, str(words.account), body, work)


@post("/participants/{code:str}/deposits", operation_class=taking(wire.NewMovement))
async def deposit(
    code: FromPath[str],
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> Response[bytes]:
    """Money came in: credit the account against the participant's funds."""
    return await _move(own_participant(caller, code), request, payments, inward=True)


@post("/participants/{code:str}/withdrawals", operation_class=taking(wire.NewMovement))
async def withdraw(
    code: FromPath[str],
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> Response[bytes]:
    """Money was paid out: debit the account against the participant's funds."""
    return await _move(own_participant(caller, code), request, payments, inward=False)


async def _move(
    owner: str, request: Incoming, payments: Payments, *, inward: bool
) -> Response[bytes]:
    words, body = await json_body(request, wire.NewMovement)
    check_id(words.id, "id")
    account = AccountId(words.account)
    movement = Movement(words.id, owner, account, words.amount_minor, words.currency, inward=inward)

    async def work(unit: Unit) -> Struct:
        receipt, salt = await payments.move(unit, movement)
        return wire.MovementDone(words.id, receipt, salt)

    return await once(payments, owner, str(words.id), body, work)


@post(
    "/participants/{code:str}/accounts/{account:uuid}/state", operation_class=taking(wire.NewState)
)
async def set_state(
    code: FromPath[str],
    account: FromPath[UUID],
    request: Incoming,
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> wire.NewState:
    """Freeze an account, open it again, or close it for ever. Saying it twice changes nothing."""
    owner = own_participant(caller, code)
    words, _ = await json_body(request, wire.NewState)
    state = _STATES[words.state]
    await payments.around.database.run(
        lambda unit: payments.set_state(unit, owner, AccountId(account), state, words.reason)
    )
    return words


@get("/participants/{code:str}/position", operation_class=PLAIN)
async def position(
    code: FromPath[str],
    caller: NamedDependency[AccessClaims],
    payments: NamedDependency[Payments],
) -> wire.Position:
    """What all others owe the participant (or it them, when negative), from postings only."""
    owner = own_participant(caller, code)
    net = (await payments.positions()).get(owner, 0)
    return wire.Position(owner, payments.around.profile.currency.code, net)
