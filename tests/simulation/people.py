"""What people do in a simulated country: commands of chance under a seed, good and bad ones."""

from __future__ import annotations

from random import Random
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from nagara.kernel.ids import uuid7
from nagara.kernel.instant import Instant
from nagara.ledger.model import (
    Account,
    AccountId,
    AccountState,
    Balancing,
    Command,
    Expire,
    Group,
    Post,
    Side,
    Transfer,
    TransferId,
    Void,
)

CURRENCIES: Final = ("LAK", "VND", "USD")
WALLETS: Final = 8  # in each currency
_REMEMBERED: Final = 400  # commands of the past that may come again
_STATES: Final = [AccountState.FROZEN, AccountState.CLOSED, *[AccountState.OPEN] * 4]


class SimulatedClock:
    """Time that goes only when it is told to; now and then a little backwards, as clocks do."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        """The simulated instant."""
        return self.at

    def go(self, micros: int) -> None:
        """Later, or earlier."""
        self.at = Instant(self.at.micros + micros)


class People:
    """The source of everything that happens."""

    def __init__(self, chance: Random, clock: SimulatedClock) -> None:
        self._chance = chance
        self._clock = clock
        self.accounts = [account for code in CURRENCIES for account in self._bank(code)]
        self._past: list[Command] = []
        self._held: list[TransferId] = []

    def new(self) -> UUID:
        """A new id, for the people and for the ledger itself."""
        return uuid7(self._clock.now(), self._chance.getrandbits(74))

    def batch(self) -> list[Group]:
        """Groups that arrive together."""
        size = self._chance.choice([1, 2, 5, 20, 60, 120])
        return [self._group() for _ in range(size)]

    def state(self) -> tuple[AccountId, AccountState]:
        """An account and what it shall become."""
        luck = self._chance.random()
        if luck < 0.05:
            return AccountId(self.new()), AccountState.FROZEN
        if luck < 0.2:  # the newest account, which may still be empty
            return self.accounts[-1].id, AccountState.CLOSED
        return self._account().id, self._chance.choice(_STATES)

    def are_told(self, held: TransferId) -> None:
        """That money was reserved, so that somebody will end it."""
        self._held.append(held)

    def openings(self) -> list[Account]:
        """Accounts to open: new ones, known ones, and known ones on other terms."""
        found = []
        for _ in range(self._chance.randint(1, 4)):
            account = self._account()
            luck = self._chance.random()
            if luck < 0.4:
                account = replace(account, id=AccountId(self.new()))
                self.accounts.append(account)
            elif luck < 0.5:
                account = replace(account, floor_minor=-self._chance.randint(1, 9))
            elif luck < 0.6:
                account = replace(account, owner=f"{account.owner}-2")
            found.append(account)
        return found

    def _bank(self, currency: str) -> list[Account]:
        wallet = Account(
            id=AccountId(self.new()),
            owner=f"bank-{currency}",
            currency=currency,
            normal_side=Side.CREDIT,
            floor_minor=0,
            state=AccountState.OPEN,
            debits_posted=0,
            credits_posted=0,
            debits_pending=0,
            credits_pending=0,
            last_at=self._clock.now(),
        )
        others = [
            replace(wallet, floor_minor=-1_000),
            replace(wallet, floor_minor=None),
            replace(wallet, floor_minor=None, normal_side=Side.DEBIT),
            replace(wallet, floor_minor=-500, normal_side=Side.DEBIT),
        ]
        all_ = [wallet] * WALLETS + others
        return [replace(one, id=AccountId(self.new())) for one in all_]

    def _account(self) -> Account:
        # half of everything goes through the first few accounts
        few = self._chance.random() < 0.5
        return self._chance.choice(self.accounts[:15] if few else self.accounts)

    def _group(self) -> Group:
        if self._chance.random() < 0.001:
            return tuple(self._command() for _ in range(self._chance.choice([0, 64, 65])))
        size = self._chance.randint(2, 6) if self._chance.random() < 0.1 else 1
        return tuple(self._command() for _ in range(size))

    def _command(self) -> Command:
        luck = self._chance.random()
        if luck < 0.06 and self._past:
            return self._again(self._chance.choice(self._past))
        made = self._ending() if luck < 0.25 else self._transfer()
        self._past.append(made)
        if len(self._past) > _REMEMBERED:
            self._past.pop(self._chance.randrange(_REMEMBERED))
        return made

    def _again(self, command: Command) -> Command:
        """The same once more, or with one thing changed."""
        if self._chance.random() < 0.5:
            return command
        if not isinstance(command, Transfer):
            return replace(command, pending=TransferId(self.new()))
        changes = [
            replace(command, debit=self._account().id),
            replace(command, credit=self._account().id),
            replace(command, amount_minor=command.amount_minor + 1),
            replace(command, currency=self._chance.choice(CURRENCIES)),
            replace(command, code=command.code + 1),
            replace(command, deadline=self._deadline()),
            replace(command, balancing=self._chance.choice(list(Balancing))),
        ]
        return self._chance.choice(changes)

    def _transfer(self) -> Transfer:
        debit = self._account()
        same = [one for one in self.accounts if one.currency == debit.currency]
        if debit.floor_minor is not None and self._chance.random() < 0.3:  # some are paid wages
            debit = self._chance.choice([one for one in same if one.floor_minor is None])
        credit = self._account() if self._chance.random() < 0.03 else self._chance.choice(same)
        luck, balancing = self._chance.random(), Balancing.NONE
        if luck < 0.05:
            balancing = self._chance.choice([Balancing.DEBIT, Balancing.CREDIT])
        return Transfer(
            id=TransferId(self.new()),
            debit=AccountId(self.new()) if luck > 0.995 else debit.id,
            credit=AccountId(self.new()) if luck > 0.99 else credit.id,
            amount_minor=self._amount(),
            currency=debit.currency,
            code=self._chance.randrange(10),
            deadline=self._deadline() if self._chance.random() < 0.2 else None,
            balancing=balancing,
        )

    def _ending(self) -> Command:
        id_ = TransferId(self.new())
        # mostly the newest reservations, which are still open; some are ended twice
        held = self._held[-60:] or [TransferId(self.new())]
        pending = self._chance.choice(held)
        if self._chance.random() < 0.02:
            pending = TransferId(self.new())
        luck = self._chance.random()
        if luck < 0.5:
            return Post(id_, pending, self._amount() if luck < 0.2 else None)
        return Void(id_, pending) if luck < 0.75 else Expire(id_, pending)

    def _amount(self) -> int:
        luck = self._chance.random()
        if luck < 0.01:
            return self._chance.choice([0, -1, 10**18, 10**18 + 1, 10**17])
        return self._chance.randint(1, self._chance.choice([10, 100, 1_000, 100_000]))

    def _deadline(self) -> Instant:
        seconds = self._chance.choice([0, 1, 5, 20, 60, 600, 30 * 86_400, 31 * 86_400])
        return self._clock.now().plus_seconds(seconds)
