"""What the ledger refuses, each with its exact reason. First of all tests: the attack list."""

from __future__ import annotations

import inspect

import pytest

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.kernel.money import MINOR_MAX
from nagara.kernel.sentences import LANGUAGES, entry
from nagara.ledger import refusals
from nagara.ledger.model import GROUP_MAX, PENDING_SECONDS_MAX, Post, Transfer
from tests.ledger.statement import OPENED, Books, account_id, holds, transfer_id


def _group_of(count: int) -> str:
    return " ; ".join(f"g{number} cash > ann 1" for number in range(count))


REFUSED: dict[type[Refusal], str] = {
    refusals.AccountNotFound: """
        t1     nobody > ann 5                   = account_not_found side=debit
        t2     cash > nobody 5                  = account_not_found side=credit
        t3     nobody > nobody 5                = account_not_found side=debit
        freeze nobody                           = account_not_found side=any
        """,
    refusals.AccountFrozen: """
        fund   cash > ann 50                    = 50
        hold   ann > bob 10 until 60            = 10
        freeze ann                              = ok
        t1     ann > bob 5                      = account_frozen side=debit
        t2     cash > ann 5                     = account_frozen side=credit
        t3     post hold                        = account_frozen side=debit
        fund   cash > ann 50                    = 50    # what was done stays done
        thaw   ann                              = ok
        freeze bob                              = ok
        t4     post hold                        = account_frozen side=credit
        t5     void hold                        = 10    # but money may always be let go
        thaw   bob                              = ok
        t6     ann > bob 5                      = 5
        """,
    refusals.AccountClosed: """
        close  ann                              = ok
        close  ann                              = ok
        t1     ann > bob 5                      = account_closed side=debit
        t2     cash > ann 5                     = account_closed side=credit
        thaw   ann                              = account_closed side=any
        freeze ann                              = account_closed side=any
        """,
    refusals.AccountNotEmpty: """
        fund   cash > ann 5                     = 5
        close  ann                              = account_not_empty
        hold   ann > bob 5 until 60             = 5
        close  bob                              = account_not_empty  # 5 may still come
        take   post hold                        = 5
        close  ann                              = ok
        close  bob                              = account_not_empty
        """,
    refusals.AccountDiffers: """
        open   ann 0 LAK                        = ok
        open   ann 0 USD                        = account_differs field=currency
        open   ann -1 LAK                       = account_differs field=floor_minor
        open   ann none LAK                     = account_differs field=floor_minor
        open   cash none LAK                    = account_differs field=normal_side
        """,
    refusals.FundsInsufficient: """
        t1     ann > bob 1                      = funds_insufficient
        fund   cash > ann 100                   = 100
        t2     ann > bob 101                    = funds_insufficient
        hold   ann > bob 60 until 60            = 60
        t3     ann > bob 41                     = funds_insufficient  # what is held is not free
        t4     ann > bob 40                     = 40
        t5     ann > bob 1                      = funds_insufficient
        t6     odo > bob 101                    = funds_insufficient  # an overdraft of 100
        t7     odo > bob 100                    = 100
        t8     bob > till 1                     = funds_insufficient  # the till cannot give it
        t9     till > bob 10                    = 10
        u1     bob > till 11                    = funds_insufficient
        h2     bob > till 10 until 60           = 10
        u2     bob > till 1                     = funds_insufficient
        """,
    refusals.CurrencyDiffers: """
        fund   cash > ann 100                   = 100
        t1     ann > bob 5 currency USD         = currency_differs currency=USD
        t2     ann > ann_usd 5                  = currency_differs currency=LAK
        t3     ann > ann_usd 5 currency USD     = currency_differs currency=USD
        t4     cash_usd > ann_usd 5             = currency_differs currency=LAK
        t5     cash_usd > ann_usd 5 currency USD = 5
        """,
    refusals.AmountInvalid: f"""
        t1     cash > ann 0                     = amount_invalid
        t2     cash > ann -5                    = amount_invalid
        t3     cash > ann {MINOR_MAX + 1}       = amount_invalid
        t4     cash > ann {MINOR_MAX}           = {MINOR_MAX}
        hold   ann > bob 10 until 60            = 10
        t5     post hold 0                      = amount_invalid
        t6     post hold -1                     = amount_invalid
        """,
    refusals.SameAccount: """
        fund   cash > ann 100                   = 100
        t1     ann > ann 5                      = same_account
        """,
    refusals.TransferDiffers: """
        fund   cash > ann 100                   = 100
        t1     ann > bob 5                      = 5
        t1     ann > bob 5                      = 5
        t1     ann > bob 6                      = transfer_differs field=amount
        t1     bob > ann 5                      = transfer_differs field=debit
        t1     ann > cat 5                      = transfer_differs field=credit
        t1     ann > bob 5 code 1               = transfer_differs field=code
        t1     ann > bob 5 until 60             = transfer_differs field=kind
        t1     ann > bob 5 up to debit          = transfer_differs field=balancing
        t1     ann > bob 5 currency USD         = transfer_differs field=currency
        t1     void fund                        = transfer_differs field=kind
        h1     ann > bob 50 until 60            = 50
        h1     ann > bob 50 until 60            = 50
        h1     ann > bob 50 until 61            = transfer_differs field=deadline
        h1     ann > bob 50                     = transfer_differs field=kind
        h2     ann > bob 20 until 60            = 20
        p1     post h1 30                       = 30
        p1     post h1 30                       = 30
        p1     post h1 31                       = transfer_differs field=amount
        p1     post h1                          = transfer_differs field=amount
        p1     post h2 30                       = transfer_differs field=pending
        p1     void h1                          = transfer_differs field=kind
        b1     ann > bob 999 up to debit        = 45
        b1     ann > bob 999 up to debit        = 45
        b1     ann > bob 45 up to debit         = transfer_differs field=amount
        b1     ann > bob 45                     = transfer_differs field=amount
        b1     ann > bob 999                    = transfer_differs field=balancing
        b1     ann > bob 999 up to credit       = transfer_differs field=balancing
        balance ann 20 reserved 20
        """,
    refusals.PendingNotFound: """
        fund   cash > ann 100                   = 100
        t1     post nothing                     = pending_not_found
        t2     void nothing                     = pending_not_found
        t3     expire nothing                   = pending_not_found
        t4     post fund                        = pending_not_found   # it never was pending
        """,
    refusals.PendingPosted: """
        hold   cash > ann 10 until 60           = 10
        t1     post hold 4                      = 4
        t2     post hold                        = pending_posted
        t3     post hold 6                      = pending_posted      # the rest was released
        t4     void hold                        = pending_posted
        t5     expire hold                      = pending_posted
        at 60
        t6     post hold                        = pending_posted
        t7     expire hold                      = pending_posted
        """,
    refusals.PendingVoided: """
        hold   cash > ann 10 until 60           = 10
        t1     void hold                        = 10
        t2     void hold                        = pending_voided
        t3     post hold                        = pending_voided
        at 60
        t4     expire hold                      = pending_voided
        """,
    refusals.PendingExpired: """
        hold   cash > ann 10 until 60           = 10
        at 60
        t1     post hold                        = pending_expired     # at the very instant
        t2     void hold                        = pending_expired
        t3     expire hold                      = 10
        t4     expire hold                      = pending_expired
        t5     post hold                        = pending_expired
        """,
    refusals.PendingExceeded: """
        hold   cash > ann 10 until 60           = 10
        t1     post hold 11                     = pending_exceeded
        t2     post hold 10                     = 10
        """,
    refusals.PendingNotDue: """
        hold   cash > ann 10 until 60           = 10
        at 59
        t1     expire hold                      = pending_not_due
        at 60
        t2     expire hold                      = 10
        """,
    refusals.DeadlineInvalid: f"""
        h1     cash > ann 10 until 0            = deadline_invalid
        h2     cash > ann 10 until -1           = deadline_invalid
        h3     cash > ann 10 until {PENDING_SECONDS_MAX + 1} = deadline_invalid
        h4     cash > ann 10 until {PENDING_SECONDS_MAX} = 10
        """,
    refusals.LinkedRefused: """
        a cash > ann 9 ; b ann > bob 11  = linked_refused index=1 cause=ledger.funds_insufficient
        a ann > ann 10 ; b cash > bob 11 = linked_refused index=0 cause=ledger.same_account
        balance cash 0 reserved 0
        balance bob 0 reserved 0
        """,
    refusals.TotalTooLarge: """
        t1     full > bob 11                    = total_too_large
        t2     cash > full 11                   = total_too_large
        h1     full > bob 6 until 60            = 6
        h2     full > bob 5 until 60            = total_too_large     # reservations count
        t3     full > bob 5                     = total_too_large
        t4     full > bob 4                     = 4
        p1     post h1                          = 6
        t5     full > bob 1                     = total_too_large
        """,
    refusals.GroupTooLarge: f"""
        {_group_of(GROUP_MAX + 1)} = group_too_large limit={GROUP_MAX}
        {_group_of(GROUP_MAX)} = {" ".join(["1"] * GROUP_MAX)}
        """,
}


