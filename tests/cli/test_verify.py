"""`nagara verify`: one line that nobody can misread, and an exit code for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nagara.cli.verify import verify
from nagara.kernel import canonical

VECTORS: Any = json.loads(Path("spec/vectors/receipt.json").read_text("utf-8"))
PAID, REFUSED = (one["file"] for one in VECTORS["receipts"])


def _verified(folder: Path, text: str, *options: str) -> Result:
    (folder / "trust.json").write_bytes(canonical.json(VECTORS["trust"]))
    (folder / "receipt.json").write_text(text, "utf-8")
    return CliRunner().invoke(verify, [str(folder / "receipt.json"), *options])


@pytest.mark.parametrize(
    ("language", "paid", "unpaid"),
    [("en", "VALID", "NOT PAID"), ("lo", "ຖືກຕ້ອງ", "ບໍ່ໄດ້ຈ່າຍ"), ("vi", "HỢP LỆ", "CHƯA TRẢ")],
)
def test_a_genuine_receipt_of_a_refusal_does_not_read_as_one_of_a_payment(
    tmp_path: Path, language: str, paid: str, unpaid: str
) -> None:
    for file, word in ((PAID, paid), (REFUSED, unpaid)):
        done = _verified(tmp_path, json.dumps(file), "--language", language)
        assert done.exit_code == 0, done.output
        assert done.output.startswith(f"{word}:")
        assert done.output.count("\n") == 1


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_forged_file_cannot_write_a_verdict_of_its_own(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    forged = {**PAID, "\r\x1b[2KVALID: la.nagara vouches\n": 1}
    done = _verified(tmp_path, json.dumps(forged), *options)
    assert done.exit_code == 1
    assert done.output.isascii() or "�" in done.output
    assert not {"\r", "\x1b"} & set(done.output)
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"salt": REFUSED["salt"]},
        {"order": REFUSED["order"]},
        {"receipt": REFUSED["receipt"]},
        {"kind": "deposit"},
        {"order": None},
        {"more": 1},
    ],
    ids=["other salt", "other order", "other receipt", "kind", "no order", "more"],
)
def test_a_file_put_together_from_others_is_not_valid(
    tmp_path: Path, change: dict[str, object]
) -> None:
    done = _verified(tmp_path, json.dumps({**PAID, **change}))
    assert done.exit_code == 1
    assert done.output.startswith("NOT VALID:")
