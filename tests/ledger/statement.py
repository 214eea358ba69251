"""Bank statements as tests: a line is a command and what it must come to.

    fund   cash > ann 100                    = 100
    rent   ann > bob 101                     = funds_insufficient
    hold   ann > bob 60 until 30             = 60
    take   post hold 20                      = 20
    a ann > bob 1 ; b ann > bob 500 = linked_refused index=1 cause=ledger.funds_insufficient
    at 31                                      (seconds after the opening)
    freeze ann                               = ok
    balance ann 79 reserved 0

A transfer is `id debit > credit amount [currency USD] [code N] [until N] [up to debit|credit]`; a
group stands on one line with `;` between its commands. Words after `#` say why.
`holds` runs a statement twice: each line in a batch of its own, and as few batches as there can
be. Both must come to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from nagara.kernel.errors import Refusal
from nagara.kernel.ids import uuid7
from nagara.kernel.instant import Instant
from nagara.kernel.money import MINOR_MAX
from nagara.ledger import rules
from nagara.ledger.model import (
    Account,
    AccountId,
    AccountState,
    Balancing,
    Command,
    Expire,
    Group,
    Outcome,
    Post,
    Reservation,
    Side,
    Transfer,
    TransferId,
    Void,
    Written,
)

OPENED: Final = Instant(1_800_000_000_000_000)
_STATES: Final = {
    "freeze": AccountState.FROZEN,
    "thaw": AccountState.OPEN,
    "close": AccountState.CLOSED,
}
_BOUNDS: Final = {"debit": Balancing.DEBIT, "credit": Balancing.CREDIT}


def account_id(name: str) -> AccountId:
    """The id of an account by its name."""
    return AccountId(uuid7(OPENED, int.from_bytes(f"a:{name}"[:9].encode(), "big")))


def transfer_id(name: str) -> TransferId:
    """The id of a transfer by its name."""
    return TransferId(uuid7(OPENED, int.from_bytes(f"t:{name}"[:9].encode(), "big")))


def account(
    name: str,
    *,
    floor: int | None = 0,
    side: Side = Side.CREDIT,
    currency: str = "LAK",
    credits: int = 0,  # noqa: A002 - the word of the books
    debits: int = 0,
    last_at: Instant = OPENED,
) -> Account:
    """An open account on which nothing is reserved."""
    return Account(
        id=account_id(name),
        owner="owner",
        currency=currency,
        normal_side=side,
        floor_minor=floor,
        state=AccountState.OPEN,
        debits_posted=debits,
        credits_posted=credits,
        debits_pending=0,
        credits_pending=0,
        last_at=last_at,
    )


def bank() -> list[Account]:
    """Three wallets, an overdraft of 100, cash with and without a floor, and dollars."""
    return [
        *(account(name) for name in ("ann", "bob", "cat")),
        account("odo", floor=-100),
        account("cash", floor=None, side=Side.DEBIT),
        account("till", floor=0, side=Side.DEBIT),
        account("ann_usd", currency="USD"),
        account("cash_usd", floor=None, side=Side.DEBIT, currency="USD"),
        account("full", floor=None, credits=MINOR_MAX - 10, debits=MINOR_MAX - 10),
    ]


@dataclass
class Books:
    """The books between two batches, as a store would keep them."""

    accounts: dict[AccountId, Account] = field(
        default_factory=lambda: {one.id: one for one in bank()}
    )
    written: dict[TransferId, Written] = field(default_factory=dict)
    reservations: dict[TransferId, Reservation] = field(default_factory=dict)

    def post(self, groups: list[Group], at: Instant) -> list[Outcome]:
        """Decide one batch and keep what it came to."""
        posting = rules.Posting(self.accounts.values(), self.written, self.reservations, at)
        outcomes = [posting.apply(group) for group in groups]
        decision = posting.decision()
        self.accounts |= {one.id: one for one in decision.accounts}
        self.written |= {one.id: one for one in decision.written}
        self.reservations |= {one.id: one for one in decision.reservations}
        return outcomes

    def __getitem__(self, name: str) -> Account:
        return self.accounts[account_id(name)]


def holds(statement: str) -> None:
    """Every line of the statement comes to what it says, in many batches and in few."""
    lines = [line.partition("#")[0].strip() for line in statement.splitlines()]
    for batched in (False, True):
        _run([line for line in lines if line], batched=batched)


def _run(lines: list[str], *, batched: bool) -> None:
    books, at, waiting = Books(), OPENED, list[tuple[str, Group, str]]()
    for line in lines:
        said, equals, expected = (part.strip() for part in line.partition(" = "))
        words = said.split()
        if not equals or words[0] in _STATES or words[0] == "open":
            _settle(books, waiting, at)
            if words[0] == "at":
                at = OPENED.plus_seconds(int(words[1]))
            elif words[0] == "balance":
                _check_balance(books, words, line)
            else:
                result = _set_state(books, words)
                assert _name(result) == expected, line
            continue
        waiting.append((line, tuple(_commands(said)), expected))
        if not batched:
            _settle(books, waiting, at)
    _settle(books, waiting, at)


def _settle(books: Books, waiting: list[tuple[str, Group, str]], at: Instant) -> None:
    outcomes = books.post([group for _, group, _ in waiting], at)
    for (line, _, expected), outcome in zip(waiting, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            assert _name(outcome) == expected, line
        else:
            assert " ".join(str(one.amount_minor) for one in outcome) == expected, line
    waiting.clear()


def _set_state(books: Books, words: list[str]) -> Refusal | None:
    if words[0] == "open":
        floor = None if words[2] == "none" else int(words[2])
        asked = account(words[1], floor=floor, currency=words[3])
        return rules.may_open(asked, books[words[1]])
    state, id_ = _STATES[words[0]], account_id(words[1])
    standing = books.accounts.get(id_)
    refusal = rules.may_become(standing, state)
    if refusal is None:
        assert standing is not None
        books.accounts[id_] = replace(standing, state=state)
    return refusal


def _check_balance(books: Books, words: list[str], line: str) -> None:
    standing = books[words[1]]
    found = (standing.balance_minor, standing.reserved_minor)
    assert found == (int(words[2]), int(words[4])), f"{line}: {found}"


def _commands(said: str) -> Iterator[Command]:
    for part in said.split(";"):
        name, rest = part.split(maxsplit=1)
        if ending := re.fullmatch(r"(post|void|expire) (\S+)(?: (-?\d+))?\s*", rest):
            yield _ending(transfer_id(name), *ending.groups())
        else:
            yield _transfer(transfer_id(name), rest.split())


def _ending(id_: TransferId, verb: str, pending: str, amount: str | None) -> Command:
    if verb == "post":
        return Post(id_, transfer_id(pending), None if amount is None else int(amount))
    return (Void if verb == "void" else Expire)(id_, transfer_id(pending))


def _transfer(id_: TransferId, words: list[str]) -> Transfer:
    debit, arrow, credit, amount, *rest = words
    assert arrow == ">", words
    said = " ".join(rest).replace("up to", "up_to").split()
    terms = dict(zip(said[::2], said[1::2], strict=True))
    until = terms.pop("until", None)
    made = Transfer(
        id_,
        account_id(debit),
        account_id(credit),
        int(amount),
        terms.pop("currency", "LAK"),
        code=int(terms.pop("code", "0")),
        deadline=None if until is None else OPENED.plus_seconds(int(until)),
        balancing=_BOUNDS.get(terms.pop("up_to", ""), Balancing.NONE),
    )
    assert not terms, terms
    return made


def _name(refusal: Refusal | None) -> str:
    if refusal is None:
        return "ok"
    slug = refusal.slug.removeprefix("ledger.")
    return " ".join([slug, *(f"{name}={fact}" for name, fact in refusal.facts.items())])
