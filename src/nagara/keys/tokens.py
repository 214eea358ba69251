"""Tokens for programs: client assertions in (private_key_jwt), short-lived access tokens out.

No shared secret exists: a program proves itself with its own key (RFC 7523 section 2.2) and gets
an access token (RFC 9068) signed by the country's token key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from nagara.kernel import canonical
from nagara.kernel.instant import Instant
from nagara.keys.claims import (
    AccessClaims,
    ClientAssertion,
    access_payload,
    check_access_claims,
    check_client_assertion,
)
from nagara.keys.jws import Header, parse_object, parts_of, sign_jws, token_bytes, verify_jws
from nagara.keys.model import Signer
from nagara.keys.public import PublicKey
from nagara.keys.refusals import AssertionRefused, KeyUnknown

ASSERTION_SIZE_MAX: Final = 4_096
ACCESS_TOKEN_SIZE_MAX: Final = 2_048
ACCESS_TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - RFC 9068 section 2.1
# RFC 7523 names no typ; libraries write JWT or nothing, its successor draft the long one.
ASSERTION_TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})


def unproved_client(token: str | bytes) -> str:
    """The client which an assertion says it is by: for finding its keys, proof of nothing."""
    _, payload, _ = parts_of(token_bytes(token, ASSERTION_SIZE_MAX))
    subject = parse_object(payload, "payload").get("sub")
    if not isinstance(subject, str):
        raise AssertionRefused(claim="sub", reason="it is missing")
    return subject


def verify_client_assertion(
    token: str | bytes,
    client_id: str,
    keys: Iterable[PublicKey],
    audiences: Collection[str],
    now: Instant,
) -> ClientAssertion:
    """The assertion of a client, proved by one of its keys; `kid` is the key's thumbprint.

    A client with one key may leave `kid` out. The caller then records (client_id, jti) until
    `expires_at` in the transaction that issues the token, and refuses with AssertionReplayed
    where it stands already.
    """
    held = {key.kid: key for key in keys}

    def find(header: Header) -> PublicKey:
        kid = header.get("kid")
        if kid is None and len(held) == 1:
            return next(iter(held.values()))
        found = held.get(kid) if isinstance(kid, str) else None
        if found is None:
            raise KeyUnknown(kid=str(kid)[:64])
        return found

    _, payload = verify_jws(token, find, ASSERTION_TYPES, ASSERTION_SIZE_MAX)
    return check_client_assertion(parse_object(payload, "payload"), client_id, audiences, now)


def issue_access_token(signer: Signer, claims: AccessClaims) -> str:
    """A JWT access token, signed by the token key."""
    return sign_jws(signer, canonical.json(access_payload(claims)), ACCESS_TOKEN_TYPE)


def verify_access_token(
    token: str | bytes,
    key_of: Callable[[str], PublicKey],
    issuer: str,
    audience: str,
    now: Instant,
) -> AccessClaims:
    """The claims of an access token of ours. `key_of` finds a token key by kid, or refuses."""

    def find(header: Header) -> PublicKey:
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise KeyUnknown(kid="none")
        return key_of(kid)

    _, payload = verify_jws(token, find, ACCESS_TOKEN_TYPE, ACCESS_TOKEN_SIZE_MAX)
    return check_access_claims(parse_object(payload, "payload"), issuer, audience, now)
