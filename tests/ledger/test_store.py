"""The books in PostgreSQL: written whole, read back the same, and checked by themselves again."""

from __future__ import annotations

import asyncio
from typing import LiteralString

import psycopg
import pytest
from msgspec.structs import replace

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.kernel.money import MINOR_MAX
from nagara.ledger import rules
from nagara.ledger.model import (
    AccountState,
    Balancing,
    Decision,
    Group,
    Kind,
    Line,
    Post,
    Side,
    TrialBalance,
    Void,
    Written,
)
from nagara.ledger.refusals import (
    AccountClosed,
    AccountDiffers,
    AccountFrozen,
    AccountNotEmpty,
    AccountNotFound,
    FundsInsufficient,
    PendingNotFound,
    TransferDiffers,
)
from nagara.ledger.service import LINES_MAX, LedgerService
from nagara.ledger.store import PostgresBooks
from nagara.storage import Contended
from tests.ledger.country import Country, pay
from tests.ledger.statement import OPENED, account, account_id, transfer_id


async def _execute(country: Country, statement: LiteralString, **values: object) -> None:
    async with country.database.unit() as unit:
        await unit.connection.execute(statement, values)


@pytest.mark.parametrize("name", ["ann", "till"])
async def test_the_floor_holds_even_where_the_rules_were_wrong(country: Country, name: str) -> None:
    standing = await country.account(name)
    side = "debits_posted" if name == "ann" else "credits_posted"
    below = replace(standing, **{side: 1})
    line = Written(
        transfer_id("x"), Kind.POSTED, account_id("ann"), account_id("bob"), 1, 0, OPENED, -1, 1
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="floor"):
        async with country.database.unit() as unit:
            await PostgresBooks().write(unit, Decision([standing], [below], [line], []))
    assert (await country.account(name)) == standing


async def test_a_reservation_counts_for_the_floor_of_the_books_too(country: Country) -> None:
    standing = await country.account("ann")
    with pytest.raises(psycopg.errors.CheckViolation, match="floor"):
        await _execute(
            country,
            "UPDATE ledger.account SET debits_pending = 1 WHERE id = %(id)s",
            id=standing.id,
        )


class _Inventing(rules.Posting):
    """Rules that have gone wrong: one kip out of nothing."""

    def decision(self) -> Decision:
        made = super().decision()
        rich = replace(made.accounts[-1], credits_posted=made.accounts[-1].credits_posted + 1)
        return Decision(made.before, [*made.accounts[:-1], rich], made.written, made.reservations)


