"""Public keys: JWK in (RFC 7517, RFC 7518 section 6.2, RFC 8037 section 2), verification out.

Laws:  K1  A key is on its curve, in its one canonical form, and has no private part.
       K2  A key is named by its RFC 7638 SHA-256 thumbprint and by nothing else.
       K3  A key verifies with its own algorithm only.
ES256 takes high-s signatures, as FIPS 186-5 and WebCrypto do: whoever holds a signature can make
its twin, so a signature is never an identifier here; ids inside what was signed are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from nagara.keys.primitives import base64url, base64url_decode, sha256
from nagara.keys.refusals import KeyMalformed

SIGNATURE_SIZE: Final = 64
JWK_MEMBERS_MAX: Final = 16
_COORDINATE_LENGTH: Final = 43  # of 32 bytes in base64url
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ECDSA: Final = ec.ECDSA(hashes.SHA256())  # made once: making it costs as much as hashing

_ED_P: Final = 2**255 - 19
_ED_D: Final = -121665 * pow(121666, -1, _ED_P) % _ED_P
_ED_ORDER_8: Final = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_ED_SMALL_ORDER: Final = frozenset({0, 1, _ED_P - 1, _ED_ORDER_8, _ED_P - _ED_ORDER_8})
"""The y of every point whose order divides 8: under such a key one signature fits many texts."""


class Algorithm(StrEnum):
    """The two signature algorithms, by their JOSE names (RFC 8037 section 3.1, RFC 7518 3.4)."""

    ED25519 = "EdDSA"
    ES256 = "ES256"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verified public key. Equal keys have equal thumbprints, and the other way round."""

    algorithm: Algorithm = field(compare=False)
    thumbprint: bytes
    """32 bytes, RFC 7638 with SHA-256."""
    kid: str = field(compare=False)
    """The thumbprint in base64url, 43 characters."""
    jwk: Mapping[str, str] = field(compare=False, repr=False)
    """The required members only: kty, crv, x and, for P-256, y."""
    check: Callable[[bytes, bytes], None] = field(compare=False, repr=False)
    """check(signature of 64 bytes, message): raises InvalidSignature."""

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> PublicKey:
        """The key of a JWK. Refuses (KeyMalformed) what is private, off-curve or of another kind.

        Members which are not understood are ignored (RFC 7517 section 4); `use`, `key_ops` and
        `alg`, where they stand, must allow verifying with the key's own algorithm.
        """
        if len(jwk) > JWK_MEMBERS_MAX:
            raise KeyMalformed(reason="too many members")
        if not _PRIVATE.isdisjoint(jwk):
            raise KeyMalformed(reason="it holds a private key; use a new one")
        kind = (jwk.get("kty"), jwk.get("crv"))
        if kind == ("OKP", "Ed25519"):
            key = _ed25519(_coordinate(jwk, "x"))
        elif kind == ("EC", "P-256"):
            key = cls.p256(_coordinate(jwk, "x"), _coordinate(jwk, "y"))
        else:
            raise KeyMalformed(reason="only OKP Ed25519 and EC P-256 are taken")
        _check_intent(jwk, key.algorithm)
        return key

    @classmethod
    def from_native(cls, key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> PublicKey:
        """The key of an object of the crypto library; for signers, which make their own keys."""
        if isinstance(key, ed25519.Ed25519PublicKey):
            return _ed25519(key.public_bytes_raw())
        numbers = key.public_numbers()
        return cls.p256(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    @classmethod
    def p256(cls, x: bytes, y: bytes) -> PublicKey:
        """The P-256 key at a point, 32 bytes each. Refuses (KeyMalformed) one off the curve."""
        try:
            native = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
        except ValueError:
            raise KeyMalformed(reason="x and y are not a point of the curve") from None
        jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url(x).decode(),
            "y": base64url(y).decode(),
        }
        verify = native.verify

        def check(signature: bytes, message: bytes) -> None:
            verify(der_from_raw(signature), message, _ECDSA)

        return _named(Algorithm.ES256, jwk, check)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the 64-byte JOSE signature was made over the message by this key."""
        if len(signature) != SIGNATURE_SIZE:
            return False
        try:
            self.check(signature, message)
        except InvalidSignature:
            return False
        return True


def _coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    """A coordinate: always the full 32 bytes (RFC 7518 section 6.2.1.2)."""
    text = jwk.get(name)
    if not isinstance(text, str) or len(text) != _COORDINATE_LENGTH or not text.isascii():
        raise KeyMalformed(reason=f"{name} is not 32 bytes of base64url")
    try:
        return base64url_decode(text.encode())
    except ValueError:
        raise KeyMalformed(reason=f"{name} is not 32 bytes of base64url") from None


def _check_intent(jwk: Mapping[str, object], algorithm: Algorithm) -> None:
    if jwk.get("use", "sig") != "sig":
        raise KeyMalformed(reason="its use is not signing")
    if jwk.get("alg", algorithm.value) != algorithm.value:
        raise KeyMalformed(reason="its alg is not that of its curve")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KeyMalformed(reason="its key_ops do not allow verifying")


def _named(
    algorithm: Algorithm, jwk: dict[str, str], check: Callable[[bytes, bytes], None]
) -> PublicKey:
    # RFC 7638 section 3: sorted, no white space; base64url needs no escapes
    members = ",".join(f'"{name}":"{jwk[name]}"' for name in sorted(jwk))
    thumbprint = sha256(f"{{{members}}}".encode())
    return PublicKey(algorithm, thumbprint, base64url(thumbprint).decode(), jwk, check)


def _ed25519(raw: bytes) -> PublicKey:
    _check_ed25519_point(raw)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw).decode()}
    native = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    return _named(Algorithm.ED25519, jwk, native.verify)


def _check_ed25519_point(raw: bytes) -> None:
    """RFC 8032 section 5.1.3, which the crypto library leaves until it verifies.

    Refused besides: y not reduced, and the points of small order.
    """
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _ED_P or y in _ED_SMALL_ORDER:
        raise KeyMalformed(reason="x is not a canonical point of full order")
    x_squared = (y * y - 1) * pow(_ED_D * y * y + 1, -1, _ED_P) % _ED_P
    if pow(x_squared, (_ED_P - 1) // 2, _ED_P) != 1:
        raise KeyMalformed(reason="x is not a point of the curve")


def der_from_raw(signature: bytes) -> bytes:
    """The DER form (RFC 3279 section 2.2.3) of a 64-byte JOSE signature."""
    r, s = _der_integer(signature[:32]), _der_integer(signature[32:])
    return b"".join((b"0", bytes((len(r) + len(s),)), r, s))


def _der_integer(raw: bytes) -> bytes:
    digits = raw.lstrip(b"\0") or b"\0"
    if digits[0] & 0x80:
        digits = b"\0" + digits
    return b"".join((b"\x02", bytes((len(digits),)), digits))
