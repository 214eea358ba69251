"""`nagara demo`: a day in the country, over HTTP, as strangers would live it. Each step is checked.

It grows with the rooms and says which steps there are. Exit 0 only if every step that exists was
checked and is right.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import click

from nagara.cli.citizen import Citizen, CountryAt, Unexpected
from nagara.kernel.errors import CodedError
from nagara.keys import TrustBundle
from nagara.payments.receipts import prove

URL: Final = "http://localhost:8000"
_PRICE_MINOR: Final = 25_000
_NOT_YET: Final = (
    "enrol", "prove identity (eKYC)", "receive a document", "sign a contract",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the day and how it went."""

    name: str
    state: str  # checked, failed, not built yet
    detail: str
    ms: int


class Day:
    """The day: a citizen and a merchant meet."""

    def __init__(self, country: CountryAt) -> None:
        self._country = country
        self.buyer = Citizen(country, "ສົມພອນ ວົງສາ", "person")
        self.seller = Citizen(country, "ຮ້ານເຝີ ນາງຈັນ", "merchant")
        self._answer: dict[str, object] = {}

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Name and action of each step, in order; an action returns what it found."""
        return [
            ("open two wallets", self._open),
            ("receive money from an agent", self._top_up),
            ("scan the merchant's QR, see the name", self._scan),
            ("pay by QR", self._pay),
            ("pay the same order again: nothing moves", self._pay_again),
            ("the merchant has the money", self._arrived),
            ("verify the receipt offline", self._verify),
        ]

    def _open(self) -> str:
        return f"{self.buyer.open()} and {self.seller.open()}"

    def _top_up(self) -> str:
        self.buyer.top_up(self._country.demo_top_up_minor)
        return f"balance {self.buyer.balance_minor()}"

    def _scan(self) -> str:
        code = self.seller.code(_PRICE_MINOR)
        payee = self.buyer.confirm(code)
        _expect(payee["payee"], self.seller.account_text, "the code leads to another account")
        _expect(payee["amount_minor"], _PRICE_MINOR, "the code asks for another amount")
        return f"{payee['name']}, {payee['amount_minor']}"

    def _pay(self) -> str:
        self.buyer.sign(self.seller.account_text, _PRICE_MINOR)
        self._answer = self.buyer.send()
        _expect(self._answer["state"], "posted", "the order was not posted")
        return f"order {self._answer['id']}"

    def _pay_again(self) -> str:
        before = self.buyer.balance_minor()
        _expect(self.buyer.send(), self._answer, "another answer to the same order")
        _expect(self.buyer.balance_minor(), before, "money moved twice")
        return f"balance still {before}"

    def _arrived(self) -> str:
        balance = self.seller.balance_minor()
        _expect(balance, _PRICE_MINOR, "the merchant has another balance")
        return f"balance {balance}"

    def _verify(self) -> str:
        receipt = json.dumps(self._answer["receipt"]).encode()
        proved = prove(receipt, TrustBundle.parse(self._country.trust()))
        _expect(proved.fact["amount"], _PRICE_MINOR, "the receipt tells another amount")
        _refuses_changes(receipt, self._country.trust())
        return "signed by the country and by the payer's device; a changed copy was refused"


@click.command()
@click.option("--url", default=URL, show_default=True, help="A country that runs as a demo.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def demo(url: str, *, as_json: bool) -> None:
    """Walk through a day of the country, checking each step."""
    steps = walk(url, (lambda _: None) if as_json else _say)
    right = all(step.state != "failed" for step in steps)
    if as_json:
        click.echo(json.dumps({"ok": right, "steps": [asdict(step) for step in steps]}))
    sys.exit(0 if right else 1)


def walk(url: str, say: Callable[[Step], None]) -> list[Step]:
    """Live the day; stops at the first step that fails."""
    done: list[Step] = []

    def tell(step: Step) -> None:
        done.append(step)
        say(step)

    try:
        steps = Day(CountryAt(url)).steps()
    except (Unexpected, OSError) as error:
        tell(Step("reach the country", "failed", str(error), 0))
        return done
    for name, action in steps:
        started = time.perf_counter()
        try:
            detail, state = action(), "checked"
        except (Unexpected, CodedError, OSError) as error:
            detail, state = str(error), "failed"
        tell(Step(name, state, detail, round((time.perf_counter() - started) * 1000)))
        if state == "failed":
            return done
    for name in _NOT_YET:
        tell(Step(name, "not built yet", "", 0))
    return done


def _say(step: Step) -> None:
    mark = {"checked": "✓", "failed": "✗"}.get(step.state, "·")
    detail = step.detail or step.state
    click.echo(f"  {mark} {step.name}: {detail}" + (f" ({step.ms} ms)" if step.ms else ""))


def _expect(found: object, wanted: object, wrong: str) -> None:
    if found != wanted:
        raise Unexpected(f"{wrong}: {found!r} instead of {wanted!r}")


def _refuses_changes(receipt: bytes, trust: bytes) -> None:
    """A receipt with one sign changed anywhere in its signed part must not pass."""
    place = receipt.index(b'"receipt": "') + 200
    other = b"A" if receipt[place : place + 1] != b"A" else b"B"
    changed = receipt[:place] + other + receipt[place + 1 :]
    try:
        prove(changed, TrustBundle.parse(trust))
    except CodedError:
        return
    raise Unexpected("a changed receipt passed")
