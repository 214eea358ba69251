"""`nagara qr` as a person and as a program call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

CODE: Final = [
    "laoqr",
    "--to",
    "institution=99990418",
    "--to",
    "account=NGM01",
    "--amount",
    "25000",
]


def _nagara(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "nagara", "qr", *words]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


def _written(*words: str) -> str:
    done = _nagara("encode", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def test_a_code_which_was_written_is_read_for_people() -> None:
    said = _nagara("decode", _written(*CODE)).stdout.decode()
    assert "identifiers.account     NGM01" in said
    assert "amount_minor            25000" in said


def test_a_code_is_read_for_programs_as_one_json_object() -> None:
    text = json.loads(_written(*CODE, "--json"))["text"]
    said = json.loads(_nagara("decode", text, "--json").stdout)
    assert (said["scheme"], said["amount_minor"], said["currency"]) == ("laoqr", 25000, "LAK")
    assert [field["tag"] for field in said["fields"]] == ["00", "01", "38", "53", "54", "58", "63"]


def test_a_code_is_read_from_standard_input() -> None:
    read = _nagara("decode", "-", stdin=b"upi://pay?pa=a.b@example&am=5\n")
    assert b"a.b@example" in read.stdout


def test_the_pictures_are_written_where_asked(tmp_path: Path) -> None:
    svg, png = tmp_path / "code.svg", tmp_path / "code.png"
    _written(*CODE, "--svg", str(svg), "--png", str(png))
    assert svg.read_text().startswith("<svg")
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("language", "word"), [("en", "payment code"), ("lo", "ລະຫັດຊຳລະເງິນ"), ("vi", "mã thanh toán")]
)
def test_a_refusal_is_said_in_the_language_that_was_asked_for(language: str, word: str) -> None:
    refused = _nagara("decode", "nonsense", "--language", language)
    assert refused.returncode == 1
    assert word in refused.stderr.decode()
    assert not refused.stdout


def test_a_refusal_for_programs_has_its_code_and_who_must_act() -> None:
    refused = json.loads(_nagara("decode", _written(*CODE)[:-1] + "G", "--json").stderr)
    assert (refused["code"], refused["slug"], refused["who"]) == (
        3505,
        "qr.checksum_wrong",
        "payer",
    )


@pytest.mark.parametrize("bytes_", [b"\xff\xfe", b"\x00", b"0002\xed\xa0\x80", b"9" * 20_000])
def test_bytes_that_are_no_text_are_refused_and_break_nothing(bytes_: bytes) -> None:
    refused = _nagara("decode", "-", stdin=bytes_)
    assert refused.returncode == 1
    assert b"Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("nosuch", "--to", "account=1"),
        ("laoqr", "--to", "account"),
        ("laoqr", "--to", "account=1", "--to", "account=2"),
        ("laoqr", "--to", "account=1", "--amount", "-5"),
        ("laoqr", "--to", "account=1", "--amount", "1.5"),
        ("laoqr", "--to", "account=1", "--expires", "tomorrow"),
        ("laoqr", "--to", "account=1", "--country", "zz"),
    ],
)
def test_a_command_that_cannot_be_understood_says_which_option(words: tuple[str, ...]) -> None:
    refused = _nagara("encode", *words)
    assert refused.returncode == 2
    assert b"Invalid value" in refused.stderr


def test_a_picture_which_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    refused = _nagara("encode", *CODE, "--png", str(tmp_path / "none" / "code.png"))
    assert refused.returncode == 1
    assert b"No such file" in refused.stderr
