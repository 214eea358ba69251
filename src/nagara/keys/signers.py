"""Signing with a key held in this process, and the making of such keys."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from nagara.keys.public import Algorithm, PublicKey

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class FileSigner:
    """A Signer over a private key of the crypto library. The key is not reachable by a property."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: PrivateKey) -> None:
        self._private = private
        self._public = PublicKey.from_native(private.public_key())

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The 64-byte JOSE signature."""
        private = self._private
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(message)
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new private key from the operating system's randomness."""
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def new_signer(algorithm: Algorithm) -> FileSigner:
    """A signer that lives as long as the process: a simulated device, a short-lived session."""
    return FileSigner(generate(algorithm))
