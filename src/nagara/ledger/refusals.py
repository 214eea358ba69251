"""Why the ledger says no. Each has its number in spec/codes.md and its sentences in codes.toml."""

from __future__ import annotations

from nagara.kernel.errors import Refusal


class AccountNotFound(Refusal):
    """No such account. Facts: side."""

    code, slug = 2001, "ledger.account_not_found"


class AccountFrozen(Refusal):
    """The account takes and gives nothing while frozen. Facts: side."""

    code, slug = 2002, "ledger.account_frozen"


class FundsInsufficient(Refusal):
    """The transfer would take an account below its floor, reservations counted (L2)."""

    code, slug = 2003, "ledger.funds_insufficient"


class CurrencyDiffers(Refusal):
    """The transfer and its accounts are not all in one currency (L1). Facts: currency."""

    code, slug = 2004, "ledger.currency_differs"


class AmountInvalid(Refusal):
    """The amount is not a whole number of minor units from 1 to the largest allowed."""

    code, slug = 2005, "ledger.amount_invalid"


class SameAccount(Refusal):
    """Debit and credit account are one."""

    code, slug = 2006, "ledger.same_account"


class TransferDiffers(Refusal):
    """The id stands in the books with other content (L3). Facts: field."""

    code, slug = 2007, "ledger.transfer_differs"


class PendingNotFound(Refusal):
    """There is no such reservation."""

    code, slug = 2008, "ledger.pending_not_found"


class PendingPosted(Refusal):
    """The reservation has already been posted (L4)."""

    code, slug = 2009, "ledger.pending_posted"


class PendingVoided(Refusal):
    """The reservation has already been voided (L4)."""

    code, slug = 2010, "ledger.pending_voided"


class PendingExpired(Refusal):
    """The reservation's deadline has passed (L4)."""

    code, slug = 2011, "ledger.pending_expired"


class PendingExceeded(Refusal):
    """More was to be posted than is reserved."""

    code, slug = 2012, "ledger.pending_exceeded"


class LinkedRefused(Refusal):
    """Another transfer of the same group was refused, so none was made. Facts: index, cause."""

    code, slug = 2013, "ledger.linked_refused"


class DeadlineInvalid(Refusal):
    """The deadline of a reservation has passed, or is too far away."""

    code, slug = 2014, "ledger.deadline_invalid"


class AccountClosed(Refusal):
    """The account is closed for ever. Facts: side."""

    code, slug = 2015, "ledger.account_closed"


class AccountDiffers(Refusal):
    """The account's id is taken by an account with other terms. Facts: field."""

    code, slug = 2016, "ledger.account_differs"


class AccountNotEmpty(Refusal):
    """An account is closed only when nothing stands on it and nothing is reserved."""

    code, slug = 2017, "ledger.account_not_empty"


class PendingNotDue(Refusal):
    """A reservation was to be expired before its deadline."""

    code, slug = 2018, "ledger.pending_not_due"


class TotalTooLarge(Refusal):
    """The account's turnover would pass the largest number that the books can hold."""

    code, slug = 2019, "ledger.total_too_large"


class GroupTooLarge(Refusal):
    """A group is empty or has too many transfers. Facts: limit."""

    code, slug = 2020, "ledger.group_too_large"
