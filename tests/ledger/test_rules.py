"""What the ledger does when it says yes. The language is that of tests/ledger/statement.py."""

from __future__ import annotations

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.ledger import rules
from nagara.ledger.model import Kind, Transfer
from tests.ledger.statement import OPENED, Books, account, account_id, holds, transfer_id


def test_money_moves_and_nothing_else_changes() -> None:
    holds("""
        fund   cash > ann 100           = 100
        t1     ann > bob 30             = 30
        t2     bob > cat 10             = 10
        balance ann 70 reserved 0
        balance bob 20 reserved 0
        balance cat 10 reserved 0
        balance cash 100 reserved 0       # debit-normal: what the issuer holds
        t3     ann > cash 70            = 70
        balance ann 0 reserved 0
        balance cash 30 reserved 0
    """)


def test_a_repeated_id_gets_the_same_answer_and_moves_nothing() -> None:
    holds("""
        fund   cash > ann 100           = 100
        t1     ann > bob 100            = 100
        t1     ann > bob 100            = 100
        freeze ann                      = ok
        t1     ann > bob 100            = 100   # even where it would be refused now
        at 9999
        t1     ann > bob 100            = 100
        balance ann 0 reserved 0
        balance bob 100 reserved 0
    """)


def test_a_refused_id_may_be_tried_again() -> None:
    holds("""
        t1     ann > bob 5              = funds_insufficient
        fund   cash > ann 5             = 5
        t1     ann > bob 5              = 5
    """)


def test_a_reservation_holds_money_without_moving_it() -> None:
    holds("""
        fund   cash > ann 100           = 100
        h1     ann > bob 60 until 60    = 60
        balance ann 100 reserved 60
        balance bob 0 reserved 0
        t1     bob > cat 1              = funds_insufficient   # bob does not have it yet
        p1     post h1                  = 60
        balance ann 40 reserved 0
        balance bob 60 reserved 0
    """)


def test_a_part_is_posted_and_the_rest_is_released() -> None:
    holds("""
        fund   cash > ann 100           = 100
        h1     ann > bob 60 until 60    = 60
        p1     post h1 25               = 25
        balance ann 75 reserved 0
        balance bob 25 reserved 0
        t1     ann > bob 75             = 75
    """)


def test_a_voided_reservation_gives_everything_back() -> None:
    holds("""
        fund   cash > ann 100           = 100
        h1     ann > bob 100 until 60   = 100
        v1     void h1                  = 100
        v1     void h1                  = 100
        balance ann 100 reserved 0
        t1     ann > bob 100            = 100
    """)


def test_a_deadline_is_over_at_its_instant_and_not_before() -> None:
    holds("""
        h1     cash > ann 10 until 60   = 10
        h2     cash > ann 10 until 60   = 10
        h3     cash > ann 10 until 60   = 10
        at 59
        p1     post h1                  = 10
        v1     void h2                  = 10
        at 60
        p3     post h3                  = pending_expired
        e3     expire h3                = 10
        e3     expire h3                = 10
        balance ann 10 reserved 0
    """)


def test_money_past_its_deadline_is_held_until_it_is_swept() -> None:
    holds("""
        fund   cash > ann 10            = 10
        h1     ann > bob 10 until 60    = 10
        at 60
        t1     ann > cat 10             = funds_insufficient
        e1     expire h1                = 10
        t1     ann > cat 10             = 10
    """)


def test_a_debit_normal_account_with_a_floor_reserves_on_its_credit_side() -> None:
    holds("""
        t1     till > ann 50            = 50
        h1     ann > till 30 until 60   = 30
        balance till 50 reserved 30
        balance ann 50 reserved 30
        p1     post h1 20               = 20
        balance till 30 reserved 0
    """)


def test_a_group_is_made_whole() -> None:
    holds("""
        fund   cash > ann 100                                  = 100
        a ann > bob 60 ; b bob > cat 60 ; c ann > cat 40       = 60 60 40
        a ann > bob 60 ; b bob > cat 60 ; c ann > cat 40       = 60 60 40
        balance ann 0 reserved 0
        balance bob 0 reserved 0
        balance cat 100 reserved 0
    """)


def test_a_refused_group_leaves_nothing_behind() -> None:
    cause = "linked_refused index=2 cause=ledger.funds_insufficient"
    holds(f"""
        fund   cash > ann 100                                  = 100
        h0     ann > bob 10 until 60                           = 10
        a ann > bob 50 ; h ann > cat 40 until 60 ; c cat > bob 1 = {cause}
        balance ann 100 reserved 10
        balance bob 0 reserved 0
        p1     post h                                          = pending_not_found
        a ann > bob 50 ; p post h0 5 ; c cat > bob 1           = {cause}
        balance ann 100 reserved 10
        h ann > cat 9 until 60 ; v void h ; c cat > bob 1      = {cause}
        v1     void h                                          = pending_not_found
        a      ann > bob 90                                    = 90    # its id is free again
        v0     void h0                                         = 10    # and this is still held
    """)


