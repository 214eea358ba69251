"""The words of the payments API, and their translation from the nouns. Shapes: spec/payments.md."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from nagara.kernel.canonical import JSON_INT_MAX
from nagara.kernel.instant import Instant
from nagara.kernel.profile import Profile
from nagara.kernel.refusals import Malformed
from nagara.keys import base64url
from nagara.payments import qr
from nagara.payments.directory.model import (
    HANDLE_CHARS_MAX,
    NAME_CHARS_MAX,
    Address,
    Participant,
    Party,
)
from nagara.payments.directory.rules import account_code, shown_name
from nagara.payments.directory.service import AccountView
from nagara.payments.model import HistoryItem
from nagara.payments.orders.model import Order, Purpose, Settled
from nagara.payments.orders.rules import spent_today
from nagara.payments.orders.service import Decided
from nagara.payments.requests import Category, Currency, signed_order

Amount = Annotated[int, Meta(ge=1, le=JSON_INT_MAX)]
# `$` also ends before a last line break, so each pattern has its own end, by length or by look
Code = Annotated[str, Meta(pattern=r"^[a-z0-9-]{2,24}$(?!\n)")]
Acquirer = Annotated[str, Meta(pattern=r"^[0-9]{6,8}$(?!\n)")]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$", max_length=2)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
PublicJwk = dict[str, str]


class ParticipantWords(Struct):
    code: str
    name: dict[str, str]
    kind: str
    open_to_public: bool


class ParticipantRef(Struct):
    code: str
    name: dict[str, str]


class CountryWords(Struct):
    country: str
    network: str
    demo: bool
    currency: dict[str, str | int]
    languages: list[str]
    participants: list[ParticipantWords]
    qr_scheme: str
    utc_offset_minutes: int


class WalletOpened(Struct):
    account: UUID
    address: str
    name: str
    kind: str
    tier: str
    currency: str
    issuer: str


class Session(Struct):
    token: str
    expires_in_seconds: int
    account: UUID


class Limits(Struct):
    payment_max_minor: int
    day_max_minor: int
    day_left_minor: int


class DeviceWordsOut(Struct):
    kid: str
    created_at: str
    state: str


class AccountWords(Struct):
    account: UUID
    address: str
    addresses: list[str]
    name: str
    kind: str
    tier: str
    state: str
    currency: str
    balance_minor: int
    reserved_minor: int
    available_minor: int
    limits: Limits
    participant: ParticipantRef
    devices: list[DeviceWordsOut]


class Counterpart(Struct):
    name: str
    address: str | None
    participant: str | None


class Item(Struct):
    id: UUID
    direction: str
    amount_minor: int
    currency: str
    counterpart: Counterpart
    purpose: str
    note: str
    reference: str
    state: str
    at: str
    balance_minor: int


class History(Struct):
    payments: list[Item]
    next: str | None


class PayeeQuestion(Struct, forbid_unknown_fields=True):
    address: Annotated[str, Meta(max_length=100)] | None = None
    qr: Annotated[str, Meta(max_length=1024)] | None = None


class PayeeWords(Struct):
    payee: UUID
    name: str
    kind: str
    address: str
    participant: ParticipantRef
    amount_minor: int | None
    currency: str
    reference: str | None


class Receipt(Struct):
    """A receipt file: see spec/payments.md, section 4."""

    nagara: str
    kind: str
    receipt: str
    order: str
    salt: str | None


class OrderAnswer(Struct):
    id: UUID
    state: str
    at: str
    amount_minor: int
    currency: str
    payer: UUID
    payee: UUID
    purpose: str
    note: str
    reference: str
    refusal: dict[str, Any] | None
    receipt: Receipt


class AccountQr(Struct):
    text: str
    svg: str


class CodeText(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=2048)]


_Texts = Annotated[dict[Annotated[str, Meta(max_length=32)], str], Meta(max_length=32)]


class CodeWords(Struct, forbid_unknown_fields=True):
    """A payment code: the names inside the mappings are listed in spec/qr.md."""

    scheme: Literal["emvco", "laoqr", "vietqr", "promptpay", "khqr", "pix", "upi"]
    identifiers: _Texts
    currency: Currency
    amount_minor: Amount | None = None
    name: str | None = None
    city: str | None = None
    country: str | None = None
    initiation: Literal["static", "dynamic"] | None = None
    merchant_category: str | None = None
    postal_code: str | None = None
    references: _Texts = {}
    local: _Texts = {}
    others: _Texts = {}


class DeviceChanged(Struct):
    kid: str


class NewParticipant(Struct, forbid_unknown_fields=True):
    id: UUID
    code: Code
    name: Annotated[dict[Language, Name], Meta(min_length=1)]
    kind: Literal["bank", "wallet_issuer"]
    open_to_public: bool
    acquirer: Acquirer | None
    jwks: Annotated[list[PublicJwk], Meta(max_length=8)]


class NewAccount(Struct, forbid_unknown_fields=True):
    account: UUID
    kind: Literal["person", "merchant", "agent"]
    name: Name
    tier: Annotated[str, Meta(max_length=16)]
    devices: Annotated[list[PublicJwk], Meta(min_length=1, max_length=5)]
    phone: Annotated[str, Meta(max_length=24)] | None = None
    handle: Annotated[str, Meta(max_length=HANDLE_CHARS_MAX)] | None = None
    category: Category | None = None
    codes: Annotated[list[str], Meta(max_length=8)] = []


class NewMovement(Struct, forbid_unknown_fields=True):
    id: UUID
    account: UUID
    amount_minor: Amount
    currency: Currency


class MovementDone(Struct):
    id: UUID
    receipt: str
    salt: str


class NewState(Struct, forbid_unknown_fields=True):
    state: Literal["active", "frozen", "closed"]
    reason: Annotated[str, Meta(min_length=1, max_length=140)]


class Position(Struct):
    participant: str
    currency: str
    net_minor: int


def participant_words(one: Participant) -> ParticipantWords:
    """A participant, as anybody may see it."""
    return ParticipantWords(one.code, dict(one.name), one.kind.name.lower(), one.open_to_public)


def wallet_opened(party: Party, addresses: list[Address], currency: str) -> WalletOpened:
    """The answer to an opening."""
    return WalletOpened(
        party.account,
        addresses[0].text,
        party.name,
        party.kind.name.lower(),
        party.tier,
        currency,
        party.participant,
    )


def account_words(
    view: AccountView, owner: Participant, profile: Profile, now: Instant
) -> AccountWords:
    """An account, as its holder sees it."""
    party, account = view.party, view.account
    tier = profile.tiers[party.tier]
    left = tier.day_minor_max - spent_today(view.spending, profile, now)
    addresses = [address.text for address in view.addresses]
    state = account.state.name.lower()
    return AccountWords(
        account=account.id,
        address=addresses[0],
        addresses=addresses,
        name=party.name,
        kind=party.kind.name.lower(),
        tier=party.tier,
        state="active" if state == "open" else state,
        currency=account.currency,
        balance_minor=account.balance_minor,
        reserved_minor=account.reserved_minor,
        available_minor=account.available_minor or 0,
        limits=Limits(tier.payment_minor_max, tier.day_minor_max, max(0, left)),
        participant=ParticipantRef(owner.code, dict(owner.name)),
        devices=[
            DeviceWordsOut(
                base64url(device.thumbprint).decode(),
                str(device.created_at),
                "revoked" if device.revoked_at else "active",
            )
            for device in view.devices
        ],
    )


def item(told: HistoryItem, currency: str) -> Item:
    """A line of the history."""
    line, other = told.line, told.counterpart
    said = signed_order(told.order.signed) if told.order else None
    counterpart = (
        Counterpart(
            shown_name(other.name, other.kind), account_code(other.account), other.participant
        )
        if other
        else Counterpart("", None, None)
    )
    return Item(
        id=line.transfer,
        direction="in" if line.amount_minor > 0 else "out",
        amount_minor=abs(line.amount_minor),
        currency=currency,
        counterpart=counterpart,
        purpose=Purpose(line.code).name.lower(),
        note=said.note if said else "",
        reference=said.reference if said else "",
        state="posted",
        at=str(line.at),
        balance_minor=line.balance_minor,
    )


def order_answer(decided: Decided, said: Order) -> OrderAnswer:
    """A decided order with its receipt."""
    settled: Settled = decided.settled
    return OrderAnswer(
        id=settled.id,
        state=settled.state.name.lower(),
        at=str(settled.at),
        amount_minor=said.amount_minor,
        currency=said.currency,
        payer=said.payer,
        payee=said.payee,
        purpose=said.purpose.name.lower(),
        note=said.note,
        reference=said.reference,
        refusal=msgspec.to_builtins(settled.refusal, order="sorted") if settled.refusal else None,
        receipt=Receipt("receipt/1", "payment", settled.receipt, settled.signed, decided.salt),
    )


def payee_words(
    party: Party, owner: Participant, code: qr.Code | None, currency: str
) -> PayeeWords:
    """Who would be paid, and what a scanned code asks for."""
    if code is not None and code.currency != currency:
        raise Malformed(field="qr", reason=f"it asks for {code.currency}, paid here is {currency}")
    return PayeeWords(
        payee=party.account,
        name=shown_name(party.name, party.kind),
        kind=party.kind.name.lower(),
        address=account_code(party.account),
        participant=ParticipantRef(owner.code, dict(owner.name)),
        amount_minor=code.amount_minor if code else None,
        currency=currency,
        reference=code.references.get("reference") if code else None,
    )


def code_words(code: qr.Code) -> CodeWords:
    """A code's fields."""
    return CodeWords(
        scheme=code.scheme.value,
        identifiers=dict(code.identifiers),
        currency=code.currency,
        amount_minor=code.amount_minor,
        name=code.name,
        city=code.city,
        country=code.country,
        initiation=code.initiation.value if code.initiation else None,
        merchant_category=code.merchant_category,
        postal_code=code.postal_code,
        references=dict(code.references),
        local=dict(code.local),
        others={field.tag: field.value for field in code.others},
    )


