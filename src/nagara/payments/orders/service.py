"""The order of effects of paying: lock, ask, judge, post, sign, write. One transaction a batch.

edge: verify the signature, read the order
batch: ledger locks + everything known about it   (one round trip)
       each order in turn: authorise, judge, post in memory, sign its receipt
       ledger, orders, journal, outbox            (one round trip), commit, answer all
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from nagara.journal import FactKind, Journal, Leaf
from nagara.kernel.errors import Refusal
from nagara.kernel.instant import DAY, SECOND, Clock, Instant
from nagara.kernel.profile import Profile
from nagara.keys import base64url, sha256
from nagara.ledger import AccountId, Ledger, Posting, TransferId
from nagara.payments.orders import rules
from nagara.payments.orders.model import (
    OrderId,
    OrderState,
    Refused,
    Settled,
    SignedOrder,
    Spending,
    Surroundings,
    Volume,
)
from nagara.storage import Unit, outbox

VOLUME_TOPIC: Final = "payments.volume"
_NOTHING_SPENT: Final = Spending(0, 0)
_SECONDS_KEPT: Final = 120


class Asked(Protocol):
    """What was asked about a batch; reading waits for it."""

    async def read(self) -> Surroundings: ...


class Orders(Protocol):
    """What the service needs of its store; see store.PostgresOrders."""

    async def ask(
        self,
        unit: Unit,
        thumbprints: Sequence[bytes],
        accounts: Sequence[AccountId],
        ids: Sequence[OrderId],
    ) -> Asked: ...
    async def settled(self, unit: Unit, ids: Sequence[OrderId]) -> dict[OrderId, Settled]: ...
    async def write(
        self, unit: Unit, settled: Sequence[Settled], spending: Mapping[AccountId, Spending]
    ) -> None: ...
    async def count_volume(self, unit: Unit, volume: Volume, day: Instant) -> None: ...
    async def volume_since(self, unit: Unit, period: str, since: Instant) -> list[Volume]: ...
    async def forget_seconds(self, unit: Unit, before: Instant) -> None: ...


@dataclass(frozen=True, slots=True)
class Decided:
    """An order's end, and what its receipt file needs beside it."""

    settled: Settled
    salt: str | None


Answer = Decided | Refusal  # a Refusal: the order could not be authorised and left nothing


class _Batch:
    """One batch of orders while it is being decided."""

    def __init__(
        self,
        known: Surroundings,
        posting: Posting,
        journal: Journal,
        profile: Profile,
        now: Instant,
    ) -> None:
        self._known = known
        self._posting = posting
        self._sign = journal.signing()
        self._profile = profile
        self._now = now
        self.settled: dict[OrderId, Settled] = {}
        self.spending: dict[AccountId, Spending] = {}
        self.leaves: list[Leaf] = []

    def decide(self, signed: SignedOrder) -> Settled | Refusal:
        """How the order ends. One that ended before, or earlier in this batch, ends the same."""
        order, known = signed.order, self._known
        earlier = known.settled.get(order.id) or self.settled.get(order.id)
        reused = earlier and rules.repeated(signed, earlier)
        if earlier is not None and reused is None:
            return earlier  # whose key could speak then; that it was revoked since changes nothing
        if refusal := rules.authorise(known.devices.get(signed.thumbprint), order):
            return refusal
        if reused is not None:
            return reused
        payer, payee = known.parties[order.payer], known.parties.get(order.payee)
        spending = self.spending.get(order.payer) or known.spending.get(order.payer, _NOTHING_SPENT)
        profile, now = self._profile, self._now
        refusal = rules.judge(order, payer, payee, spending, profile, now)
        at = now
        if refusal is None:
            outcome = self._posting.apply((rules.transfer(order),))
            if isinstance(outcome, Refusal):
                refusal = outcome
            else:
                at = outcome[0].at
                self.spending[order.payer] = rules.spent(spending, order, profile, now)
        digest = base64url(sha256(signed.signed.encode())).decode()
        fact = rules.fact(order, digest, payer, payee, refusal, at, profile.network)
        leaf, receipt = self._sign(order.id, FactKind.PAYMENT, fact)
        self.leaves.append(leaf)
        kept = Refused(refusal.code, refusal.slug, refusal.facts) if refusal else None
        ended = Settled(order.id, rules.state_of(refusal), at, kept, signed.signed, receipt)
        self.settled[order.id] = ended
        return ended


