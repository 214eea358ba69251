"""Made-up parties and orders for the tables of rules: nothing here touches time, chance or disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from nagara.kernel.instant import Instant
from nagara.kernel.profile import Profile, load_profile
from nagara.ledger import AccountId
from nagara.payments.directory.model import Device, ParticipantCode, Party, PartyKind
from nagara.payments.orders.model import Order, OrderId, Purpose

NOW = Instant.parse("2026-11-22T08:00:00Z")
LAOS: Profile = load_profile("la")
ID = UUID("01a20391-7de3-7b6f-a424-28f91130890a")
PAYER = AccountId(UUID("01a20391-7de3-7b6f-a424-000000000001"))
PAYEE = AccountId(UUID("01a20391-7de3-7b6f-a424-000000000002"))
KEY = b"k" * 32


def party(
    account: AccountId = PAYER,
    kind: PartyKind = PartyKind.PERSON,
    **said: Any,  # noqa: ANN401
) -> Party:
    """A party, a person of the tier `basic` unless said otherwise."""
    made = Party(account, ParticipantCode("lanexang"), kind, "basic", "ສົມສີ ວົງສາ", None)
    return replace(made, **said)


def device(**said: Any) -> Device:  # noqa: ANN401
    """A live device of the payer."""
    return replace(Device(KEY, PAYER, NOW.plus_seconds(-9), None), **said)


def order(**said: Any) -> Order:  # noqa: ANN401
    """An order that nothing speaks against."""
    made = Order(
        OrderId(ID),
        PAYER,
        PAYEE,
        1_000,
        "LAK",
        Purpose.GOODS,
        "",
        "",
        NOW.plus_seconds(-10),
        NOW.plus_seconds(290),
    )
    return replace(made, **said)
