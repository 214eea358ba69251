"""A receipt checked by other hands: cryptography, json and hashlib, and not a line of Nagara's.

Written from spec/payments.md section 4 and spec/journal.md, as a stranger would.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


class Untrue(Exception):
    """The receipt proves nothing; the text says which step failed."""


def verify(receipt: dict[str, Any], bundle: dict[str, Any]) -> dict[str, Any]:
    """The fact which a receipt file proves under a trust bundle. Raises Untrue."""
    header, payload = _parts(receipt["receipt"])
    if header["typ"] != "nagara-receipt+jwt":
        raise Untrue("typ of the receipt")
    named = [one for one in bundle["keys"] if one["kid"] == header["kid"]]
    if not named or named[0]["purpose"] != "receipt":
        raise Untrue("kid")
    _check_signature(receipt["receipt"], named[0]["jwk"])
    fact: dict[str, Any] = payload["fact"]
    _check_order(receipt["order"], fact)
    salt = receipt["salt"]
    if salt is None:
        raise Untrue("the salt was erased")
    if _leaf(fact, _bytes(salt)) != payload["leaf"]:
        raise Untrue("leaf")
    return fact


def _leaf(fact: dict[str, Any], salt: bytes) -> str:
    """spec/journal.md: SHA-256 of tag, length of kind, kind, salt, SHA-256 of the fact."""
    kind = str(fact["kind"]).encode()
    canonical = json.dumps(fact, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    inner = sha256(canonical.encode()).digest()
    return _text(sha256(b"nagara/leaf/1" + bytes([len(kind)]) + kind + salt + inner).digest())


def _check_order(order: str, fact: dict[str, Any]) -> None:
    header, said = _parts(order)
    if header["typ"] != "nagara-order+jwt":
        raise Untrue("typ of the order")
    _check_signature(order, header["jwk"])
    if _text(sha256(order.encode()).digest()) != fact["order_sha256"]:
        raise Untrue("order_sha256")
    sides = {side: fact[side]["account"] for side in ("payer", "payee")}
    told = {name: fact[name] for name in ("id", "amount", "currency", "purpose")} | sides
    if told != {name: said[name] for name in told}:
        raise Untrue("the order says otherwise")


def _check_signature(token: str, jwk: dict[str, str]) -> None:
    signed, _, tail = token.rpartition(".")
    raw = _bytes(tail)
    try:
        if jwk["kty"] == "OKP":
            key = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))
            key.verify(raw, signed.encode())
        else:
            point = b"\x04" + _bytes(jwk["x"]) + _bytes(jwk["y"])
            curve = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            pair = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            curve.verify(encode_dss_signature(*pair), signed.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Untrue("signature") from None


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = token.split(".")
    return json.loads(_bytes(head)), json.loads(_bytes(body))


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
