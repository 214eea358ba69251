"""`nagara verify FILE`: check a receipt without any network. One verdict line, exit 0 or 1."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from nagara.kernel.errors import CodedError
from nagara.kernel.sentences import sentence
from nagara.keys import TrustBundle
from nagara.payments.receipts import Proved, prove

_BESIDE: Final = "trust.json"
_LANGUAGES: Final = ("lo", "vi", "en")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The country's public keys (/api/journal/v1/trust). Default: trust.json beside FILE.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a line.")
@click.option("--language", type=click.Choice(_LANGUAGES), default="en", show_default=True)
def verify(file: Path, trust: Path | None, *, as_json: bool, language: str) -> None:
    """Check a receipt without any network: who vouches, for what, since when."""
    keys = trust or file.parent / _BESIDE
    if not keys.is_file():
        sys.exit(f"nagara: the country's public keys are needed: --trust FILE, or {keys}")
    try:
        proved = prove(file.read_bytes(), TrustBundle.parse(keys.read_bytes()))
    except CodedError as error:
        said = sentence(error, language)
        _tell(
            {"valid": False, "code": error.code, "slug": error.slug},
            f"NOT VALID: {said.what} {said.why} {said.do}",
            as_json=as_json,
        )
        sys.exit(1)
    told = {
        "valid": True,
        "kind": proved.kind,
        "fact": proved.fact,
        "signed_by": proved.kid,
        "ordered_by_device": proved.device,
        "sealed": False,
    }
    _tell(told, f"VALID: {_verdict(proved)}", as_json=as_json)


def _verdict(proved: Proved) -> str:
    """Who vouches for what, since when."""
    fact = proved.fact
    vouches = f"the network {fact.get('network')} vouches that"
    money = f"{fact.get('amount')} {fact.get('currency')} (minor units)"
    if proved.kind != "payment":
        return f"{vouches} a {proved.kind} of {money} was made at {fact.get('at')}."
    done = {"posted": "was paid", "refused": "was refused", "expired": "came too late"}
    return (
        f"{vouches} {money} from {_side(fact, 'payer')} to {_side(fact, 'payee')} "
        f"{done.get(str(fact.get('state')), 'ended')} at {fact.get('at')}, "
        f"ordered by device {proved.device}. Not sealed on the national chain yet."
    )


def _side(fact: Mapping[str, object], name: str) -> str:
    side = fact.get(name)
    if not isinstance(side, dict):
        return "somebody"
    return f"{side.get('name', 'account ' + str(side.get('account')))} ({side.get('participant')})"


def _tell(found: Mapping[str, object], line: str, *, as_json: bool) -> None:
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else line)
