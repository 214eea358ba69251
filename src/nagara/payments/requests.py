"""Signed requests as they come in: compact JWS by a device, and the words inside each.

The signature has been checked by keys before anything here is believed. Here the payload is read:
typed, bounded, complete, with nothing unknown and nothing twice.
Spec: spec/payments.md, sections 1 and 3.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from nagara.kernel.canonical import JSON_INT_MAX
from nagara.kernel.instant import Instant
from nagara.kernel.refusals import Malformed
from nagara.keys import Embedded, base64url_decode, parse_object
from nagara.ledger import AccountId
from nagara.payments.directory.model import HANDLE_CHARS_MAX, NAME_CHARS_MAX
from nagara.payments.orders.model import (
    LIFETIME_SECONDS_MAX,
    NOTE_CHARS_MAX,
    REFERENCE_CHARS_MAX,
    SKEW_SECONDS_MAX,
    Order,
    OrderId,
    Purpose,
    SignedOrder,
)
from nagara.payments.refusals import LifetimeTooLong, NetworkDiffers, RequestExpired

ORDER_TYPE: Final = "nagara-order+jwt"
WALLET_TYPE: Final = "nagara-wallet+jwt"
SESSION_TYPE: Final = "nagara-session+jwt"
DEVICE_TYPE: Final = "nagara-device+jwt"

_SECONDS_MAX: Final = 253_402_300_799  # the last second of the year 9999
_Seconds = Annotated[int, Meta(ge=0, le=_SECONDS_MAX)]
_Network = Annotated[str, Meta(max_length=64)]
_Phone = Annotated[str, Meta(max_length=24)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3)]
Category = Annotated[str, Meta(pattern="^[0-9]{4}$", max_length=4)]


class OrderWords(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The payload of an order. Members in the order of canonical JSON: see `_read`."""

    amount: Annotated[int, Meta(ge=1, le=JSON_INT_MAX)]
    aud: _Network
    currency: Currency
    exp: _Seconds
    iat: _Seconds
    id: UUID
    note: Annotated[str, Meta(max_length=NOTE_CHARS_MAX)] = ""
    payee: UUID
    payer: UUID
    purpose: Annotated[str, Meta(max_length=16)]
    reference: Annotated[str, Meta(max_length=REFERENCE_CHARS_MAX)] = ""


class WalletWords(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The payload which opens a wallet."""

    account: UUID
    aud: _Network
    exp: _Seconds
    iat: _Seconds
    issuer: Annotated[str, Meta(max_length=24)]
    kind: Literal["person", "merchant"]
    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
    category: Category | None = None
    handle: Annotated[str, Meta(max_length=HANDLE_CHARS_MAX)] | None = None
    phone: _Phone | None = None


class SessionWords(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The payload which asks for a session token."""

    account: UUID
    aud: _Network
    exp: _Seconds
    iat: _Seconds
    jti: UUID


class DeviceWords(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The payload which adds a device (`device`: its public key) or revokes one (`kid`)."""

    account: UUID
    aud: _Network
    exp: _Seconds
    iat: _Seconds
    jti: UUID
    device: dict[str, str] | None = None
    kid: Annotated[str, Meta(max_length=64)] | None = None


Words = TypeVar("Words", bound=Struct)
_PURPOSES: Final = {purpose.name.lower(): purpose for purpose in Purpose}
_order_decoder: Final = msgspec.json.Decoder(OrderWords)
_encoder: Final = msgspec.json.Encoder()


def read_order(token: str, proved: Embedded, network: str) -> SignedOrder:
    """The order inside a proved token. Refuses (Malformed, NetworkDiffers) what is not one."""
    words = _read(proved.payload, _order_decoder)
    if words.aud != network:
        raise NetworkDiffers(network=network)
    check_id(words.id, "id")
    return SignedOrder(_order(words), token, proved.thumbprint)


def signed_order(signed: str) -> Order:
    """The order of a token that was read before, and proved: for telling of it again."""
    return _order(_order_decoder.decode(base64url_decode(signed.split(".")[1].encode())))


def _order(words: OrderWords) -> Order:
    purpose = _PURPOSES.get(words.purpose)
    if purpose is None:
        raise Malformed(field="purpose", reason="not a purpose of payments")
    _check_line(words.note, "note")
    _check_line(words.reference, "reference")
    return Order(
        OrderId(words.id),
        AccountId(words.payer),
        AccountId(words.payee),
        words.amount,
        words.currency,
        purpose,
        words.note,
        words.reference,
        Instant.from_seconds(words.iat),
        Instant.from_seconds(words.exp),
    )


def _check_line(text: str, field: str) -> None:
    """Refuse what would break the line in which others read it, or turn it around.

    Joiners stay: Lao marks its words with one, and a sign made of several needs another.
    """
    if text.isprintable():  # nearly always
        return
    for char in text:
        if char in _TURNS or unicodedata.category(char) in _BREAKS:
            raise Malformed(field=field, reason="a character which no line of text has")


# control, private, surrogates, line and paragraph ends; and the marks that change the direction
_BREAKS: Final = frozenset({"Cc", "Co", "Cs", "Zl", "Zp"})
_TURNS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def read_wallet(proved: Embedded, network: str, now: Instant) -> WalletWords:
    """What a wallet is to be opened with."""
    words = _read(proved.payload, msgspec.json.Decoder(WalletWords))
    check_id(words.account, "account")
    _check_fresh(words.aud, words.iat, words.exp, network, now)
    return words


def read_session(proved: Embedded, network: str, now: Instant) -> SessionWords:
    """Which account asks for a session."""
    words = _read(proved.payload, msgspec.json.Decoder(SessionWords))
    check_id(words.jti, "jti")
    _check_fresh(words.aud, words.iat, words.exp, network, now)
    return words


def read_device(proved: Embedded, network: str, now: Instant) -> DeviceWords:
    """Which device is to be added or revoked."""
    words = _read(proved.payload, msgspec.json.Decoder(DeviceWords))
    check_id(words.jti, "jti")
    _check_fresh(words.aud, words.iat, words.exp, network, now)
    return words


def _read(payload: bytes, decoder: msgspec.json.Decoder[Words]) -> Words:
    """The words of a payload, each member once.

    A payload in canonical form equals its own encoding, which costs little to see. Any other is
    read again by the parser that refuses a member which stands twice: a signature over two amounts
    proves neither.
    """
    try:
        words = decoder.decode(payload)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(field="payload", reason=str(error)[:200]) from None
    if _encoder.encode(words) != payload:
        parse_object(payload, "payload")
    return words


def check_id(id_: UUID, field: str) -> None:
    """Refuse an id that its caller did not make as version 7."""
    if id_.version != 7:
        raise Malformed(field=field, reason="not a UUID of version 7")


def _check_fresh(aud: str, iat: int, exp: int, network: str, now: Instant) -> None:
    if aud != network:
        raise NetworkDiffers(network=network)
    if exp - iat > LIFETIME_SECONDS_MAX:
        raise LifetimeTooLong(seconds_max=LIFETIME_SECONDS_MAX)
    if exp <= now.seconds or iat > now.seconds + SKEW_SECONDS_MAX:
        raise RequestExpired
