"""People, merchants and programs as they call the API: they know the protocol and nothing else.

What they sign is made here from spec/payments.md, so that a change of the protocol shows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from nagara.kernel import canonical
from nagara.kernel.ids import SystemIds
from nagara.kernel.instant import SystemClock
from nagara.keys import Algorithm, Signer, embedded_jws, new_signer, sign_jws

API = "/api/payments/v1"
JOSE = {"content-type": "application/jose"}
JSON = {"content-type": "application/json"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ids = SystemIds(SystemClock())

Told = dict[str, Any]


def new_id() -> str:
    """An id as a client makes it."""
    return str(_ids.new())


def seconds() -> int:
    """The client's clock."""
    return int(time.time())


def words_of(answer: httpx.Response, status: int) -> Told:
    """The JSON object of an answer which must have this status."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    told: Told = answer.json()
    return told


def problem_of(answer: httpx.Response, status: int, slug: str) -> Told:
    """The problem of an answer, which must be complete (spec/payments.md, section 7)."""
    told = words_of(answer, status)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert told["slug"] == slug, told
    assert told["type"] == f"/problems/{slug}"
    assert told["status"] == status
    assert told["who"] in {"payer", "payee", "caller", "institution", "operator"}
    assert all(told[part] for part in ("title", "detail", "action", "instance"))
    assert isinstance(told["code"], int)
    return told


@dataclass
class Holder:
    """Whoever holds an account: a person, a merchant or an agent with one device or more."""

    client: httpx.AsyncClient
    network: str = "la.nagara"
    currency: str = "LAK"
    signer: Signer = field(default_factory=lambda: new_signer(Algorithm.ES256))
    account: str = field(default_factory=new_id)
    token: str = ""

    def signed(self, typ: str, payload: Told | bytes, by: Signer | None = None) -> bytes:
        """A signed request as a device sends it."""
        content = payload if isinstance(payload, bytes) else canonical.json(payload)
        return embedded_jws(by or self.signer, content, f"nagara-{typ}+jwt").encode()

    def fresh(self, **members: object) -> Told:
        """A payload of this account with its three members about time and place; None: left out."""
        now = seconds()
        said: Told = {"aud": self.network, "iat": now, "exp": now + 300} | members
        return {name: value for name, value in said.items() if value is not None}

    async def send(self, path: str, body: bytes) -> httpx.Response:
        """POST a signed request."""
        return await self.client.post(API + path, content=body, headers=JOSE)

    def wallet_request(self, **members: object) -> bytes:
        """A request to open a wallet."""
        said = {"account": self.account, "issuer": "lanexang", "kind": "person", "name": "ສົມສີ"}
        return self.signed("wallet", self.fresh(**said | members))

    async def open_wallet(self, **members: object) -> Told:
        """Open a wallet, and a session."""
        told = words_of(await self.send("/wallets", self.wallet_request(**members)), 201)
        await self.open_session()
        return told

    async def open_session(self) -> None:
        """A session for reading."""
        request = self.signed("session", self.fresh(account=self.account, jti=new_id()))
        self.token = words_of(await self.send("/sessions", request), 201)["token"]

    def order_words(self, payee: str, amount: int, **members: object) -> Told:
        """The payload of an order."""
        said = {
            "id": new_id(),
            "payer": self.account,
            "payee": payee,
            "amount": amount,
            "currency": self.currency,
            "purpose": "goods",
        }
        return self.fresh(**said | members)

    def order(self, payee: str, amount: int, **members: object) -> bytes:
        """An order, signed."""
        return self.signed("order", self.order_words(payee, amount, **members))

    async def pay(self, payee: str, amount: int, **members: object) -> httpx.Response:
        """Order a payment."""
        return await self.send("/orders", self.order(payee, amount, **members))

    async def read(self, path: str, **headers: str) -> httpx.Response:
        """GET with the session."""
        bearer = {"authorization": f"Bearer {self.token}"} | headers
        return await self.client.get(API + path, headers=bearer)

    async def ask(self, path: str, body: Told, **headers: str) -> httpx.Response:
        """POST JSON with the session."""
        bearer = {"authorization": f"Bearer {self.token}"} | headers
        return await self.client.post(API + path, json=body, headers=bearer)

    async def view(self) -> Told:
        """The own account."""
        return words_of(await self.read(f"/accounts/{self.account}"), 200)

    async def balance(self) -> int:
        """What stands on the own account."""
        balance: int = (await self.view())["balance_minor"]
        return balance

    async def order_of(self, id_: str) -> Told:
        """A decided order."""
        return words_of(await self.read(f"/orders/{id_}"), 200)

    async def history(self) -> list[Told]:
        """The newest payments."""
        told = words_of(await self.read(f"/accounts/{self.account}/payments"), 200)
        payments: list[Told] = told["payments"]
        return payments


@dataclass
class Program:
    """The program of an institution: private_key_jwt in, a short-lived token out."""

    client: httpx.AsyncClient
    code: str
    network: str = "la.nagara"
    currency: str = "LAK"
    signer: Signer = field(default_factory=lambda: new_signer(Algorithm.ES256))
    token: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The public key that the operator is told."""
        return dict(self.signer.public.jwk)

    def assertion(self, by: Signer | None = None, **members: object) -> str:
        """A client assertion (RFC 7523 section 3); None: left out."""
        said: Told = {
            "iss": self.code,
            "sub": self.code,
            "aud": self.network,
            "jti": new_id(),
            "iat": seconds(),
            "exp": seconds() + 60,
        } | members
        kept = {name: value for name, value in said.items() if value is not None}
        return sign_jws(by or self.signer, canonical.json(kept), "JWT")

    async def exchange(self, assertion: str, **fields: str) -> httpx.Response:
        """Ask for a token."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
        } | fields
        return await self.client.post("/oauth/token", data=form)

    async def admit(self) -> None:
        """Get a token."""
        told = words_of(await self.exchange(self.assertion()), 200)
        self.token = told["access_token"]

    async def ask(self, path: str, body: Told | bytes, **headers: str) -> httpx.Response:
        """POST JSON."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        bearer = {"authorization": f"Bearer {self.token}"} | JSON | headers
        return await self.client.post(API + path, content=content, headers=bearer)

    async def read(self, path: str) -> httpx.Response:
        """GET with the token."""
        return await self.client.get(API + path, headers={"authorization": f"Bearer {self.token}"})

    async def open_account(self, holder: Holder, kind: str = "person", **members: object) -> Told:
        """Open an account for a customer, who then opens a session."""
        tiers = {"person": "full", "merchant": "merchant", "agent": "agent"}
        said = {
            "account": holder.account,
            "kind": kind,
            "name": "ບຸນມີ ວົງສາ",
            "tier": tiers[kind],
            "devices": [dict(holder.signer.public.jwk)],
        } | members
        told = words_of(await self.ask(f"/participants/{self.code}/accounts", said), 201)
        await holder.open_session()
        return told

    def movement(self, account: str, amount: int, **members: object) -> Told:
        """The body of a deposit or withdrawal."""
        said: Told = {
            "id": new_id(),
            "account": account,
            "amount_minor": amount,
            "currency": self.currency,
        }
        return said | members

    async def deposit(self, account: str, amount: int) -> None:
        """Money comes in."""
        body = self.movement(account, amount)
        words_of(await self.ask(f"/participants/{self.code}/deposits", body), 201)

    async def set_state(self, account: str, state: str) -> httpx.Response:
        """Freeze an account, open it again or close it."""
        path = f"/participants/{self.code}/accounts/{account}/state"
        return await self.ask(path, {"state": state, "reason": "as the court says"})


@dataclass
class Town:
    """Enough of a country to live in: two institutions with programs, and a counter for money."""

    client: httpx.AsyncClient
    operator: str  # an operator's session
    issuer: Program  # lanexang: people open wallets there by themselves
    bank: Program  # mekong: a bank with codes of its own

    async def person(self, money: int = 0, /, **members: object) -> Holder:
        """Somebody with a wallet and money in it."""
        holder = Holder(self.client, self.issuer.network, self.issuer.currency)
        await holder.open_wallet(**members)
        if money:
            await self.issuer.deposit(holder.account, money)
        return holder

    async def merchant(self, **members: object) -> Holder:
        """A shop with an account."""
        said: Told = {"kind": "merchant", "name": "ຮ້ານກາເຟ ດາວ"}
        return await self.person(0, **said | members)

    async def customer(self, kind: str, money: int = 0, /, **members: object) -> Holder:
        """A customer of the bank: a person, a merchant or an agent."""
        holder = Holder(self.client, self.bank.network, self.bank.currency)
        await self.bank.open_account(holder, kind, **members)
        if money:
            await self.bank.deposit(holder.account, money)
        return holder
