"""The nouns of the directory.

A party is whoever holds an account: a person, a merchant, an agent. The account's money and state
are the ledger's; the directory knows who it belongs to and how it is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NewType

from nagara.kernel.instant import Instant
from nagara.ledger import AccountId

ParticipantCode = NewType("ParticipantCode", str)

NAME_CHARS_MAX: Final = 80
DEVICES_MAX: Final = 5  # active ones of an account
HANDLE_CHARS_MAX: Final = 32


class ParticipantKind(IntEnum):
    """What an institution is allowed to be in the scheme."""

    BANK = 1
    WALLET_ISSUER = 2


class PartyKind(IntEnum):
    """Who holds the account. An agent takes and gives cash for others."""

    PERSON = 1
    MERCHANT = 2
    AGENT = 3


class AddressKind(IntEnum):
    """How an account is named by people."""

    HANDLE = 1  # name@participant
    PHONE = 2  # E.164
    CODE = 3  # ours, inside a QR
    STICKER = 4  # a receiver inside a QR which the participant printed before: acquirer:receiver


@dataclass(frozen=True, slots=True)
class Participant:
    """An institution of the scheme. `funds` is debit-normal: the money it safeguards."""

    code: ParticipantCode
    kind: ParticipantKind
    name: Mapping[str, str]  # language -> name
    open_to_public: bool  # people may open a wallet by themselves
    funds: AccountId
    acquirer: str | None  # its number in the country's QR scheme (IIN, BIN)
    jwks: tuple[Mapping[str, object], ...]  # public keys of its programs


@dataclass(frozen=True, slots=True)
class Party:
    """The holder of an account. `name` is in the local script, as the person wrote it."""

    account: AccountId
    participant: ParticipantCode
    kind: PartyKind
    tier: str
    name: str
    category: str | None  # merchant category code, ISO 18245


@dataclass(frozen=True, slots=True)
class Device:
    """A key that may order payments from one account. Named by its RFC 7638 thumbprint."""

    thumbprint: bytes
    account: AccountId
    created_at: Instant
    revoked_at: Instant | None


@dataclass(frozen=True, slots=True)
class Address:
    """One name of an account. `text` is the canonical form."""

    text: str
    kind: AddressKind


@dataclass(frozen=True, slots=True)
class Budget:
    """How many look-ups a caller still has: a bucket which refills with time."""

    tokens: int
    at: Instant
