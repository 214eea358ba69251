"""Public keys: what is taken, what is refused, and how a key is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nagara.kernel import canonical
from nagara.keys import Algorithm, PublicKey, base64url, new_signer, sha256
from nagara.keys.public import der_from_raw
from nagara.keys.refusals import KeyMalformed

VECTORS = json.loads((Path(__file__).parents[2] / "spec/vectors/jws.json").read_text("utf-8"))
P256 = VECTORS["accepted"][0]["jwk"]
ED25519 = next(row["jwk"] for row in VECTORS["thumbprints"] if row["taken"])
ED_P = 2**255 - 19


def ed25519_x(y: int) -> str:
    return base64url(y.to_bytes(32, "little")).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AAAA"},
        {"k": "AAAA"},
        {"kty": "RSA"},
        {"kty": ["EC"]},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"crv": "Ed25519"},
        {"x": P256["y"], "y": P256["x"]},
        {"x": ""},
        {"x": None},
        {"x": P256["x"] + "="},
        {"x": P256["x"][:-1]},
        {"x": P256["x"][:-1] + "V"},
        {"x": base64url(bytes(32)).decode(), "y": base64url(bytes(32)).decode()},
        {"x": base64url(b"\xff" * 32).decode()},
        {"use": "enc"},
        {"alg": "ES384"},
        {"alg": "EdDSA"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {f"member{i}": 1 for i in range(20)},
    ],
    ids=ascii,
)
def test_a_p256_key_is_refused_when_it_is_not_a_public_point_for_verifying(
    change: dict[str, object],
) -> None:
    with pytest.raises(KeyMalformed):
        PublicKey.from_jwk({**P256, **change})


@pytest.mark.parametrize(
    "x",
    [
        ed25519_x(0),
        ed25519_x(1),
        ed25519_x(1 | 1 << 255),
        ed25519_x(ED_P - 1),
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        ed25519_x(ED_P),
        ed25519_x(ED_P + 1),
        ed25519_x(2),
        ed25519_x(2**255 - 1),
        ED25519["x"] + "A",
    ],
)
def test_an_ed25519_key_is_refused_off_the_curve_of_small_order_or_not_reduced(x: str) -> None:
    with pytest.raises(KeyMalformed):
        PublicKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": x})


@pytest.mark.parametrize("jwk", [P256, ED25519], ids=["P-256", "Ed25519"])
def test_a_key_is_named_by_its_thumbprint_whatever_else_stands_beside_it(
    jwk: dict[str, str],
) -> None:
    plain = PublicKey.from_jwk(jwk)
    dressed = PublicKey.from_jwk({"kid": "mine", "use": "sig", "x5t": "?", "ext": True, **jwk})
    assert plain == dressed
    assert dressed.jwk == jwk
    assert base64url(plain.thumbprint).decode() == plain.kid


@pytest.mark.parametrize("row", VECTORS["thumbprints"], ids=lambda row: row["source"])
def test_thumbprints_are_those_of_the_standards(row: dict[str, object]) -> None:
    assert base64url(sha256(canonical.json(row["jwk"]))).decode() == row["thumbprint"]


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_signature_holds_for_its_key_and_its_bytes_alone(algorithm: Algorithm) -> None:
    mine, other = new_signer(algorithm), new_signer(algorithm)
    signature = mine.sign(b"bytes")
    assert len(signature) == 64
    assert mine.public.verify(b"bytes", signature)
    assert not mine.public.verify(b"other", signature)
    assert not other.public.verify(b"bytes", signature)
    assert not mine.public.verify(b"bytes", signature[:-1])
    assert not mine.public.verify(b"bytes", b"")
    assert not mine.public.verify(b"bytes", bytes(64))


@pytest.mark.parametrize(
    ("r", "s", "der"),
    [
        (1, 1, "3006020101020101"),
        (0x80, 0x7F, "30070202008002017f"),
        (0, 0, "3006020100020100"),
        (1 << 255, 1, "3026022100" + "80" + "00" * 31 + "020101"),
    ],
)
def test_a_raw_signature_becomes_minimal_der(r: int, s: int, der: str) -> None:
    assert der_from_raw(r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex() == der


def test_a_signer_does_not_show_its_private_key() -> None:
    signer = new_signer(Algorithm.ED25519)
    shown = [name for name in dir(signer) if not name.startswith("_")]
    assert shown == ["public", "sign"]
    assert "PrivateKey" not in repr(signer)
