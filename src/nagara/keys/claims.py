"""What the claims of a token may say: client assertions and access tokens.

Laws:  T1  A client assertion is by the client about itself, for us alone, fresh and short.
       T2  An access token is by us, for one audience, and every claim of it is there.
Spec: RFC 7521 section 5.2, RFC 7523 section 3, RFC 9068 sections 2.2 and 4, RFC 8725 section 3.
Not here: signatures, and whether an assertion was used before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from nagara.kernel.instant import Instant
from nagara.keys.refusals import AccessTokenExpired, AccessTokenRefused, AssertionRefused

ASSERTION_SECONDS_MAX: Final = 300
SKEW_SECONDS_MAX: Final = 60
TEXT_LENGTH_MAX: Final = 256
SCOPES_MAX: Final = 32
_SECONDS_MAX: Final = 253_402_300_799  # the last second of the year 9999

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A proved client assertion. It may be used once: record (client_id, jti) until expires_at."""

    client_id: str
    jti: str
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """The claims of an access token (RFC 9068 section 2.2); its times are whole seconds."""

    issuer: str
    audience: str
    subject: str
    client_id: str
    scope: tuple[str, ...]
    issued_at: Instant
    expires_at: Instant
    jti: str


def check_client_assertion(
    claims: Claims, client_id: str, audiences: Collection[str], now: Instant
) -> ClientAssertion:
    """The assertion that the claims make (T1), or AssertionRefused.

    `audiences` are our names: the token endpoint's URL and the issuer's. Only one may stand in
    `aud`, because an assertion that also serves elsewhere could be replayed there.
    """
    refuse = AssertionRefused
    for name in ("iss", "sub"):
        if claims.get(name) != client_id:
            raise refuse(claim=name, reason="it is not the client")
    aud = claims.get("aud")
    named = aud if isinstance(aud, list) else [aud]
    if len(named) != 1 or not isinstance(named[0], str) or named[0] not in audiences:
        raise refuse(claim="aud", reason="it is not this service alone")
    jti = claims.get("jti")
    if not _is_text(jti):
        raise refuse(claim="jti", reason="it is missing")
    return ClientAssertion(client_id, str(jti), _end_of_assertion(claims, now))


def _end_of_assertion(claims: Claims, now: Instant) -> Instant:
    """`exp`, when it is near and `iat` and `nbf`, if given, are not in the future."""
    refuse = AssertionRefused
    expires = _whole_seconds(claims.get("exp"))
    if expires is None or expires <= now.seconds:
        raise refuse(claim="exp", reason="it is missing or past")
    if expires > now.seconds + ASSERTION_SECONDS_MAX + SKEW_SECONDS_MAX:
        raise refuse(claim="exp", reason=f"it is over {ASSERTION_SECONDS_MAX} seconds ahead")
    for name in ("iat", "nbf"):
        moment = _whole_seconds(claims.get(name, now.seconds))
        if moment is None or moment > now.seconds + SKEW_SECONDS_MAX:
            raise refuse(claim=name, reason="it lies in the future")
        if name == "iat" and expires - moment > ASSERTION_SECONDS_MAX:
            raise refuse(claim="exp", reason=f"it is over {ASSERTION_SECONDS_MAX} s after iat")
    return Instant.from_seconds(expires)


def access_payload(claims: AccessClaims) -> dict[str, str | int]:
    """The JSON members of an access token."""
    return {
        "iss": claims.issuer,
        "aud": claims.audience,
        "sub": claims.subject,
        "client_id": claims.client_id,
        "scope": " ".join(claims.scope),
        "iat": claims.issued_at.seconds,
        "exp": claims.expires_at.seconds,
        "jti": claims.jti,
    }


def check_access_claims(claims: Claims, issuer: str, audience: str, now: Instant) -> AccessClaims:
    """The claims of an access token (T2), or AccessTokenRefused, AccessTokenExpired."""
    for name in ("iss", "aud", "sub", "client_id", "jti"):
        if not _is_text(claims.get(name)):
            raise AccessTokenRefused(claim=name, reason="it is missing")
    if claims["iss"] != issuer:
        raise AccessTokenRefused(claim="iss", reason="it is another issuer")
    if claims["aud"] != audience:
        raise AccessTokenRefused(claim="aud", reason="it is for another service")
    scope = claims.get("scope", "")
    if not isinstance(scope, str) or scope.count(" ") >= SCOPES_MAX:
        raise AccessTokenRefused(claim="scope", reason="it is not a short list of words")
    issued, expires = _whole_seconds(claims.get("iat")), _whole_seconds(claims.get("exp"))
    if issued is None or issued > now.seconds + SKEW_SECONDS_MAX:
        raise AccessTokenRefused(claim="iat", reason="it is missing or in the future")
    if expires is None:
        raise AccessTokenRefused(claim="exp", reason="it is missing")
    if expires <= now.seconds:
        raise AccessTokenExpired
    return AccessClaims(
        issuer=issuer,
        audience=audience,
        subject=str(claims["sub"]),
        client_id=str(claims["client_id"]),
        scope=tuple(scope.split()),
        issued_at=Instant.from_seconds(issued),
        expires_at=Instant.from_seconds(expires),
        jti=str(claims["jti"]),
    )


def _whole_seconds(value: object) -> int | None:
    """A NumericDate of whole seconds. Fractions, allowed by RFC 7519, are dropped."""
    if isinstance(value, float) and 0 <= value <= _SECONDS_MAX:
        return int(value)
    return value if type(value) is int and 0 <= value <= _SECONDS_MAX else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_LENGTH_MAX
