"""The rules of paying: which order may be posted, and what its receipt says.

Laws:  P1  Only a live device of the payer orders a payment from the payer's account.
       P2  An order ends once: posted, refused or expired. The same order gets the same answer.
       P3  No payer passes the limits of its tier, those of the local day included.
       P4  Cash goes in and out through an agent.
Not here: whether the money is there (the ledger's L2), signatures (keys), time, storage.
Spec: spec/payments.md, sections 3 and 4.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.kernel.profile import Profile
from nagara.kernel.refusals import KeyReused
from nagara.ledger import Transfer, TransferId
from nagara.payments.directory.model import Device, Party, PartyKind
from nagara.payments.directory.rules import shown_name
from nagara.payments.orders.model import (
    LIFETIME_SECONDS_MAX,
    SKEW_SECONDS_MAX,
    Order,
    OrderState,
    Purpose,
    Settled,
    SignedOrder,
    Spending,
)
from nagara.payments.refusals import (
    DayOverLimit,
    DeviceRevoked,
    DeviceUnknown,
    LifetimeTooLong,
    NotTheAccountsDevice,
    OrderExpired,
    OrderNotYet,
    PayeeUnknown,
    PaymentOverLimit,
    PurposeNotAllowed,
)

_PURPOSE_WORDS: Final = {purpose: purpose.name.lower() for purpose in Purpose}
_STATE_WORDS: Final = {state: state.name.lower() for state in OrderState}
_encode: Final = msgspec.json.Encoder().encode
_BY_ORDER: Final = frozenset(
    {Purpose.GOODS, Purpose.PERSON, Purpose.BILL, Purpose.TOP_UP, Purpose.CASH_OUT}
)


def authorise(device: Device | None, order: Order) -> Refusal | None:
    """Whether the key may speak for the payer (P1). A no leaves nothing behind."""
    if device is None:
        return DeviceUnknown()
    if device.revoked_at is not None:
        return DeviceRevoked()
    if device.account != order.payer:
        return NotTheAccountsDevice()
    return None


def repeated(order: SignedOrder, settled: Settled) -> Refusal | None:
    """None where a known id came with the same signed content (P2); the signature may differ.

    ECDSA signs the same content differently each time, so only what was signed is compared.
    """
    return None if _content(order.signed) == _content(settled.signed) else KeyReused()


def judge(  # noqa: PLR0917 - everything that is known
    order: Order,
    payer: Party,
    payee: Party | None,
    spending: Spending,
    profile: Profile,
    now: Instant,
) -> Refusal | None:
    """Why an authorised order is not to be posted, or None."""
    if order.expires_at <= now:
        return OrderExpired()
    if order.issued_at > now.plus_seconds(SKEW_SECONDS_MAX):
        return OrderNotYet(skew_seconds_max=SKEW_SECONDS_MAX)
    if order.expires_at > order.issued_at.plus_seconds(LIFETIME_SECONDS_MAX):
        return LifetimeTooLong(seconds_max=LIFETIME_SECONDS_MAX)
    if payee is None:
        return PayeeUnknown()
    if not _purpose_fits(order.purpose, payer, payee):
        return PurposeNotAllowed()
    tier = profile.tiers[payer.tier]
    if order.amount_minor > tier.payment_minor_max:
        return PaymentOverLimit(limit_minor=tier.payment_minor_max)
    left = tier.day_minor_max - spent_today(spending, profile, now)
    if order.amount_minor > left:
        return DayOverLimit(limit_minor=tier.day_minor_max, left_minor=max(0, left))
    return None


def spent_today(spending: Spending, profile: Profile, now: Instant) -> int:
    """What was spent on the local day of `now`, in minor units."""
    return spending.minor if spending.day == now.day(profile.utc_offset_minutes) else 0


def spent(spending: Spending, order: Order, profile: Profile, now: Instant) -> Spending:
    """The spending after an order was posted (P3)."""
    today = now.day(profile.utc_offset_minutes)
    return Spending(today, spent_today(spending, profile, now) + order.amount_minor)


def transfer(order: Order) -> Transfer:
    """The order as the ledger's command; it has the order's id, so it moves money once (L3)."""
    return Transfer(
        TransferId(order.id),
        order.payer,
        order.payee,
        order.amount_minor,
        order.currency,
        order.purpose.value,
    )


def state_of(refusal: Refusal | None) -> OrderState:
    """How an order ended, by what was said to it."""
    if refusal is None:
        return OrderState.POSTED
    return OrderState.EXPIRED if isinstance(refusal, OrderExpired) else OrderState.REFUSED


class _Side(Struct, omit_defaults=True):
    account: UUID
    name: str = ""
    participant: str = ""


class _Fact(Struct, omit_defaults=True):
    """Members in the order of canonical JSON (RFC 8785): encoding it needs no sorting."""

    amount: int
    at: str
    currency: str
    id: UUID
    kind: str
    network: str
    order_sha256: str
    payee: _Side
    payer: _Side
    purpose: str
    refusal: int | UnsetType = UNSET
    state: str = ""


def fact(  # noqa: PLR0917 - everything that the receipt tells
    order: Order,
    order_digest: str,
    payer: Party,
    payee: Party | None,
    refusal: Refusal | None,
    at: Instant,
    network: str,
) -> bytes:
    """The fact that the country signs, as canonical JSON (spec/payments.md, section 4)."""
    return _encode(
        _Fact(
            order.amount_minor,
            str(at),
            order.currency,
            order.id,
            "payment",
            network,
            order_digest,
            _side(payee) if payee else _Side(order.payee),
            _side(payer),
            _PURPOSE_WORDS[order.purpose],
            UNSET if refusal is None else refusal.code,
            _STATE_WORDS[state_of(refusal)],
        )
    )


def _side(party: Party) -> _Side:
    return _Side(party.account, shown_name(party.name, party.kind), party.participant)


def _purpose_fits(purpose: Purpose, payer: Party, payee: Party) -> bool:
    if purpose is Purpose.TOP_UP:
        return payer.kind is PartyKind.AGENT
    if purpose is Purpose.CASH_OUT:
        return payee.kind is PartyKind.AGENT
    return purpose in _BY_ORDER


def _content(signed: str) -> str:
    return signed.rpartition(".")[0]