def test_a_group_may_reserve_and_post_within_itself() -> None:
    holds("""
        fund cash > ann 50 ; h ann > bob 50 until 60 ; p post h 20 ; t bob > cat 20 = 50 50 20 20
        balance ann 30 reserved 0
        balance cat 20 reserved 0
    """)


def test_the_same_id_twice_in_a_group_is_one_transfer() -> None:
    differs = "linked_refused index=1 cause=ledger.transfer_differs"
    insufficient = "linked_refused index=2 cause=ledger.funds_insufficient"
    holds(f"""
        fund   cash > ann 100                             = 100
        a ann > bob 10 ; a ann > bob 10                   = 10 10
        balance bob 10 reserved 0
        b ann > bob 10 ; b ann > bob 11                   = {differs}
        c ann > bob 10 ; c ann > bob 10 ; d cat > bob 1   = {insufficient}
        a ann > bob 10 ; c ann > bob 10 ; d cat > bob 1   = {insufficient}
        balance bob 10 reserved 0
        a      ann > bob 10                               = 10    # undoing spared what stood
        balance bob 10 reserved 0
    """)


def test_a_group_which_stands_in_part_is_completed() -> None:
    holds("""
        fund   cash > ann 100                             = 100
        a      ann > bob 10                               = 10
        a ann > bob 10 ; b ann > cat 20                   = 10 20
        balance ann 70 reserved 0
    """)


def test_a_balancing_debit_moves_what_the_debit_account_can_give() -> None:
    holds("""
        fund   cash > ann 100                    = 100
        h1     ann > bob 30 until 60             = 30
        t1     ann > bob 500 up to debit         = 70
        t2     ann > bob 500 up to debit         = funds_insufficient
        balance ann 30 reserved 30
        t3     odo > bob 500 up to debit         = 100
        t4     cash > cat 500 up to debit        = 500   # cash has no bound
    """)


def test_a_balancing_credit_moves_what_the_credit_account_can_take() -> None:
    holds("""
        f1     till > ann 40                     = 40
        f2     cash > ann 100                    = 100
        t1     ann > till 500 up to credit       = 40
        t2     ann > till 500 up to credit       = funds_insufficient
        f3     till > bob 999                    = 999
        t3     ann > till 500 up to credit       = funds_insufficient   # ann has but 100
        t4     ann > till 500 up to debit        = 100
    """)


def test_a_balancing_transfer_may_reserve() -> None:
    holds("""
        fund   cash > ann 100                            = 100
        h1     ann > bob 500 until 60 up to debit        = 100
        h1     ann > bob 500 until 60 up to debit        = 100
        balance ann 100 reserved 100
        p1     post h1                                   = 100
    """)


def _pay(name: str, amount: int = 1) -> Transfer:
    return Transfer(transfer_id(name), account_id("cash"), account_id("ann"), amount, "LAK")


def test_instants_grow_along_an_account_even_where_the_clock_stands_or_goes_back() -> None:
    books = Books()
    seen: list[Instant] = []
    for number, at in enumerate([OPENED, OPENED, OPENED.plus_seconds(-60), OPENED.plus_seconds(1)]):
        for outcome in books.post([(_pay(f"{number}a"),), (_pay(f"{number}b"),)], at):
            assert not isinstance(outcome, Refusal)
            seen.append(outcome[0].at)
    assert seen == sorted(set(seen))
    assert seen[0] > OPENED  # the account was opened at that instant
    assert seen[-2] == OPENED.plus_seconds(1)  # the clock's own instant, where it is later
    assert books["ann"].last_at == seen[-1]


def test_a_refused_group_uses_no_instant() -> None:
    pair = (_pay("a"), _pay("b", 0))
    apart = Books().post([pair, (_pay("c"),)], OPENED)[1]
    alone = Books().post([(_pay("c"),)], OPENED)[0]
    assert apart == alone


def test_what_is_written_tells_both_balances_after_it() -> None:
    books = Books()
    made = books.post([(_pay("a", 5),), (_pay("b", 7),)], OPENED)
    nets = [(one.debit_net, one.credit_net) for group in made if isinstance(group, tuple)
            for one in group]  # fmt: skip
    assert nets == [(-5, 5), (-12, 12)]
    assert [one.kind for one in books.written.values()] == [Kind.POSTED, Kind.POSTED]


def test_a_batch_writes_only_what_it_touched() -> None:
    others = [account("bob"), account("cat")]
    accounts = [account("cash", floor=None), account("ann"), *others]
    posting = rules.Posting(accounts, {}, {}, OPENED)
    posting.apply((_pay("a"),))
    posting.apply((Transfer(transfer_id("x"), account_id("bob"), account_id("cat"), 1, "LAK"),))
    decision = posting.decision()
    assert {one.id for one in decision.accounts} == {account_id("cash"), account_id("ann")}
    assert [one.id for one in decision.before] == [one.id for one in decision.accounts]
    assert len(decision.written) == 1
    assert not decision.reservations