@pytest.mark.parametrize("refusal", REFUSED, ids=[refusal.__name__ for refusal in REFUSED])
def test_it_is_refused_with_the_exact_reason(refusal: type[Refusal]) -> None:
    assert f"= {refusal.slug.removeprefix('ledger.')}" in REFUSED[refusal]
    holds(REFUSED[refusal])


def _all_refusals() -> list[type[Refusal]]:
    found = inspect.getmembers(refusals, inspect.isclass)
    return [one for _, one in found if issubclass(one, Refusal) and one is not Refusal]


def test_no_refusal_is_without_a_line_above() -> None:
    assert set(REFUSED) == set(_all_refusals())


def test_every_refusal_has_a_number_of_its_own_and_a_sentence_in_each_language() -> None:
    numbers = [one.code for one in _all_refusals()]
    assert sorted(numbers) == list(range(2001, 2001 + len(numbers)))
    for refusal in _all_refusals():
        said = entry(refusal)
        assert (said.code, said.slug) == (refusal.code, refusal.slug)
        assert set(said.texts) == set(LANGUAGES)


def test_an_empty_group_is_refused() -> None:
    (outcome,) = Books().post([()], OPENED)
    assert isinstance(outcome, refusals.GroupTooLarge)


@pytest.mark.parametrize("amount", [True, False, 5.0, 0.1, float("nan"), "5", None, 10**30])
def test_an_amount_that_is_no_whole_number_in_bounds_is_refused(amount: object) -> None:
    books = Books()
    hold = Transfer(transfer_id("hold"), account_id("cash"), account_id("ann"), 9, "LAK")
    assert not isinstance(books.post([(hold,)], OPENED)[0], Refusal)
    pay = Transfer(transfer_id("t"), account_id("cash"), account_id("ann"), 5, "LAK")
    pay = Transfer(pay.id, pay.debit, pay.credit, amount, "LAK")  # type: ignore[arg-type]
    (outcome,) = books.post([(pay,)], OPENED)
    assert isinstance(outcome, refusals.AmountInvalid)
    assert books["ann"].balance_minor == 9


@pytest.mark.parametrize("amount", [True, 5.0, "5", 0, -1])
def test_a_part_that_is_no_whole_number_is_not_posted(amount: object) -> None:
    books = Books()
    until = Instant(OPENED.micros + 1)
    hold = Transfer(
        transfer_id("hold"), account_id("cash"), account_id("ann"), 9, "LAK", deadline=until
    )
    part = Post(transfer_id("part"), hold.id, amount)  # type: ignore[arg-type]
    made, refused = books.post([(hold,), (part,)], OPENED)
    assert not isinstance(made, Refusal)
    assert isinstance(refused, refusals.AmountInvalid)
    assert books["ann"].credits_pending == 9
