"""What payments does for those who call: each method is one use, in one unit of work.

The Protocols at the top are what this room needs of its neighbours; wiring plugs them in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nagara.journal import FactKind, Journal
from nagara.kernel import canonical
from nagara.kernel.errors import Refusal
from nagara.kernel.ids import IdSource
from nagara.kernel.instant import Clock, Instant
from nagara.kernel.profile import Profile
from nagara.kernel.refusals import Forbidden, KeyReused, Malformed, NotFound
from nagara.keys import (
    AccessClaims,
    Embedded,
    EmbeddedKeyVerifier,
    KeyStore,
    PublicKey,
    Purpose,
    base64url,
    base64url_decode,
    issue_access_token,
    sha256,
    unproved_client,
    verify_access_token,
    verify_client_assertion,
)
from nagara.keys.refusals import AssertionRefused
from nagara.ledger import AccountId, AccountState, Ledger, Line, Transfer, TransferId, TrialBalance
from nagara.payments import qr, requests
from nagara.payments.directory import rules as names
from nagara.payments.directory.model import (
    Address,
    Participant,
    ParticipantCode,
    Party,
    PartyKind,
)
from nagara.payments.directory.service import AccountView, DirectoryService, Opening
from nagara.payments.model import HOLDER, OPERATOR, PARTICIPANT, HistoryItem, Movement
from nagara.payments.orders.model import OrderId, SignedOrder
from nagara.payments.orders.model import Purpose as PaymentPurpose
from nagara.payments.orders.service import Answer, Decided, OrderService
from nagara.payments.refusals import CodeOfAnotherNetwork, NotOpenToPublic, PhoneUnproved
from nagara.storage import Batcher, Database, Unit, answers

SESSION_SECONDS: Final = 900
OPERATOR_SECONDS: Final = 8 * 3600  # a shift
_HISTORY_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Everything payments stands on."""

    database: Database
    ledger: Ledger
    journal: Journal
    keys: KeyStore
    profile: Profile
    clock: Clock
    ids: IdSource
    public_url: str
    demo: bool


