"""Law of the journal: what a receipt proves, it proves to strangers; and nothing else proves it."""

from __future__ import annotations

import copy
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.journal import rules
from nagara.journal.model import FactKind
from nagara.journal.service import JournalService
from nagara.journal.store import PostgresLeaves
from nagara.kernel.ids import SystemIds
from nagara.kernel.instant import SystemClock
from nagara.keys import Algorithm, CompactSigner, base64url, new_signer
from nagara.storage import Database, Unit
from tests.journal.independent import Untrue, verify

VECTORS = json.loads(Path("spec/vectors/receipt.json").read_text("utf-8"))
RECEIPTS = VECTORS["receipts"]
IDS = [one["about"] for one in RECEIPTS]
SALT = bytes(range(32))
FACT = b'{"amount":1,"kind":"payment"}'
ID = UUID("01a20391-7de3-7b6f-a424-28f91130890a")


@pytest.mark.parametrize("vector", RECEIPTS, ids=IDS)
def test_a_receipt_of_the_vectors_proves_its_fact(vector: dict[str, Any]) -> None:
    assert verify(vector["file"], VECTORS["trust"]) == vector["fact"]


def test_the_commitment_of_the_vectors_is_made_of_the_bytes_that_the_page_names() -> None:
    told = VECTORS["commitment"]
    fact, salt = told["fact"].encode(), bytes.fromhex(told["salt"])
    assert sha256(fact).hexdigest() == told["fact_sha256"]
    joined = b"nagara/leaf/1" + b"\x07" + b"payment" + salt + bytes.fromhex(told["fact_sha256"])
    assert sha256(joined).hexdigest() == told["leaf"]
    assert rules.commitment(told["kind"], fact, salt).hex() == told["leaf"]


def _other_salt(file: dict[str, Any], _: dict[str, Any]) -> None:
    file["salt"] = urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()


def _no_salt(file: dict[str, Any], _: dict[str, Any]) -> None:
    file["salt"] = None


def _other_order(file: dict[str, Any], _: dict[str, Any]) -> None:
    file["order"] = RECEIPTS[1]["file"]["order"]


def _order_for_receipt(file: dict[str, Any], _: dict[str, Any]) -> None:
    file["receipt"] = file["order"]


def _more_money(file: dict[str, Any], _: dict[str, Any]) -> None:
    head, body, tail = file["receipt"].split(".")
    said = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    more = said.replace(b'"amount":1000', b'"amount":9000')
    assert more != said
    file["receipt"] = ".".join((head, urlsafe_b64encode(more).rstrip(b"=").decode(), tail))


def _other_country(_: dict[str, Any], trust: dict[str, Any]) -> None:
    for entry in trust["keys"]:
        entry["jwk"] = dict(new_signer(Algorithm.ED25519).public.jwk)


def _other_purpose(_: dict[str, Any], trust: dict[str, Any]) -> None:
    for entry in trust["keys"]:
        entry["purpose"] = "token"


def _no_keys(_: dict[str, Any], trust: dict[str, Any]) -> None:
    trust["keys"] = []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_salt, "leaf"),
        (_no_salt, "the salt was erased"),
        (_other_order, "order_sha256"),
        (_order_for_receipt, "typ of the receipt"),
        (_more_money, "signature"),
        (_other_country, "signature"),
        (_other_purpose, "kid"),
        (_no_keys, "kid"),
    ],
    ids=lambda one: one.__name__ if callable(one) else one,
)
def test_a_receipt_that_was_changed_proves_nothing(
    change: Callable[[dict[str, Any], dict[str, Any]], None], said: str
) -> None:
    file, trust = copy.deepcopy((RECEIPTS[0]["file"], VECTORS["trust"]))
    change(file, trust)
    with pytest.raises(Untrue, match=said):
        verify(file, trust)


