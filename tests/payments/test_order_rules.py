"""Law of paying: which order may be posted, what it changes, and what its receipt says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel import canonical
from nagara.kernel.errors import Refusal
from nagara.kernel.instant import DAY, Instant
from nagara.ledger import Transfer, TransferId
from nagara.ledger.refusals import FundsInsufficient
from nagara.payments.directory.model import Device, Party, PartyKind
from nagara.payments.orders import rules
from nagara.payments.orders.model import (
    Order,
    OrderId,
    OrderState,
    Purpose,
    Settled,
    SignedOrder,
    Spending,
)
from nagara.payments.refusals import OrderExpired, PayeeUnknown
from tests.payments.made import ID, KEY, LAOS, NOW, PAYEE, PAYER, device, order, party

NONE = Spending(0, 0)
TODAY = NOW.day(LAOS.utc_offset_minutes)
SHOP = party(PAYEE, PartyKind.MERCHANT, tier="merchant", name="ຮ້ານກາເຟ")
AGENT = party(PAYEE, PartyKind.AGENT, tier="agent")
PAYING_AGENT = party(PAYER, PartyKind.AGENT, tier="agent")


@pytest.mark.parametrize(
    ("by", "slug"),
    [
        (None, "payments.device_unknown"),
        (device(revoked_at=NOW), "payments.device_revoked"),
        (device(account=PAYEE), "payments.not_the_accounts_device"),
        (device(account=PAYEE, revoked_at=NOW), "payments.device_revoked"),
    ],
    ids=["unknown", "revoked", "of another", "of another and revoked"],
)
def test_an_order_is_not_authorised_when_its_key_may_not_speak_for_the_payer(
    by: Device | None, slug: str
) -> None:
    refusal = rules.authorise(by, order())
    assert refusal is not None
    assert refusal.slug == slug


def test_an_order_is_authorised_by_a_live_device_of_the_payer() -> None:
    assert rules.authorise(device(), order()) is None


def _judged(
    asked: Order,
    payer: Party | None = None,
    payee: Party | None = SHOP,
    spending: Spending = NONE,
    now: Instant = NOW,
) -> str | None:
    refusal = rules.judge(asked, payer or party(), payee, spending, LAOS, now)
    return refusal.slug if refusal else None


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        (order(expires_at=NOW), "payments.order_expired"),
        (order(expires_at=NOW.plus_seconds(-1)), "payments.order_expired"),
        (order(expires_at=Instant(NOW.micros + 1)), None),
        (
            order(issued_at=NOW.plus_seconds(61), expires_at=NOW.plus_seconds(90)),
            "payments.order_not_yet",
        ),
        (order(issued_at=NOW.plus_seconds(60), expires_at=NOW.plus_seconds(90)), None),
        (
            order(issued_at=NOW, expires_at=NOW.plus_seconds(901)),
            "payments.lifetime_too_long",
        ),
        (order(issued_at=NOW, expires_at=NOW.plus_seconds(900)), None),
        (order(amount_minor=5_000_000), None),
        (order(amount_minor=5_000_001), "payments.payment_over_limit"),
        (order(purpose=Purpose.PERSON), None),
        (order(purpose=Purpose.BILL), None),
        (order(purpose=Purpose.TOP_UP), "payments.purpose_not_allowed"),
        (order(purpose=Purpose.CASH_OUT), "payments.purpose_not_allowed"),
        (order(purpose=Purpose.DEPOSIT), "payments.purpose_not_allowed"),
        (order(purpose=Purpose.WITHDRAWAL), "payments.purpose_not_allowed"),
    ],
    ids=str,
)
def test_an_order_is_judged_by_time_amount_and_purpose(asked: Order, slug: str | None) -> None:
    assert _judged(asked) == slug


def test_an_order_is_refused_when_its_payee_is_unknown() -> None:
    assert _judged(order(), payee=None) == "payments.payee_unknown"


@pytest.mark.parametrize(
    ("payer", "payee", "purpose", "slug"),
    [
        (PAYING_AGENT, SHOP, Purpose.TOP_UP, None),
        (PAYING_AGENT, SHOP, Purpose.CASH_OUT, "payments.purpose_not_allowed"),
        (party(), AGENT, Purpose.CASH_OUT, None),
        (party(), AGENT, Purpose.TOP_UP, "payments.purpose_not_allowed"),
        (PAYING_AGENT, AGENT, Purpose.GOODS, None),
    ],
    ids=str,
)
def test_cash_goes_in_from_an_agent_and_out_to_an_agent(
    payer: Party, payee: Party, purpose: Purpose, slug: str | None
) -> None:
    assert _judged(order(purpose=purpose), payer, payee) == slug


@pytest.mark.parametrize(
    ("spending", "amount", "slug"),
    [
        (Spending(TODAY, 19_999_000), 1_000, None),
        (Spending(TODAY, 19_999_001), 1_000, "payments.day_over_limit"),
        (Spending(TODAY, 20_000_000), 1, "payments.day_over_limit"),
        (Spending(TODAY - 1, 20_000_000), 1, None),
        (Spending(TODAY + 1, 20_000_000), 1, None),
    ],
    ids=str,
)
def test_a_payer_spends_no_more_on_a_day_than_its_tier_allows(
    spending: Spending, amount: int, slug: str | None
) -> None:
    assert _judged(order(amount_minor=amount), spending=spending) == slug


def test_a_day_begins_at_local_midnight() -> None:
    before = Instant.parse("2026-11-22T16:59:59Z")  # 23:59:59 at +07:00
    after = before.plus_seconds(1)
    full = Spending(before.day(420), 20_000_000)
    assert rules.spent_today(full, LAOS, before) == 20_000_000
    assert rules.spent_today(full, LAOS, after) == 0


@given(st.lists(st.integers(1, 6_000_000), max_size=40), st.integers(0, 2 * DAY))
def test_whatever_is_ordered_nobody_passes_the_limit_of_a_day(
    amounts: list[int], step: int
) -> None:
    spending, posted = NONE, dict[int, int]()
    for place, amount in enumerate(amounts):
        now = Instant(NOW.micros + place * step // 10)
        asked = order(amount_minor=amount, issued_at=now, expires_at=now.plus_seconds(60))
        if _judged(asked, spending=spending, now=now) is None:
            spending = rules.spent(spending, asked, LAOS, now)
            day = now.day(LAOS.utc_offset_minutes)
            posted[day] = posted.get(day, 0) + amount
    assert all(total <= 20_000_000 for total in posted.values())


def test_an_order_becomes_one_transfer_under_its_own_id() -> None:
    assert rules.transfer(order(purpose=Purpose.BILL)) == Transfer(
        TransferId(ID), PAYER, PAYEE, 1_000, "LAK", 3
    )


@pytest.mark.parametrize(
    ("signed", "slug"),
    [
        ("h.p.other", None),
        ("h.q.s", "kernel.key_reused"),
        ("g.p.s", "kernel.key_reused"),
        ("h.p", "kernel.key_reused"),
    ],
)
def test_a_known_id_is_the_same_order_when_the_same_content_was_signed(
    signed: str, slug: str | None
) -> None:
    stands = Settled(OrderId(ID), OrderState.POSTED, NOW, None, "h.p.s", "receipt")
    answer = rules.repeated(SignedOrder(order(), signed, KEY), stands)
    assert (answer and answer.slug) == slug


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        (None, OrderState.POSTED),
        (FundsInsufficient(), OrderState.REFUSED),
        (OrderExpired(), OrderState.EXPIRED),
    ],
)
def test_an_order_ends_in_one_of_three_ways(refusal: Refusal | None, state: OrderState) -> None:
    assert rules.state_of(refusal) is state


def test_the_fact_of_a_payment_names_a_person_masked_and_a_merchant_whole() -> None:
    told = json.loads(rules.fact(order(), "digest", party(), SHOP, None, NOW, LAOS.network))
    assert told["payer"]["name"] == "ສົມສີ ວົ***"
    assert told["payee"]["name"] == "ຮ້ານກາເຟ"
    assert (told["state"], told["at"]) == ("posted", "2026-11-22T08:00:00.000000Z")
    assert "refusal" not in told


def test_the_fact_of_a_refusal_has_its_code_and_an_unknown_payee_has_no_name() -> None:
    refusal = PayeeUnknown()
    told = json.loads(rules.fact(order(), "digest", party(), None, refusal, NOW, LAOS.network))
    assert told["refusal"] == 3008
    assert told["payee"] == {"account": str(PAYEE)}


@pytest.mark.parametrize("refusal", [None, PayeeUnknown(), OrderExpired()], ids=str)
@pytest.mark.parametrize("payee", [SHOP, None], ids=["payee", "no payee"])
@given(name=st.text(min_size=1, max_size=30), amount=st.integers(1, 2**53 - 1))
def test_a_fact_is_canonical_json_whatever_people_are_called(
    refusal: Refusal | None, payee: Party | None, name: str, amount: int
) -> None:
    payer = party(name=name.encode(errors="ignore").decode() or "x", kind=PartyKind.MERCHANT)
    asked = order(amount_minor=amount)
    written = rules.fact(asked, "digest", payer, payee, refusal, NOW, LAOS.network)
    told = canonical.json_decode(written)
    assert isinstance(told, dict)
    assert told["amount"] == amount  # type: ignore[index]
