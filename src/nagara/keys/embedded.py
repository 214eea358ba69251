"""The hot path: tokens that carry the device's public key, and tokens that we sign by the thousand.

A device sends the same protected header with every order. So the header's text is the cache key:
a known device costs one look-up instead of JSON, a curve point and a thumbprint. What is refused
and what is accepted is the same as on the general path (jws.py); the tests hold the two together.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature

from nagara.kernel import canonical
from nagara.keys.jws import named_algorithm, parse_header, parts_of, protected_header, token_bytes
from nagara.keys.model import Signer
from nagara.keys.primitives import base64url, base64url_decode
from nagara.keys.public import SIGNATURE_SIZE, Algorithm, PublicKey
from nagara.keys.refusals import (
    HeaderRefused,
    KeyMalformed,
    KeyMismatch,
    SignatureWrong,
    TypeWrong,
)

EMBEDDED_SIZE_MAX: Final = 8_192
DEVICES_MAX: Final = 65_536
_EMBEDDED: Final = frozenset({"alg", "typ", "jwk"})
# A header with a P-256 key in canonical JSON, which wallets send: read without a parser.
_USUAL: Final = re.compile(
    rb'\{"alg":"ES256","jwk":\{"crv":"P-256","kty":"EC","x":"([\w-]{43})","y":"([\w-]{43})"\},'
    rb'"typ":"([\w+.-]{1,64})"\}',
    re.ASCII,
)
_JWK_MEMBERS: Final = {
    Algorithm.ED25519: frozenset({"kty", "crv", "x"}),
    Algorithm.ES256: frozenset({"kty", "crv", "x", "y"}),
}


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is proved: this key signed these bytes. Not whose key it is."""

    key: PublicKey
    payload: bytes

    @property
    def thumbprint(self) -> bytes:
        """32 bytes, RFC 7638 with SHA-256: the name of the device's key."""
        return self.key.thumbprint


class EmbeddedKeyVerifier:
    """Verifies compact JWS whose protected header is exactly alg, typ and jwk (RFC 7515 4.1.3).

    The form is that of DPoP proofs (RFC 9449 section 4.2). `devices_max` bounds the memory: about
    1.5 kB a device. Only a key that has proved itself is remembered, so that strangers cannot
    push known devices out without signing for each place they take.
    """

    def __init__(
        self, typ: str, size_max: int = EMBEDDED_SIZE_MAX, devices_max: int = DEVICES_MAX
    ) -> None:
        self._typ = typ
        self._size_max = size_max
        self._devices_max = devices_max
        self._known: OrderedDict[bytes, PublicKey] = OrderedDict()

    def verify(self, token: str | bytes) -> Embedded:
        """The key and payload of a token. Refuses with the codes 4001 to 4007 and 1002."""
        data = token_bytes(token, self._size_max)
        head, payload, signature = parts_of(data)
        known = self._known.get(head)
        key = known or self._read_key(head)
        if len(signature) != SIGNATURE_SIZE:
            raise SignatureWrong
        try:
            key.check(signature, data[: data.rindex(b".")])
        except InvalidSignature:
            raise SignatureWrong from None
        self._remember(head, key, known)
        return Embedded(key, payload)

    def _remember(self, head: bytes, key: PublicKey, known: PublicKey | None) -> None:
        if known is None:
            self._known[head] = key
            if len(self._known) > self._devices_max:
                self._known.popitem(last=False)
            return
        try:
            self._known.move_to_end(head)
        except KeyError:  # another thread pushed it out meanwhile
            return

    def _read_key(self, head: bytes) -> PublicKey:
        if (usual := self._read_usual(head)) is not None:
            return usual
        header = parse_header(head)
        algorithm = named_algorithm(header)
        for member in header.keys() ^ _EMBEDDED:
            raise HeaderRefused(member=member[:40])
        if header["typ"] != self._typ:
            raise TypeWrong(expected=self._typ)
        jwk = header["jwk"]
        if not isinstance(jwk, dict):
            raise KeyMalformed(reason="jwk is not an object")
        key = PublicKey.from_jwk(jwk)
        if key.algorithm is not algorithm:
            raise KeyMismatch(algorithm=algorithm.value)
        if jwk.keys() != _JWK_MEMBERS[algorithm]:
            raise KeyMalformed(reason="an embedded key has its required members only")
        return key

    def _read_usual(self, head: bytes) -> PublicKey | None:
        """The key of a usual header; None where the general way must judge it."""
        try:
            usual = _USUAL.fullmatch(base64url_decode(head))
            if usual is None or usual[3].decode() != self._typ:
                return None
            x, y = base64url_decode(usual[1]), base64url_decode(usual[2])
        except ValueError:
            return None
        return PublicKey.p256(x, y)


class CompactSigner:
    """Signs many payloads under one header: one base64url and one signature each."""

    def __init__(self, signer: Signer, typ: str) -> None:
        self.signer = signer
        self._head = base64url(protected_header(signer, typ, {})) + b"."

    def sign(self, payload: bytes) -> str:
        """The compact JWS, equal to that of sign_jws."""
        signed = self._head + base64url(payload)
        return (signed + b"." + base64url(self.signer.sign(signed))).decode()


def embedded_jws(signer: Signer, payload: bytes, typ: str) -> str:
    """A token as a device makes it: the public key travels in the header."""
    header = {"alg": signer.public.algorithm.value, "jwk": dict(signer.public.jwk), "typ": typ}
    signed = base64url(canonical.json(header)) + b"." + base64url(payload)
    return (signed + b"." + base64url(signer.sign(signed))).decode()