async def test_a_decision_that_does_not_sum_to_zero_stops_us(country: Country) -> None:
    accounts = [await country.account(name) for name in ("cash", "ann")]
    posting = _Inventing(accounts, {}, {}, OPENED)
    posting.apply((pay("t", "cash", "ann", 5),))
    with pytest.raises(AssertionError, match="sum to zero"):
        async with country.database.unit() as unit, unit.pipeline():
            await country.ledger.write(unit, posting)
    assert (await country.account("ann")).credits_posted == 0


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE ledger.transfer SET amount_minor = 6 WHERE id = %(t1)s", {"cash", "ann"}),
        ("UPDATE ledger.transfer SET credit = %(bob)s WHERE id = %(t1)s", {"ann", "bob"}),
        ("UPDATE ledger.transfer SET kind = 4 WHERE id = %(t1)s", {"cash", "ann"}),
        ("UPDATE ledger.transfer SET credit_net = 6 WHERE id = %(t1)s", {"ann"}),
        ("UPDATE ledger.transfer SET debit_net = 0 WHERE id = %(t1)s", {"cash"}),
        ("UPDATE ledger.transfer SET at = at - interval '1h' WHERE id = %(t2)s", {"cash", "ann"}),
        ("DELETE FROM ledger.transfer WHERE id = %(t1)s", {"cash", "ann"}),
        ("UPDATE ledger.account SET credits_posted = 13 WHERE id = %(ann)s", {"ann"}),
        ("UPDATE ledger.account SET debits_posted = 1 WHERE id = %(ann)s", {"ann"}),
        ("UPDATE ledger.reservation SET amount_minor = 2 WHERE id = %(h1)s", {"cash", "bob"}),
        ("UPDATE ledger.reservation SET ended = 4 WHERE id = %(h1)s", {"cash", "bob"}),
        ("UPDATE ledger.reservation SET ended = 5 WHERE id = %(h2)s", {"cash"}),
        ("DELETE FROM ledger.account WHERE id = %(bob)s", {"bob"}),
        ("UPDATE ledger.reservation SET ended = NULL WHERE id = %(h2)s", {"cash", "bob"}),
        ("DELETE FROM ledger.reservation WHERE id = %(h1)s", {"cash", "bob"}),
    ],
)
async def test_the_audit_finds_a_tampered_row(
    country: Country, tampering: LiteralString, found: set[str]
) -> None:
    hold = pay("h1", "cash", "bob", 3)
    await country.post(
        pay("t1", "cash", "ann", 5),
        pay("t2", "cash", "ann", 7),
        replace(hold, deadline=OPENED.plus_seconds(60)),
        replace(hold, id=transfer_id("h2"), deadline=OPENED.plus_seconds(60)),
    )
    async with country.database.unit() as unit:
        await country.ledger.post(unit, [(Void(transfer_id("v2"), transfer_id("h2")),)])
    assert await country.is_right()
    ids = {name: transfer_id(name) for name in ("t1", "t2", "h1", "h2")}
    await _execute(country, tampering, ann=account_id("ann"), bob=account_id("bob"), **ids)
    async with country.database.read() as unit:
        wrong = await country.ledger.audit(unit)
    assert set(wrong) == {account_id(name) for name in found}


async def test_an_abandoned_unit_leaves_nothing(country: Country) -> None:
    class PowerCutError(Exception):
        pass

    async def cut_short() -> None:
        async with country.database.unit() as unit:
            (made,) = await country.ledger.post(unit, [(pay("t", "cash", "ann", 5),)])
            assert not isinstance(made, Refusal)
            raise PowerCutError

    with pytest.raises(PowerCutError):
        await cut_short()
    assert (await country.account("ann")).balance_minor == 0
    (again,) = await country.post(pay("t", "cash", "ann", 5))
    assert not isinstance(again, Refusal)
    assert (await country.account("ann")).balance_minor == 5


async def test_two_units_with_one_id_on_other_accounts_make_one_transfer(country: Country) -> None:
    async def one(debit: str, credit: str) -> object:
        work = [(pay("same", debit, credit, 5),)]
        try:
            return (await country.database.run(lambda unit: country.ledger.post(unit, work)))[0]
        except Contended as fault:
            return fault

    outcomes = await asyncio.gather(one("cash", "ann"), one("odo", "bob"))
    assert sorted(isinstance(outcome, TransferDiffers) for outcome in outcomes) == [False, True]
    moved = [(await country.account(name)).balance_minor for name in ("ann", "bob")]
    assert sorted(moved) == [0, 5]
    assert await country.is_right()


async def test_two_units_with_the_same_ids_the_other_way_round_never_wait_in_a_ring(
    country: Country,
) -> None:
    async def the_other_way_round() -> None:
        async with country.database.unit() as unit:
            work = [(pay(2, "odo", "bob", 5),), (pay(1, "odo", "bob", 5),)]
            await country.ledger.post(unit, work)

    async with country.database.unit() as unit:
        await country.ledger.post(unit, [(pay(1, "cash", "ann", 5),)])
        waiting = asyncio.create_task(the_other_way_round())
        await _until_someone_waits(country)
        await country.ledger.post(unit, [(pay(2, "cash", "ann", 5),)])
    with pytest.raises(Contended) as met:
        await waiting
    assert isinstance(met.value.__cause__, psycopg.errors.UniqueViolation)  # no deadlock
    assert (await country.account("ann")).balance_minor == 10


