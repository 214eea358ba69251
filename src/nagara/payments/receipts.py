"""Checking a receipt with nothing but the file and the country's public keys.

Laws:  R1  The country's key signed the fact, and was good at the instant the fact states.
       R2  The payer's device signed the order, and the fact tells of that very order.
       R3  The leaf which the country promised to seal is that of this fact and this salt.
Not here: the inclusion of the leaf in the national chain, which comes with the chain.
Spec: spec/payments.md, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from nagara.journal import RECEIPT_TYPE, commitment
from nagara.kernel import canonical
from nagara.kernel.instant import Instant
from nagara.kernel.refusals import Malformed, TooLarge
from nagara.keys import (
    EmbeddedKeyVerifier,
    Header,
    PublicKey,
    Purpose,
    TrustBundle,
    base64url,
    base64url_decode,
    equal_in_constant_time,
    sha256,
    verify_jws,
)
from nagara.payments.orders.model import Order
from nagara.payments.refusals import ReceiptWrong
from nagara.payments.requests import ORDER_TYPE, signed_order

FILE_SIZE_MAX: Final = 32_768
_Token = Annotated[str, Meta(max_length=8_192)]


class ReceiptFile(Struct, forbid_unknown_fields=True):
    """The file, as `POST /orders` gives it under `receipt`."""

    nagara: Annotated[str, Meta(pattern="^receipt/1$")]
    kind: Annotated[str, Meta(pattern="^(payment|deposit|withdrawal)$")]
    receipt: _Token
    salt: Annotated[str, Meta(max_length=64)]
    order: _Token | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """What a receipt proves: the fact, and the thumbprint of the device which ordered it."""

    kind: str
    fact: Mapping[str, object]
    device: str | None
    kid: str


def prove(data: bytes, trust: TrustBundle) -> Proved:
    """What the receipt proves, or a Refusal which says what is wrong with it."""
    if len(data) > FILE_SIZE_MAX:
        raise TooLarge(field="receipt", limit=FILE_SIZE_MAX)
    try:
        file = msgspec.json.decode(data, type=ReceiptFile)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(field="receipt", reason=str(error)[:200]) from None
    fact, leaf, kid = _signed_fact(file.receipt, trust)
    if fact.get("kind") != file.kind:
        raise ReceiptWrong(part="kind")
    _check_leaf(file, fact, leaf)
    device = None
    if file.kind == "payment":
        device = _check_order(file.order, fact)
    elif file.order is not None:
        raise ReceiptWrong(part="order")
    return Proved(file.kind, fact, device, kid)


class _Claimed(Struct, forbid_unknown_fields=True):
    fact: dict[str, object]
    leaf: str


def _signed_fact(token: str, trust: TrustBundle) -> tuple[dict[str, object], str, str]:
    """The fact and the promised leaf, signed by a key of the country that was good then (R1)."""
    try:
        raw = base64url_decode(token.split(".")[1].encode())
        claimed = msgspec.convert(canonical.json_decode(raw), _Claimed)
        signed_at = Instant.parse(str(claimed.fact.get("at")))
    except (IndexError, ValueError):
        raise ReceiptWrong(part="receipt") from None

    def find(header: Header) -> PublicKey:
        return trust.key(Purpose.RECEIPT, str(header.get("kid")), signed_at)

    header, _ = verify_jws(token, find, RECEIPT_TYPE)
    return claimed.fact, claimed.leaf, str(header["kid"])


def _check_leaf(file: ReceiptFile, fact: Mapping[str, object], leaf: str) -> None:
    """R3: the leaf is that of this kind, this salt and these bytes."""
    try:
        salt = base64url_decode(file.salt.encode())
    except ValueError:
        raise ReceiptWrong(part="salt") from None
    made = base64url(commitment(file.kind, canonical.json(fact), salt))
    if not equal_in_constant_time(made, leaf.encode(errors="replace")):
        raise ReceiptWrong(part="leaf")


def _check_order(token: str | None, fact: Mapping[str, object]) -> str:
    """R2: the device's signature, and that the fact tells of this order; the device's name."""
    if token is None:
        raise ReceiptWrong(part="order")
    if fact.get("order_sha256") != base64url(sha256(token.encode())).decode():
        raise ReceiptWrong(part="order_sha256")
    proved = EmbeddedKeyVerifier(ORDER_TYPE).verify(token)
    if _told(signed_order(token)) != {name: fact.get(name) for name in _TOLD} | _accounts(fact):
        raise ReceiptWrong(part="order")
    return proved.key.kid


_TOLD: Final = ("amount", "currency", "id", "purpose")


def _told(order: Order) -> dict[str, object]:
    return {
        "amount": order.amount_minor,
        "currency": order.currency,
        "id": str(order.id),
        "purpose": order.purpose.name.lower(),
        "payer": str(order.payer),
        "payee": str(order.payee),
    }


def _accounts(fact: Mapping[str, object]) -> dict[str, object]:
    sides = {name: fact.get(name) for name in ("payer", "payee")}
    return {
        name: side.get("account") if isinstance(side, dict) else None
        for name, side in sides.items()
    }
