"""A person with a device, as a program: what a wallet does, over plain HTTP and nothing else."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, Final

from nagara.kernel import canonical
from nagara.kernel.ids import SystemIds
from nagara.kernel.instant import SystemClock
from nagara.keys import Algorithm, embedded_jws, new_signer

_API: Final = "/api/payments/v1"
_TIMEOUT_SECONDS: Final = 20
_LIFE_SECONDS: Final = 300


class Unexpected(Exception):
    """The country did not do what it promises; the text says what."""


class CountryAt:
    """A country at an address."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.facts = self.ask("GET", "/country")
        if not self.facts["demo"]:
            raise Unexpected("this country is no demo: nobody gives money to strangers there")

    @property
    def demo_top_up_minor(self) -> int:
        """What the demo agent gives at once."""
        return 100_000

    def ask(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> dict[str, Any]:
        """One call of the payments API; a body of text is a signed request."""
        signed = isinstance(body, str)
        data = None if body is None else str(body).encode() if signed else json.dumps(body).encode()
        headers = {"content-type": "application/jose" if signed else "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        found: dict[str, Any] = json.loads(self._fetch(method, _API + path, data, headers))
        return found

    def trust(self) -> bytes:
        """The country's public keys."""
        return self._fetch("GET", "/api/journal/v1/trust", None, {})

    def _fetch(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(  # noqa: S310 the address is the caller's own choice
            self._url + path, data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            raise Unexpected(f"{method} {path}: {error.code} {error.read()[:400]!r}") from None


class Citizen:
    """Somebody with a key of their own."""

    def __init__(self, country: CountryAt, name: str, kind: str) -> None:
        self._country = country
        self._name = name
        self._kind = kind
        self._clock = SystemClock()
        self._ids = SystemIds(self._clock)
        self._signer = new_signer(Algorithm.ES256)
        self._token: str | None = None
        self._order = ""
        self.account_text = str(self._ids.new())

    def open(self) -> str:
        """Open a wallet at the first institution that takes strangers; its address."""
        issuer = next(p["code"] for p in self._country.facts["participants"] if p["open_to_public"])
        words = {"account": self.account_text, "issuer": issuer, "kind": self._kind,
                 "name": self._name}  # fmt: skip
        opened = self._country.ask("POST", "/wallets", self._request("wallet", words))
        return str(opened["address"])

    def top_up(self, amount_minor: int) -> None:
        """Take made-up money from the demo agent."""
        wish = {"id": str(self._ids.new()), "account": self.account_text,
                "amount_minor": amount_minor}  # fmt: skip
        self._ask("POST", "/demo/top-ups", wish)

    def balance_minor(self) -> int:
        """What the account says."""
        return int(self._ask("GET", f"/accounts/{self.account_text}")["balance_minor"])

    def code(self, amount_minor: int) -> str:
        """The text of a QR that asks for an amount."""
        path = f"/accounts/{self.account_text}/qr?amount_minor={amount_minor}"
        return str(self._ask("GET", path)["text"])

    def confirm(self, code: str) -> dict[str, Any]:
        """Who a scanned code would pay."""
        return self._ask("POST", "/payees", {"qr": code})

    def sign(self, payee: str, amount_minor: int) -> None:
        """Sign an order, to be sent as often as it takes."""
        words = {"id": str(self._ids.new()), "payer": self.account_text, "payee": payee,
                 "amount": amount_minor, "currency": self._country.facts["currency"]["code"],
                 "purpose": "goods"}  # fmt: skip
        self._order = self._request("order", words)

    def send(self) -> dict[str, Any]:
        """Send the signed order; its answer."""
        return self._country.ask("POST", "/orders", self._order)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        if self._token is None:
            words = {"account": self.account_text, "jti": str(self._ids.new())}
            opened = self._country.ask("POST", "/sessions", self._request("session", words))
            self._token = str(opened["token"])
        return self._country.ask(method, path, body, self._token)

    def _request(self, what: str, words: dict[str, Any]) -> str:
        now = self._clock.now().seconds
        around = {"aud": self._country.facts["network"], "iat": now, "exp": now + _LIFE_SECONDS}
        payload = canonical.json({**words, **around})
        return embedded_jws(self._signer, payload, f"nagara-{what}+jwt")
