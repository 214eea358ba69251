"""The nouns of the keys room: algorithms, purposes, signers, and what is known of a key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, Protocol

from nagara.kernel.instant import Instant
from nagara.keys.public import Algorithm, PublicKey


class Purpose(StrEnum):
    """What a key of the country is for. A key never serves two purposes."""

    RECEIPT = "receipt"
    TOKEN = "token"  # noqa: S105 - the word, not a secret


ALGORITHM_OF: Final = {Purpose.RECEIPT: Algorithm.ED25519, Purpose.TOKEN: Algorithm.ED25519}


class Signer(Protocol):
    """Something that signs and never shows its private key: a file, or a PKCS#11 token."""

    @property
    def public(self) -> PublicKey:
        """The public half; it says the algorithm and the kid."""

    def sign(self, message: bytes) -> bytes:
        """The signature in JOSE form: 64 bytes for both algorithms (RFC 7518 3.4, RFC 8037 3.1)."""


class KeyState(Enum):
    """Where a key stands at an instant."""

    WAITING = "waiting"
    """Published, not yet signing."""
    CURRENT = "current"
    """Signing and verifying."""
    OVERLAPPING = "overlapping"
    """Replaced; what it signs is still accepted, so that nothing under way is lost."""
    RETIRED = "retired"
    """Verifies only what was signed before its end."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key of the country and its times. Records are never deleted."""

    purpose: Purpose
    public: PublicKey
    created: Instant
    active_from: Instant
    retire_at: Instant | None
    """The end of its validity, exclusive; None until it is replaced."""
