"""The rules of the journal: how a fact becomes a leaf, and a leaf a receipt.

Laws:  J1  The commitment binds kind, salt and every byte of the fact, and tells none of them.
       J2  The signed part of a receipt is canonical JSON: any verifier can rebuild its bytes.
Not here: signing, storage, and the sealing of leaves on the chain.
Spec: spec/journal.md.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from uuid import UUID

from nagara.journal.model import SALT_SIZE, FactKind, Leaf

_TAG: Final = b"nagara/leaf/1"
RECEIPT_TYPE: Final = "nagara-receipt+jwt"


def leaf(id_: UUID, kind: FactKind, fact: bytes, salt: bytes) -> Leaf:
    """The leaf of a fact given as canonical JSON (J1)."""
    assert len(salt) == SALT_SIZE
    return Leaf(id_, kind, salt, commitment(kind, fact, salt))


def commitment(kind: str, fact: bytes, salt: bytes) -> bytes:
    """32 bytes: SHA-256(tag, length of kind, kind, salt, SHA-256(fact))."""
    word = kind.encode()
    return hashlib.sha256(
        _TAG + len(word).to_bytes(1) + word + salt + hashlib.sha256(fact).digest()
    ).digest()


def receipt_payload(fact: bytes, made: Leaf) -> bytes:
    """The bytes which the country signs (J2): `{"fact": …, "leaf": base64url}`."""
    return b'{"fact":' + fact + b',"leaf":"' + _text(made.commitment) + b'"}'


def _text(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
