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
    _tell(told, _verdict(proved, language), as_json=as_json)


# one verdict sentence a language; money is in minor units, because a file does not say how a
# country writes it
_VERDICTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "payment": "VALID: {network} vouches that {money} from {payer} to {payee} {done} at {at}.",
        "unpaid": "NOT PAID: {network} vouches: {money} from {payer} to {payee} {done} at {at}.",
        "movement": "VALID: {network} vouches for a {kind} of {money} at {at}.",
        "posted": "was paid",
        "refused": "was refused",
        "expired": "came too late",
        "unsealed": "Not sealed on the national chain yet.",
    },
    "lo": {
        "payment": "ຖືກຕ້ອງ: {network} ຢືນຢັນວ່າ {money} ຈາກ {payer} ຫາ {payee} {done} ເວລາ {at}.",
        "unpaid": "ບໍ່ໄດ້ຈ່າຍ: {network} ຢືນຢັນ: {money}, {payer} ຫາ {payee} {done}, {at}.",
        "movement": "ຖືກຕ້ອງ: {network} ຢືນຢັນ {kind} {money} ເວລາ {at}.",
        "posted": "ຈ່າຍແລ້ວ",
        "refused": "ຖືກປະຕິເສດ",
        "expired": "ມາຊ້າເກີນໄປ",
        "unsealed": "ຍັງບໍ່ໄດ້ປະທັບຕາໃນລະບົບແຫ່ງຊາດ.",
    },
    "vi": {
        "payment": "HỢP LỆ: {network} xác nhận {money} từ {payer} đến {payee} {done} lúc {at}.",
        "unpaid": "CHƯA TRẢ: {network} xác nhận {money} từ {payer} đến {payee} {done} lúc {at}.",
        "movement": "HỢP LỆ: {network} xác nhận {kind} {money} lúc {at}.",
        "posted": "đã được trả",
        "refused": "đã bị từ chối",
        "expired": "đến quá muộn",
        "unsealed": "Chưa được niêm phong trên chuỗi quốc gia.",
    },
}


def _verdict(proved: Proved, language: str) -> str:
    """Who vouches for what, since when."""
    words, fact = _VERDICTS[language], proved.fact
    line = words[_form(proved)].format(
        network=fact.get("network"),
        money=f"{fact.get('amount')} {fact.get('currency')} (minor units)",
        payer=_side(fact, "payer"),
        payee=_side(fact, "payee"),
        done=words.get(str(fact.get("state")), ""),
        kind=proved.kind,
        at=fact.get("at"),
    )
    return f"{line} {words['unsealed']}"


def _form(proved: Proved) -> str:
    """A genuine receipt of a refusal must not read as one of a payment, not at a glance either."""
    if proved.kind != "payment":
        return "movement"
    return "payment" if proved.fact.get("state") == "posted" else "unpaid"


def _side(fact: Mapping[str, object], name: str) -> str:
    side = fact.get(name)
    if not isinstance(side, dict):
        return "somebody"
    return f"{side.get('name', 'account ' + str(side.get('account')))} ({side.get('participant')})"


def _tell(found: Mapping[str, object], line: str, *, as_json: bool) -> None:
    text = json.dumps(found, ensure_ascii=False) if as_json else line
    # a file which is not valid may quote what moves the cursor, and write a verdict of its own
    click.echo("".join(char if char.isprintable() else "\ufffd" for char in text))
