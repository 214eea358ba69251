"""The laws L1 to L6 of nagara.ledger.rules, over any batch that hypothesis can think of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.ledger.model import (
    Account,
    Balancing,
    Command,
    Expire,
    Group,
    Kind,
    Outcome,
    Post,
    Side,
    Transfer,
    TransferId,
    Void,
    Written,
)
from nagara.ledger.refusals import LinkedRefused, TransferDiffers
from tests.ledger.statement import OPENED, Books, account_id, bank, transfer_id

ACCOUNTS = [one.id for one in bank() if one.id != account_id("full")]
FUNDED = [
    Transfer(transfer_id(f"fund {name}"), account_id("cash"), account_id(name), 100, "LAK")
    for name in ("ann", "bob", "cat")
]

HELD = [
    Transfer(transfer_id(name), account_id("ann"), account_id("bob"), 30, "LAK", 0, deadline)
    for name, deadline in (("h0", OPENED.plus_seconds(2)), ("h1", OPENED.plus_seconds(90)))
]

seconds = st.integers(0, 8)
names = st.integers(0, 4).map(lambda number: transfer_id(f"{number}"))
ends = st.integers(0, 4).map(lambda number: transfer_id(f"end {number}"))
holds = st.sampled_from([one.id for one in HELD]) | names
transfers = st.builds(
    Transfer,
    id=names,
    debit=st.sampled_from(ACCOUNTS),
    credit=st.sampled_from(ACCOUNTS),
    amount_minor=st.integers(0, 120),
    currency=st.sampled_from(["LAK", "LAK", "LAK", "USD"]),
    deadline=st.none() | seconds.map(OPENED.plus_seconds),
    balancing=st.sampled_from(Balancing),
)
endings = st.one_of(
    st.builds(Post, id=ends, pending=holds, amount_minor=st.none() | st.integers(0, 40)),
    st.builds(Void, id=ends, pending=holds),
    st.builds(Expire, id=ends, pending=holds),
)
commands: st.SearchStrategy[Command] = st.one_of(transfers, endings)
groups: st.SearchStrategy[Group] = st.lists(commands, min_size=1, max_size=4).map(tuple)


@dataclass(frozen=True)
class Batch:
    """Groups that arrive together, some seconds after those before them."""

    later_seconds: int
    groups: list[Group]


batches = st.builds(
    Batch, later_seconds=st.integers(0, 3), groups=st.lists(groups, min_size=1, max_size=6)
)
days = st.lists(batches, min_size=1, max_size=4)


def _funded() -> Books:
    books = Books()
    books.post([(command,) for command in [*FUNDED, *HELD]], OPENED)
    return books


def _live(books: Books, day: list[Batch]) -> list[list[Outcome]]:
    at, outcomes = OPENED, []
    for batch in day:
        at = at.plus_seconds(batch.later_seconds)
        outcomes.append(books.post(batch.groups, at))
    return outcomes


@given(days)
def test_l1_entries_sum_to_zero_in_each_currency(day: list[Batch]) -> None:
    books = _funded()
    _live(books, day)
    for currency in ("LAK", "USD"):
        of = [one for one in books.accounts.values() if one.currency == currency]
        assert sum(one.debits_posted for one in of) == sum(one.credits_posted for one in of)
        assert sum(one.debits_pending for one in of) == sum(one.credits_pending for one in of)
    for written in books.written.values():
        sides = {books.accounts[written.debit].currency, books.accounts[written.credit].currency}
        assert len(sides) == 1


@given(days)
def test_l2_no_account_passes_its_floor_reservations_counted(day: list[Batch]) -> None:
    books = _funded()
    _live(books, day)
    assert all((one.available_minor or 0) >= 0 for one in books.accounts.values())


@given(days)
def test_l3_the_same_day_again_changes_nothing_and_gets_the_same_answers(day: list[Batch]) -> None:
    books = _funded()
    first = _live(books, day)
    accounts, written = dict(books.accounts), dict(books.written)
    at = OPENED.plus_seconds(sum(batch.later_seconds for batch in day))
    for batch, answers in zip(day, first, strict=True):
        made = [g for g, was in zip(batch.groups, answers, strict=True) if isinstance(was, tuple)]
        again = books.post(made, at)
        assert again == [was for was in answers if isinstance(was, tuple)]
    assert (books.accounts, books.written) == (accounts, written)


@given(days, transfers)
def test_l3_the_same_id_with_other_content_is_refused(day: list[Batch], other: Transfer) -> None:
    books = _funded()
    _live(books, day)
    books.post([(other,)], OPENED)
    accounts = dict(books.accounts)
    for written in list(books.written.values()):
        differs = Transfer(
            written.id, written.debit, written.credit, written.amount_minor + 121, "LAK"
        )
        (outcome,) = books.post([(differs,)], OPENED)
        assert isinstance(outcome, TransferDiffers)
    assert books.accounts == accounts


@given(days)
def test_l4_a_reservation_ends_at_most_once(day: list[Batch]) -> None:
    books = _funded()
    _live(books, day)
    ends = Counter(one.pending for one in books.written.values() if one.pending is not None)
    held: Counter[object] = Counter()
    for id_, reservation in books.reservations.items():
        assert ends[id_] == (reservation.ended is not None)
        if reservation.ended is None:
            held[reservation.debit] += reservation.amount_minor
    for one in books.accounts.values():
        assert one.debits_pending == held[one.id]


@given(days, groups)
@settings(max_examples=200)
def test_l5_a_refused_group_is_as_if_it_had_not_come(day: list[Batch], group: Group) -> None:
    with_it, without = _funded(), _funded()
    _live(with_it, day)
    _live(without, day)
    probe = Transfer(transfer_id("probe"), account_id("cash"), account_id("ann"), 1, "LAK")
    rest: list[Group] = [*day[0].groups, (probe,)]
    outcome = with_it.post([group, *rest], OPENED.plus_seconds(20))
    if not isinstance(outcome[0], Refusal):
        assert len(outcome[0]) == len(group)
        return
    assert isinstance(outcome[0], LinkedRefused) == (len(group) > 1)
    after = without.post(rest, OPENED.plus_seconds(20))
    assert list(map(_told, outcome[1:])) == list(map(_told, after))
    assert vars(with_it) == vars(without)


def _told(outcome: Outcome) -> object:
    return (outcome.slug, outcome.facts) if isinstance(outcome, Refusal) else outcome


@given(days)
def test_l6_along_an_account_instants_grow_and_each_balance_follows_from_the_last(
    day: list[Batch],
) -> None:
    books = _funded()
    _live(books, day)
    last: dict[object, tuple[Instant, int]] = {}
    for one in books.written.values():
        moved = one.amount_minor if one.kind in {Kind.POSTED, Kind.POST} else 0
        for id_, change, net in (
            (one.debit, -moved, one.debit_net),
            (one.credit, moved, one.credit_net),
        ):
            at, before = last.get(id_, (Instant(0), 0))
            assert one.at > at
            assert net == before + change
            last[id_] = (one.at, net)
    for key, (at, net) in last.items():
        standing = next(one for id_, one in books.accounts.items() if id_ == key)
        assert standing.last_at == at
        assert _net(standing) == net


def _net(account: Account) -> int:
    sign = 1 if account.normal_side is Side.CREDIT else -1
    return sign * account.balance_minor


@given(days)
def test_how_commands_are_batched_does_not_matter(day: list[Batch]) -> None:
    together, apart = _funded(), _funded()
    _live(together, day)
    _live(apart, [
        Batch(batch.later_seconds if first else 0, [group])
        for batch in day
        for first, group in zip([True, *[False] * len(batch.groups)], batch.groups, strict=False)
    ])  # fmt: skip
    assert _moved(together) == _moved(apart)


def _moved(books: Books) -> dict[TransferId, tuple[Kind, int, int, int]]:
    def story(one: Written) -> tuple[Kind, int, int, int]:
        return one.kind, one.amount_minor, one.debit_net, one.credit_net

    return {id_: story(one) for id_, one in books.written.items()}