async def test_a_reservation_made_while_we_wait_is_not_ended_without_its_locks(
    country: Country,
) -> None:
    hold = replace(pay("hold", "cash", "bob", 3), deadline=OPENED.plus_seconds(60))
    await country.post(pay("fund", "cash", "ann", 5))

    async def ending() -> object:
        async with country.database.unit() as unit:
            post = Post(transfer_id("p"), hold.id)
            return (await country.ledger.post(unit, [(pay("t", "ann", "cat", 1),), (post,)]))[1]

    async with country.database.unit() as unit:
        await country.ledger.set_state(unit, account_id("ann"), AccountState.OPEN)  # its lock
        waiting = asyncio.create_task(ending())
        await _until_someone_waits(country)
        await country.post(hold)
    assert isinstance(await waiting, PendingNotFound)
    assert (await country.account("bob")).credits_pending == 3
    assert await country.is_right()


async def _until_someone_waits(country: Country) -> None:
    waits = "SELECT FROM pg_locks WHERE NOT granted"
    for _ in range(10_000):
        async with country.database.read() as unit:
            found = await unit.connection.execute(waits)
            if found.rowcount:
                return
    raise AssertionError("nobody came to wait for the lock")


async def test_every_kind_of_transfer_is_read_back_as_it_was_decided(country: Country) -> None:
    later = OPENED.plus_seconds(60)
    first = await country.post(
        pay("t", "cash", "ann", 100),
        replace(pay("h", "ann", "bob", 60), deadline=later, code=7),
        replace(pay("v", "ann", "bob", 10), deadline=later),
        replace(pay("b", "ann", "cat", 999), balancing=Balancing.DEBIT),
    )
    async with country.database.unit() as unit:
        ends: list[Group] = [
            (Post(transfer_id("p"), transfer_id("h"), 20),),
            (Void(transfer_id("w"), transfer_id("v")),),
        ]
        ended = await country.ledger.post(unit, ends)
    made = {one.id: one for group in (*first, *ended) if isinstance(group, tuple) for one in group}
    assert [one.kind for one in made.values()] == [
        Kind.POSTED, Kind.PENDING, Kind.PENDING, Kind.POSTED, Kind.POST, Kind.VOID
    ]  # fmt: skip
    async with country.database.unit() as unit, unit.pipeline():
        _, stood = await (await PostgresBooks().lock(unit, [], list(made))).read()
    assert stood == made


async def test_opened_twice_is_opened_once_and_other_terms_are_refused(country: Country) -> None:
    ann = account("ann")
    asked = [
        ann,
        account("new"),
        replace(ann, currency="USD"),
        account("new", floor=None),
        account("new"),
        replace(ann, owner="somebody"),
        replace(ann, normal_side=Side.DEBIT),
    ]
    async with country.database.unit() as unit:
        found = await country.ledger.open(unit, asked)
    assert [one and one.facts for one in found] == [
        None,
        None,
        {"field": "currency"},
        {"field": "floor_minor"},
        None,
        {"field": "owner"},
        {"field": "normal_side"},
    ]
    assert all(one is None or isinstance(one, AccountDiffers) for one in found)
    assert await country.account("new") == account("new")


