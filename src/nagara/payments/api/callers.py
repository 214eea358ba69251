"""Who calls, and what came: proofs first, then bounded and typed bodies. Shared by all handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct

from nagara.kernel.refusals import Forbidden, Malformed, NotFound, TooLarge, Unauthenticated
from nagara.keys import AccessClaims, sha256
from nagara.ledger import AccountId
from nagara.payments.model import HOLDER, PARTICIPANT
from nagara.payments.service import Payments
from nagara.storage import Unit, answers

TOKEN_SIZE_MAX: Final = 8_192
BODY_SIZE_MAX: Final = 16_384
_FIELDS_MAX: Final = 16

Incoming = Request[Any, Any, Any]
Words = TypeVar("Words", bound=Struct)


async def signed_body(request: Incoming) -> str:
    """The compact JWS that a signed request is."""
    if request.content_type[0] != "application/jose":
        raise Malformed(field="Content-Type", reason="a signed request is application/jose")
    body = await bounded(request, TOKEN_SIZE_MAX)
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(field="body", reason="a signed request is ASCII") from None


async def bounded(request: Incoming, limit: int) -> bytes:
    """The body, read no further than the limit."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLarge(field="body", limit=limit)
        pieces.append(piece)
    return b"".join(pieces)


async def json_body(request: Incoming, words: type[Words]) -> tuple[Words, bytes]:
    """The typed body, and its bytes for telling whether it comes again."""
    if request.content_type[0] != "application/json":
        raise Malformed(field="Content-Type", reason="application/json")
    body = await bounded(request, BODY_SIZE_MAX)
    try:
        return msgspec.json.decode(body, type=words), body
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(field="body", reason=str(error)[:200]) from None


async def form_body(request: Incoming, limit: int) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded), each once."""
    if request.content_type[0] != "application/x-www-form-urlencoded":
        raise Malformed(field="Content-Type", reason="application/x-www-form-urlencoded")
    try:
        text = (await bounded(request, limit)).decode("ascii")
        pairs = parse_qsl(text, strict_parsing=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Malformed(field="body", reason="not a form") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Malformed(field="body", reason="a field stands twice")
    return form


def claims_of(request: Incoming, payments: NamedDependency[Payments]) -> AccessClaims:
    """Who calls, by the bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(reason="there is no bearer token")
    return payments.claims(token)


def own_account(caller: AccessClaims, account: UUID) -> AccountId:
    """The account, if it is the caller's own. Another's is as good as none."""
    if HOLDER not in caller.scope or caller.subject != str(account):
        raise NotFound(what="account")
    return AccountId(account)


def own_participant(caller: AccessClaims, code: str) -> str:
    """The participant, if the caller is its program."""
    if PARTICIPANT not in caller.scope or caller.subject != code:
        raise Forbidden(reason="this belongs to another institution")
    return code


async def once(
    payments: Payments,
    principal: str,
    key: str,
    content: bytes,
    work: Callable[[Unit], Awaitable[Struct]],
) -> Response[bytes]:
    """Answer a command, the same way however often it comes."""

    async def encoded(unit: Unit) -> bytes:
        return msgspec.json.encode(await work(unit))

    question = answers.Question(principal, key, sha256(content))
    answer = await payments.once(question, 201, encoded)
    return Response(answer.body, status_code=answer.status, media_type="application/json")


def signed_content(token: str) -> bytes:
    """What was signed, without the signature, which may differ from one time to the next."""
    return token.rpartition(".")[0].encode()
