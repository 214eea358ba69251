"""JSON Web Signatures, compact form (RFC 7515): the general path, for every token but orders.

Laws:  J1  A token has one form: strict base64url, strict JSON, no duplicate member.
       J2  The key decides the algorithm, never the token (RFC 8725 section 3.1).
       J3  A header member that is not expected is refused; `crit`, `b64` and every link or key
           which a sender might put there with it.
Not here: what a payload means, and where keys come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from joserfc import errors as jose_errors
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from nagara.kernel import canonical
from nagara.kernel.refusals import TooLarge
from nagara.keys.model import Signer
from nagara.keys.primitives import base64url, base64url_decode
from nagara.keys.public import Algorithm, PublicKey
from nagara.keys.refusals import (
    AlgorithmRefused,
    HeaderRefused,
    KeyMismatch,
    SignatureWrong,
    TokenMalformed,
    TypeWrong,
)

TOKEN_SIZE_MAX: Final = 16_384
HEADER_SIZE_MAX: Final = 1_024
MEMBERS_MAX: Final = 64
_HEADER_MEMBERS: Final = frozenset({"alg", "typ", "kid"})

Header = Mapping[str, object]


def sign_jws(
    signer: Signer, payload: bytes, typ: str, extra: Mapping[str, canonical.Plain] | None = None
) -> str:
    """A compact JWS. The header is alg, kid, typ and `extra`, in canonical JSON."""
    head = base64url(protected_header(signer, typ, extra or {}))
    signed = head + b"." + base64url(payload)
    return (signed + b"." + base64url(signer.sign(signed))).decode()


def protected_header(signer: Signer, typ: str, extra: Mapping[str, canonical.Plain]) -> bytes:
    """The bytes of a protected header."""
    own = {"alg": signer.public.algorithm.value, "kid": signer.public.kid, "typ": typ}
    if not own.keys().isdisjoint(extra):
        raise ValueError("alg, kid and typ are not for the caller to set")
    return canonical.json({**extra, **own})


def verify_jws(
    token: str | bytes,
    keys: Callable[[Header], PublicKey],
    typ: str | Collection[str | None],
    size_max: int = TOKEN_SIZE_MAX,
    extra: Collection[str] = (),
) -> tuple[Header, bytes]:
    """The header and payload of a compact JWS, once its signature is proved.

    `keys` finds the key that the header names, or refuses; it sees a header that is not proved.
    `typ` is the one type, or all types with None for a header without typ. `extra` are the header
    members expected besides alg, typ and kid. Refuses with the codes 4001 to 4006 and 1002.
    """
    data = token_bytes(token, size_max)
    head, _, _ = parts_of(data)
    header = parse_header(head)
    algorithm = named_algorithm(header)
    for member in header:
        if member not in _HEADER_MEMBERS and member not in extra:
            raise HeaderRefused(member=member[:40])
    _check_type(header, (typ,) if isinstance(typ, str) else typ)
    key = keys(header)
    if key.algorithm is not algorithm:
        raise KeyMismatch(algorithm=algorithm.value)
    return header, _verified_payload(data, key)


def parts_of(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The header's text, the payload and the signature of a token, each canonical base64url."""
    parts = data.split(b".")
    try:
        head, body, tail = parts
        return head, base64url_decode(body), base64url_decode(tail)
    except ValueError:
        raise TokenMalformed(reason="it is not three parts of base64url") from None


def _check_type(header: Header, wanted: Collection[str | None]) -> None:
    found = header.get("typ")
    written = isinstance(found, str) or "typ" not in header
    if not written or found not in wanted:
        raise TypeWrong(expected=", ".join(sorted(name or "none" for name in wanted)))


def token_bytes(token: str | bytes, size_max: int) -> bytes:
    """The bytes of a token within the limit."""
    if len(token) > size_max:
        raise TooLarge(field="token", limit=size_max)
    if isinstance(token, bytes):
        return token
    try:
        return token.encode("ascii")
    except UnicodeEncodeError:
        raise TokenMalformed(reason="it is not ASCII") from None


def parse_header(head: bytes) -> dict[str, object]:
    """The JSON object of the first part of a token, strict; nothing about it is proved yet."""
    if len(head) > HEADER_SIZE_MAX:
        raise TooLarge(field="token header", limit=HEADER_SIZE_MAX)
    try:
        raw = base64url_decode(head)
    except ValueError:
        raise TokenMalformed(reason="the header is not base64url") from None
    return parse_object(raw, "header")


def parse_object(raw: bytes, part: str) -> dict[str, object]:
    """The object of strict JSON: UTF-8, no duplicate member at any depth, no NaN or Infinity."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_unique_members, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise TokenMalformed(reason=f"the {part} is not strict JSON") from None
    if not isinstance(value, dict):
        raise TokenMalformed(reason=f"the {part} is not a JSON object")
    return value


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs) or len(pairs) > MEMBERS_MAX:
        raise ValueError("duplicate or too many members")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def named_algorithm(header: Header) -> Algorithm:
    """The algorithm that a header names, if it is one of ours."""
    name = header.get("alg")
    try:
        return Algorithm(name)  # type: ignore[arg-type]
    except ValueError:
        raise AlgorithmRefused(algorithm=str(name)[:20]) from None


class _Registry(jws.JWSRegistry):
    """The library's registry with its own limits out of the way: ours were applied before.

    It also warns that the name EdDSA is to be replaced (RFC 9864); for now that is what browsers
    and our peers write.
    """

    max_header_length = HEADER_SIZE_MAX
    max_payload_length = 1 << 24

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - the library does not export the type
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)


@lru_cache(maxsize=1024)
def _jose_key(key: PublicKey) -> ECKey | OKPKey:
    if key.algorithm is Algorithm.ES256:
        return ECKey.import_key(dict(key.jwk))
    return OKPKey.import_key(dict(key.jwk))


def _verified_payload(data: bytes, key: PublicKey) -> bytes:
    try:
        return jws.deserialize_compact(data, _jose_key(key), registry=_REGISTRY).payload
    except jose_errors.BadSignatureError:
        raise SignatureWrong from None
    except (jose_errors.JoseError, ValueError):
        raise TokenMalformed(reason="it is not a compact JWS") from None