class Payments:
    """The payments of one country."""

    def __init__(
        self, around: Neighbours, directory: DirectoryService, orders: OrderService
    ) -> None:
        self.around = around
        self.directory = directory
        self.orders = orders
        self._batcher: Batcher[SignedOrder, Answer] = Batcher(around.database, orders.decide)
        self._order_keys = EmbeddedKeyVerifier(requests.ORDER_TYPE)
        self._wallet_keys = EmbeddedKeyVerifier(requests.WALLET_TYPE, devices_max=64)
        self._session_keys = EmbeddedKeyVerifier(requests.SESSION_TYPE)
        self._device_keys = EmbeddedKeyVerifier(requests.DEVICE_TYPE, devices_max=64)

    @property
    def currencies(self) -> qr.Currencies:
        """The currencies a code may be in: numeric code -> (code, exponent in use)."""
        profile = self.around.profile
        known = (profile.currency, *profile.foreign_currencies.values())
        return {money.numeric: (money.code, money.exponent) for money in known}

    def code_for(self, party: Party, amount_minor: int | None, reference: str | None) -> str:
        """The text of the code that pays into a party's account, in the country's scheme."""
        scheme = self.around.profile.qr
        code = qr.Code(
            scheme=qr.Scheme(scheme.scheme),
            identifiers={
                "institution": scheme.acquirer,
                "account": names.account_code(party.account),
            },
            currency=self.around.profile.currency.code,
            amount_minor=amount_minor,
            city=scheme.city,
            country=scheme.country,
            merchant_category=party.category,
            references={} if reference is None else {"reference": reference},
        )
        return qr.encode(code, self.currencies)

    async def drain(self) -> None:
        """Finish what was accepted, before the process ends."""
        await self._batcher.drain()

    async def pay(self, token: str) -> tuple[SignedOrder, Decided]:
        """Decide a signed order. Raises the refusal of one that could not be authorised."""
        proved = self._order_keys.verify(token)
        signed = requests.read_order(token, proved, self.around.profile.network)
        answer = await self._batcher.submit(signed)
        if isinstance(answer, Refusal):
            raise answer
        return signed, answer

    async def once(
        self, question: answers.Question, status: int, work: Callable[[Unit], Awaitable[bytes]]
    ) -> answers.Answer:
        """Do a command once: asked again with the same body, it gives the same answer."""

        async def ask(unit: Unit) -> answers.Answer:
            if earlier := await answers.recall(unit, question):
                return earlier
            try:
                answer = answers.Answer(status, await work(unit))
            except KeyReused:  # found standing: by the same question, when it came twice at once
                if earlier := await answers.recall(unit, question):
                    return earlier
                raise
            await answers.remember(unit, question, answer, self.around.clock.now())
            return answer

        return await self.around.database.run(ask)

    def read_wallet(self, token: str) -> tuple[Opening, Embedded]:
        """What a person's or merchant's own device asks to open."""
        proved = self._wallet_keys.verify(token)
        around = self.around
        words = requests.read_wallet(proved, around.profile.network, around.clock.now())
        kind = PartyKind[words.kind.upper()]
        merchant = kind is PartyKind.MERCHANT
        party = Party(
            AccountId(words.account),
            ParticipantCode(words.issuer),
            kind,
            "basic",  # whoever it says it is: nobody has checked
            names.name(words.name),
            words.category if merchant else None,
        )
        return Opening(party, (proved.thumbprint,), words.phone, words.handle), proved

    async def open_wallet(self, unit: Unit, opening: Opening) -> list[Address]:
        """Open what `read_wallet` read, where the participant is open to the public."""
        issuer = await self.directory.participant(unit, opening.party.participant)
        if not issuer.open_to_public:
            raise NotOpenToPublic
        if opening.phone is not None and not self.around.demo:
            raise PhoneUnproved
        return await self._open(unit, opening)

    async def open_account(self, unit: Unit, opening: Opening) -> list[Address]:
        """A participant opens an account for its customer."""
        await self.directory.participant(unit, opening.party.participant)
        return await self._open(unit, opening)

    async def open_session(self, token: str) -> tuple[str, AccountId]:
        """A session token for a device that proved itself, and the account it is for."""
        around = self.around
        proved = self._session_keys.verify(token)
        words = requests.read_session(proved, around.profile.network, around.clock.now())
        account = AccountId(words.account)
        await around.database.run(
            lambda unit: self._prove(unit, proved, account, words.jti, words.exp)
        )
        return self._token(str(account), proved.key.kid, HOLDER), account

    def read_device(
        self, token: str, account: AccountId, *, revoke: bool
    ) -> tuple[requests.DeviceWords, Embedded]:
        """Which device a live device of the account wants to add or revoke."""
        around = self.around
        proved = self._device_keys.verify(token)
        words = requests.read_device(proved, around.profile.network, around.clock.now())
        if words.account != account:
            raise Malformed(field="account", reason="not the account of the address")
        if revoke != (words.kid is not None) or revoke == (words.device is not None):
            raise Malformed(field="payload", reason="one of device and kid, as the address says")
        return words, proved

    async def change_device(self, unit: Unit, words: requests.DeviceWords, proved: Embedded) -> str:
        """Add or revoke a device; returns the kid that was changed."""
        account = AccountId(words.account)
        await self._prove(unit, proved, account, words.jti, words.exp)
        if words.kid is not None:
            kid = words.kid
            await self.directory.revoke_device(unit, account, _thumbprint(kid))
        else:
            key = PublicKey.from_jwk(dict(words.device or {}))
            kid = key.kid
            await self.directory.add_device(unit, account, key.thumbprint)
        change = {"account": str(account), "kid": kid, "revoked": words.kid is not None}
        await self._leave_fact(unit, words.jti, FactKind.DEVICE, change)
        return kid

    async def grant_token(self, assertion: str, scope: str) -> str:
        """An access token for an institution's program (private_key_jwt, RFC 7523)."""
        around = self.around
        client = unproved_client(assertion)
        audiences = (around.profile.network, f"{around.public_url}/oauth/token")

        async def work(unit: Unit) -> None:
            participants = await self.directory.participants(unit)
            if (participant := participants.get(ParticipantCode(client))) is None:
                raise AssertionRefused(claim="sub", reason="it is no participant")
            keys = [PublicKey.from_jwk(jwk) for jwk in participant.jwks]
            proved = verify_client_assertion(assertion, client, keys, audiences, around.clock.now())
            # a jti is any text, even one that the database cannot hold: its digest stands for it
            jti = base64url(sha256(proved.jti.encode("utf-8", "surrogatepass"))).decode()
            await self.directory.use_once(unit, client, jti, proved.expires_at)

        await around.database.run(work)
        if scope not in ("", PARTICIPANT):
            raise Forbidden(reason=f"the scope {scope[:40]} is not yours")
        return self._token(client, client, PARTICIPANT)

    def operator_token(self, name: str) -> str:
        """An access token for an operator who proved itself to the web."""
        return self._token(name, "operate", OPERATOR, OPERATOR_SECONDS)

    def claims(self, token: str) -> AccessClaims:
        """Who a session or access token is for."""
        around = self.around
        issuer = around.profile.network

        def key_of(kid: str) -> PublicKey:
            return around.keys.verifier(Purpose.TOKEN, kid)

        return verify_access_token(token, key_of, issuer, issuer, around.clock.now())

    async def view(self, account: AccountId) -> AccountView:
        """An account as its holder sees it."""
        async with self.around.database.read() as unit:
            return await self.directory.view(unit, account)

    async def participants(self) -> dict[ParticipantCode, Participant]:
        """All participants."""
        async with self.around.database.read() as unit:
            return await self.directory.participants(unit)

    def typed_address(self, text: str) -> Address:
        """The address that somebody typed or said."""
        return names.address(text, self.around.profile)

    def scanned_address(self, code: qr.Code) -> Address:
        """The address inside a scanned code, if it is of the country's scheme."""
        own = self.around.profile.qr
        account, acquirer = code.identifiers.get("account"), code.identifiers.get("institution")
        if code.scheme != own.scheme or account is None or acquirer is None:
            raise CodeOfAnotherNetwork(scheme=code.scheme.value)
        if acquirer == own.acquirer:
            return names.address(account, self.around.profile)
        return names.sticker(acquirer, account)

    async def look_up(self, principal: str, address: Address) -> Party:
        """Confirmation of payee: who an address leads to."""
        found = await self.around.database.run(
            lambda unit: self.directory.look_up(unit, principal, address)
        )
        if isinstance(found, Refusal):
            raise found
        return found

    async def order(self, id_: OrderId) -> Decided:
        """A decided order, or NotFound."""
        async with self.around.database.read() as unit:
            found = await self.orders.order(unit, id_)
        if found is None:
            raise NotFound(what="order")
        return found

    async def history(
        self, account: AccountId, since: Instant, before: Instant, count: int
    ) -> list[HistoryItem]:
        """What changed the account's balance in [since, before), newest first."""
        async with self.around.database.read() as unit:
            lines = await self.around.ledger.statement(
                unit, account, since, before, min(count, _HISTORY_MAX)
            )
            return await self.items(unit, lines)

    async def items(self, unit: Unit, lines: Sequence[Line]) -> list[HistoryItem]:
        """Lines of the ledger with who was on the other side, and what the order said."""
        others = await self.directory.parties(unit, list({line.counterpart for line in lines}))
        orders = await self.orders.settled(unit, [OrderId(line.transfer) for line in lines])
        return [
            HistoryItem(line, others.get(line.counterpart), orders.get(OrderId(line.transfer)))
            for line in lines
        ]

    async def move(self, unit: Unit, movement: Movement) -> tuple[str, str]:
        """A deposit or withdrawal against the participant's funds; the receipt and its salt."""
        owner = await self.directory.participant(unit, movement.participant)
        party = (await self.directory.parties(unit, [movement.account])).get(movement.account)
        if party is None or party.participant != owner.code:
            raise NotFound(what="account")
        purpose = PaymentPurpose.DEPOSIT if movement.inward else PaymentPurpose.WITHDRAWAL
        sides = (owner.funds, movement.account)
        debit, credit = sides if movement.inward else sides[::-1]
        command = Transfer(
            TransferId(movement.id),
            debit,
            credit,
            movement.amount_minor,
            movement.currency,
            purpose.value,
        )
        outcome = (await self.around.ledger.post(unit, [(command,)]))[0]
        if isinstance(outcome, Refusal):
            raise outcome
        kind = FactKind(purpose.name.lower())
        if await self.around.journal.salt(unit, movement.id, kind) is not None:
            raise KeyReused  # made before, by another caller or longer ago than answers are kept
        told: dict[str, object] = {
            "account": str(movement.account),
            "amount": movement.amount_minor,
            "at": str(outcome[0].at),
            "currency": movement.currency,
            "id": str(movement.id),
            "kind": kind.value,
            "network": self.around.profile.network,
            "participant": owner.code,
        }
        return await self._leave_fact(unit, movement.id, kind, told)

    async def set_state(
        self, unit: Unit, participant: str, account: AccountId, state: AccountState, reason: str
    ) -> None:
        """A participant freezes, opens again or closes an account of its own."""
        party = (await self.directory.parties(unit, [account])).get(account)
        if party is None or party.participant != participant:
            raise NotFound(what="account")
        await self.directory.set_state(unit, account, state)
        change = {"account": str(account), "reason": reason, "state": state.name.lower()}
        await self._leave_fact(unit, self.around.ids.new(), FactKind.ACCOUNT, change)

    async def add_participant(self, unit: Unit, new: Participant) -> None:
        """The operator admits an institution."""
        await self.directory.add_participant(unit, new)
        told = {"code": new.code, "kind": new.kind.name.lower()}
        await self._leave_fact(unit, new.funds, FactKind.PARTICIPANT, told)

    async def positions(self) -> dict[str, int]:
        """Each participant's net position in the national currency, from postings only.

        Positive: the others owe it. They sum to zero, because every participant's own book does
        but for what was paid across.
        """
        async with self.around.database.read() as unit:
            totals = await self.around.ledger.totals_by_owner(unit)
        currency = self.around.profile.currency.code
        return {owner: net for owner, code, net in totals if code == currency}

    async def trial_balance(self) -> list[TrialBalance]:
        """The sums of the whole ledger."""
        async with self.around.database.read() as unit:
            return await self.around.ledger.trial_balance(unit)

    async def _open(self, unit: Unit, opening: Opening) -> list[Address]:
        addresses = await self.directory.open(unit, opening)
        party = opening.party
        told = {
            "account": str(party.account),
            "devices": [base64url(one).decode() for one in opening.thumbprints],
            "participant": party.participant,
            "state": "opened",
        }
        await self._leave_fact(unit, party.account, FactKind.ACCOUNT, told)
        return addresses

    async def _prove(
        self, unit: Unit, proved: Embedded, account: AccountId, jti: UUID, exp: int
    ) -> None:
        expires_at = Instant.from_seconds(exp)
        await self.directory.prove_device(unit, account, proved.thumbprint, str(jti), expires_at)

    async def _leave_fact(
        self, unit: Unit, id_: UUID, kind: FactKind, told: object
    ) -> tuple[str, str]:
        leaf, receipt = self.around.journal.sign(id_, kind, canonical.json(told))
        await self.around.journal.append(unit, [leaf])
        return receipt, base64url(leaf.salt).decode()

    def _token(self, subject: str, client: str, scope: str, seconds: int = SESSION_SECONDS) -> str:
        around = self.around
        now = around.clock.now()
        claims = AccessClaims(
            issuer=around.profile.network,
            audience=around.profile.network,
            subject=subject,
            client_id=client,
            scope=(scope,),
            issued_at=now,
            expires_at=now.plus_seconds(seconds),
            jti=str(around.ids.new()),
        )
        return issue_access_token(around.keys.signer(Purpose.TOKEN), claims)


def _thumbprint(kid: str) -> bytes:
    try:
        thumbprint = base64url_decode(kid.encode())
    except ValueError:
        thumbprint = b""
    if len(thumbprint) != 32:
        raise Malformed(field="kid", reason="not a thumbprint in base64url")
    return thumbprint