async def test_an_account_is_frozen_thawed_and_closed(country: Country) -> None:
    ledger, ann = country.ledger, account_id("ann")
    await country.post(pay("fund", "cash", "ann", 5))
    async with country.database.unit() as unit:
        frozen = await ledger.set_state(unit, ann, AccountState.FROZEN)
    assert frozen.state is AccountState.FROZEN
    assert frozen == await country.account("ann")
    (outcome,) = await country.post(pay("t", "ann", "bob", 5))
    assert isinstance(outcome, AccountFrozen)
    with pytest.raises(AccountNotEmpty):
        async with country.database.unit() as unit:
            await ledger.set_state(unit, ann, AccountState.CLOSED)
    async with country.database.unit() as unit:
        await ledger.set_state(unit, ann, AccountState.OPEN)
        await ledger.post(unit, [(pay("t", "ann", "bob", 5),)])
        await ledger.set_state(unit, ann, AccountState.CLOSED)
    with pytest.raises(AccountClosed):
        async with country.database.unit() as unit:
            await ledger.set_state(unit, ann, AccountState.OPEN)
    with pytest.raises(AccountNotFound):
        async with country.database.unit() as unit:
            await ledger.set_state(unit, account_id("nobody"), AccountState.OPEN)


async def test_reservations_past_their_deadline_are_swept_once(country: Country) -> None:
    hold = replace(pay("h1", "cash", "ann", 3), deadline=OPENED.plus_seconds(60))
    await country.post(
        hold,
        replace(hold, id=transfer_id("h2")),
        replace(hold, id=transfer_id("h3"), deadline=OPENED.plus_seconds(61)),
    )
    swept = []
    for _ in range(3):
        async with country.database.unit() as unit:
            swept.append(await country.ledger.expire_due(unit))
        country.clock.forward(60)
    assert swept == [0, 2, 1]
    assert (await country.account("ann")).credits_pending == 0
    assert await country.is_right()


async def test_the_balance_at_any_past_instant_stands_for_ever(country: Country) -> None:
    ledger, known = country.ledger, {OPENED: 0}
    for number in range(1, 6):
        country.clock.forward(10)
        await country.post(pay(number, "cash", "ann", number))
        known[country.clock.now()] = (await country.account("ann")).balance_minor
    async with country.database.read() as unit:
        for at, balance in known.items():
            assert await ledger.balance_at(unit, account_id("ann"), at) == balance
            assert await ledger.balance_at(unit, account_id("ann"), at.plus_seconds(9)) == balance
            assert await ledger.balance_at(unit, account_id("cash"), at) == balance
        assert await ledger.balance_at(unit, account_id("bob"), country.clock.now()) == 0
        with pytest.raises(AccountNotFound):
            await ledger.balance_at(unit, account_id("nobody"), OPENED)


async def test_a_statement_is_newest_first_within_its_bounds(country: Country) -> None:
    for number in range(1, 6):
        country.clock.forward(10)
        await country.post(pay(number, "cash", "ann", 10), pay(f"{number}b", "ann", "bob", 1))
    end = country.clock.now().plus_seconds(1)
    async with country.database.read() as unit:
        of = country.ledger.statement
        lines = await of(unit, account_id("ann"), OPENED, end, 100)
        cash = await of(unit, account_id("cash"), OPENED, end, 100)
        some = await of(unit, account_id("ann"), OPENED, end, 3)
        middle = await of(unit, account_id("ann"), lines[6].at, lines[2].at, 100)
        with pytest.raises(AccountNotFound):
            await of(unit, account_id("nobody"), OPENED, end, 100)
    assert [line.amount_minor for line in lines] == [-1, 10] * 5
    assert [line.balance_minor for line in lines] == [45, 46, 36, 37, 27, 28, 18, 19, 9, 10]
    assert {line.counterpart for line in lines} == {account_id("cash"), account_id("bob")}
    assert [(line.amount_minor, line.balance_minor) for line in cash] == [
        (10, 50), (10, 40), (10, 30), (10, 20), (10, 10)
    ]  # fmt: skip
    assert some == lines[:3]
    assert middle == lines[3:7]