@given(st.binary(max_size=80), st.binary(min_size=32, max_size=32), st.sampled_from(FactKind))
def test_a_commitment_changes_with_the_kind_the_salt_and_every_byte_of_the_fact(
    fact: bytes, salt: bytes, kind: FactKind
) -> None:
    made = rules.commitment(kind, fact, salt)
    assert len(made) == 32
    others = {rules.commitment(other, fact, salt) for other in FactKind if other is not kind}
    others |= {rules.commitment(kind, fact + b"x", salt), rules.commitment(kind, fact + b"y", salt)}
    others.add(rules.commitment(kind, fact, bytes([salt[0] ^ 1]) + salt[1:]))
    assert len(others) == len(FactKind) - 1 + 3
    assert made not in others


def test_no_two_ways_of_cutting_the_bytes_make_one_commitment() -> None:
    # without the length of the kind, its last letter could pass for the first byte of the salt
    one = rules.commitment("deviceA", FACT, SALT)
    assert rules.commitment("device", FACT, b"A" + SALT) != one


def test_a_leaf_is_refused_when_its_salt_is_too_short() -> None:
    with pytest.raises(AssertionError):
        rules.leaf(ID, FactKind.PAYMENT, FACT, SALT[:-1])


def _journal() -> JournalService:
    signer = CompactSigner(new_signer(Algorithm.ED25519), rules.RECEIPT_TYPE)
    return JournalService(PostgresLeaves(), lambda: signer)


async def test_the_salt_of_a_fact_is_told_until_it_is_erased(database: Database) -> None:
    journal = _journal()
    leaf, _ = journal.sign(ID, FactKind.PAYMENT, FACT)
    async with database.unit() as unit:
        await journal.append(unit, [leaf])
    async with database.unit() as unit:
        told = await journal.salt(unit, ID, FactKind.PAYMENT)
        assert told == base64url(leaf.salt).decode()
        assert await journal.salt(unit, ID, FactKind.DEPOSIT) is None
        await _erase(unit)
    async with database.unit() as unit:
        assert await journal.salt(unit, ID, FactKind.PAYMENT) is None


async def _erase(unit: Unit) -> None:
    await unit.connection.execute("UPDATE journal.leaf SET salt = NULL")


async def test_leaves_are_written_with_the_callers_rows_or_not_at_all(database: Database) -> None:
    journal = _journal()
    ids = SystemIds(SystemClock())
    leaves = [journal.sign(ids.new(), FactKind.DEVICE, FACT)[0] for _ in range(300)]

    async def fail_after_writing() -> None:
        async with database.unit() as unit:
            await journal.append(unit, leaves)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    async with database.unit() as unit:
        assert await journal.salt(unit, leaves[0].id, FactKind.DEVICE) is None
        await journal.append(unit, leaves)
    async with database.unit() as unit:
        salts = [await journal.salt(unit, leaf.id, FactKind.DEVICE) for leaf in leaves[::100]]
    assert salts == [base64url(leaf.salt).decode() for leaf in leaves[::100]]


async def test_the_salts_of_many_facts_are_told_together_but_for_the_erased(
    database: Database,
) -> None:
    journal = _journal()
    ids = SystemIds(SystemClock())
    leaves = [journal.sign(ids.new(), FactKind.PAYMENT, FACT)[0] for _ in range(3)]
    asked = [leaf.id for leaf in leaves]
    async with database.unit() as unit:
        await journal.append(unit, leaves)
        told = await journal.salts(unit, [*asked, ids.new()], FactKind.PAYMENT)
        assert told == {leaf.id: base64url(leaf.salt).decode() for leaf in leaves}
        assert await journal.salts(unit, asked, FactKind.DEPOSIT) == {}
        await _erase(unit)
        assert await journal.salts(unit, asked, FactKind.PAYMENT) == {}


def test_no_two_facts_share_a_salt() -> None:
    journal = _journal()
    salts = {journal.sign(ID, FactKind.PAYMENT, FACT)[0].salt for _ in range(1_000)}
    assert len(salts) == 1_000