class OrderService:
    """Payment orders of one country."""

    def __init__(
        self, orders: Orders, ledger: Ledger, journal: Journal, profile: Profile, clock: Clock
    ) -> None:
        self._orders = orders
        self._ledger = ledger
        self._journal = journal
        self._profile = profile
        self._clock = clock

    async def decide(self, unit: Unit, batch: Sequence[SignedOrder]) -> list[Answer]:
        """Decide a batch of orders whose signatures were verified; an answer for each."""
        ids = [signed.order.id for signed in batch]
        accounts = {s.order.payer for s in batch} | {s.order.payee for s in batch}
        async with unit.pipeline():
            locked = await self._ledger.lock(unit, accounts, [TransferId(i) for i in ids])
            asked = await self._orders.ask(
                unit, [signed.thumbprint for signed in batch], list(accounts), ids
            )
            posting = await self._ledger.begin(locked)
            known = await asked.read()
            now = self._clock.now()
            work = _Batch(known, posting, self._journal, self._profile, now)
            ends = [work.decide(signed) for signed in batch]
            if work.settled:
                await self._write(unit, work, posting, now)
        salts: dict[UUID, str] = {leaf.id: base64url(leaf.salt).decode() for leaf in work.leaves}
        # one question for all that ended before: whoever repeats an old order by the hundred
        # must not keep the accounts of a batch locked for as many round trips
        before = {end.id for end in ends if isinstance(end, Settled)} - salts.keys()
        if before:
            salts |= await self._journal.salts(unit, list(before), FactKind.PAYMENT)
        return [
            end if isinstance(end, Refusal) else Decided(end, salts.get(end.id)) for end in ends
        ]

    async def order(self, unit: Unit, id_: OrderId) -> Decided | None:
        """A decided order, or None."""
        found = (await self._orders.settled(unit, [id_])).get(id_)
        if found is None:
            return None
        return Decided(found, await self._journal.salt(unit, id_, FactKind.PAYMENT))

    async def settled(self, unit: Unit, ids: Sequence[OrderId]) -> dict[OrderId, Settled]:
        """Decided orders by id; those which are not there are left out."""
        return await self._orders.settled(unit, ids)

    async def count_volume(self, unit: Unit, told: dict[str, int]) -> None:
        """The outbox's consumer: add a batch to the volume of its second and its day."""
        second = Instant.from_seconds(told["at"] // SECOND)
        volume = Volume(second, told["posted"], told["refused"])
        await self._orders.count_volume(unit, volume, self._midnight(second))

    async def volume_of_last(self, unit: Unit, seconds: int) -> list[Volume]:
        """The volume of each of the last seconds in which there was any, oldest first."""
        since = self._clock.now().plus_seconds(-seconds)
        return await self._orders.volume_since(unit, "second", since)

    async def volume_today(self, unit: Unit) -> int:
        """Orders posted on this local day."""
        today = self._midnight(self._clock.now())
        return sum(day.posted for day in await self._orders.volume_since(unit, "day", today))

    async def forget_seconds(self, unit: Unit) -> None:
        """Drop the seconds that no board shows any more."""
        await self._orders.forget_seconds(unit, self._clock.now().plus_seconds(-_SECONDS_KEPT))

    def _midnight(self, at: Instant) -> Instant:
        offset = self._profile.utc_offset_minutes
        return Instant(at.day(offset) * DAY).plus_seconds(-offset * 60)

    async def _write(self, unit: Unit, work: _Batch, posting: Posting, now: Instant) -> None:
        settled = list(work.settled.values())
        posted = sum(one.state is OrderState.POSTED for one in settled)
        await self._ledger.write(unit, posting)
        await self._orders.write(unit, settled, work.spending)
        await self._journal.append(unit, work.leaves)
        volume = {"at": now.micros, "posted": posted, "refused": len(settled) - posted}
        await outbox.put(unit, VOLUME_TOPIC, volume)