async def test_a_reservation_is_no_line_and_its_posting_is_one(country: Country) -> None:
    await country.post(replace(pay("h", "cash", "ann", 9), deadline=OPENED.plus_seconds(60)))
    country.clock.forward(1)
    async with country.database.unit() as unit:
        await country.ledger.post(unit, [(Post(transfer_id("p"), transfer_id("h"), 4),)])
        end = country.clock.now().plus_seconds(1)
        lines = await country.ledger.statement(unit, account_id("ann"), OPENED, end, 10)
    assert [(line.transfer, line.amount_minor) for line in lines] == [(transfer_id("p"), 4)]


async def test_news_are_what_came_in_since_oldest_first(country: Country) -> None:
    for number in range(4):
        country.clock.forward(1)
        await country.post(pay(number, "cash", "ann" if number % 2 else "bob", 10 + number))
    await country.post(pay("out", "ann", "bob", 1))
    both = {account_id("ann"): Instant(0), account_id("bob"): Instant(0)}
    async with country.database.read() as unit:
        news = await country.ledger.news(unit, both, LINES_MAX)
        first = await country.ledger.news(unit, both, 2)
        after = {id_: line.at for id_, line in first}
        rest = await country.ledger.news(unit, after, LINES_MAX)
    assert [line.amount_minor for _, line in news] == [10, 11, 12, 13, 1]
    assert [line.balance_minor for _, line in news] == [10, 11, 22, 24, 23]
    assert first + rest == news
    assert isinstance(news[0][1], Line)


async def test_news_of_one_account_do_not_keep_those_of_others_away(country: Country) -> None:
    for number in range(6):
        await country.post(pay(number, "cash", "ann", 10))
    await country.post(pay(6, "cash", "bob", 7))
    both = {account_id("ann"): Instant(0), account_id("bob"): Instant(0)}
    async with country.database.read() as unit:
        news = await country.ledger.news(unit, both, 3)
    assert [line.amount_minor for _, line in news] == [10, 10, 7]


async def test_totals_larger_than_a_bigint_still_add_up(country: Country) -> None:
    await country.post(pay("big", "cash", "ann", MINOR_MAX))
    pairs = [(f"from{number}", f"to{number}") for number in range(12)]
    async with country.database.unit() as unit:
        await country.ledger.open(
            unit, [account(one, floor=None) for pair in pairs for one in pair]
        )
    await country.post(*(pay(debit, debit, credit, MINOR_MAX) for debit, credit in pairs))
    async with country.database.read() as unit:
        (kip, dollars) = await country.ledger.trial_balance(unit)
        owners = await country.ledger.totals_by_owner(unit)
    assert kip == TrialBalance("LAK", 13 * MINOR_MAX, 13 * MINOR_MAX, 0, 0)
    assert dollars == TrialBalance("USD", 0, 0, 0, 0)
    assert kip.balanced
    assert owners == [("owner", "LAK", 0), ("owner", "USD", 0)]
    assert await country.is_right()


async def test_a_room_decides_its_own_transfers_between_the_locks_and_the_writing(
    country: Country,
) -> None:
    ledger: LedgerService = country.ledger
    await country.post(pay("fund", "cash", "ann", 10))
    named = {account_id("ann"), account_id("bob")}
    wishes = [pay("t1", "ann", "bob", 8), pay("t2", "ann", "bob", 8), pay("t3", "ann", "bob", 2)]
    async with country.database.unit() as unit, unit.pipeline():
        locked = await ledger.lock(unit, named, [one.id for one in wishes])
        posting = await ledger.begin(locked)
        outcomes = [posting.apply((one,)) for one in wishes]
        await ledger.write(unit, posting)
    assert [isinstance(one, FundsInsufficient) for one in outcomes] == [False, True, False]
    assert (await country.account("bob")).balance_minor == 10
    assert await country.is_right()


async def test_a_batch_in_which_all_is_refused_writes_nothing(country: Country) -> None:
    before = await country.account("ann")
    assert await country.post() == []
    (outcome,) = await country.post(pay("t", "ann", "nobody", 1))
    assert isinstance(outcome, AccountNotFound)
    assert await country.account("ann") == before