def code_of(words: CodeWords) -> qr.Code:
    """The code that the fields describe."""
    return qr.Code(
        scheme=qr.Scheme(words.scheme),
        identifiers=words.identifiers,
        currency=words.currency,
        amount_minor=words.amount_minor,
        name=words.name,
        city=words.city,
        country=words.country,
        initiation=qr.Initiation(words.initiation) if words.initiation else None,
        merchant_category=words.merchant_category,
        postal_code=words.postal_code,
        references=words.references,
        local=words.local,
        others=tuple(qr.Field(tag, value) for tag, value in words.others.items()),
    )


STATEMENT_COLUMNS = (
    "at", "id", "direction", "amount_minor", "currency", "balance_minor",
    "counterpart", "participant", "purpose", "reference", "note",
)  # fmt: skip


def statement_row(line: Item) -> tuple[str | int, ...]:
    """A line of the CSV statement; a text that a spreadsheet would run as a formula is quoted."""
    other = line.counterpart
    return (
        line.at,
        str(line.id),
        line.direction,
        line.amount_minor,
        line.currency,
        line.balance_minor,
        *(
            _inert(text or "")
            for text in (other.name, other.participant, line.purpose, line.reference, line.note)
        ),
    )


def _inert(text: str) -> str:
    return "'" + text if text.lstrip().startswith(("=", "+", "-", "@")) else text
