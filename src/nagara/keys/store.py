"""Keys in files: encrypted PKCS#8, one signed list of what they are, and a lock for writers.

    vault.json   how the passphrase becomes the master key (scrypt), and a check that it did
    keys.json    the records of all keys under one MAC: a rotation is one atomic write
    KID.pem      a private key, PKCS#8 encrypted under a password made from the master key
    lock         held while writing

The password of a PKCS#8 file is 256 bits derived by scrypt, because the crypto library's own
PKCS#8 derivation (PBKDF2 with 2048 rounds) is too weak for a passphrase. Files are 0600, the
folder 0700, each write is a new file, synced and renamed.
Not here: which key signs when (rules.py). An old copy of the whole folder cannot be told from the
present one: restoring a backup is the operator's word.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nagara.kernel import canonical
from nagara.kernel.refusals import Malformed, TooLarge
from nagara.keys.bundle import entries, records_of
from nagara.keys.model import KeyRecord
from nagara.keys.primitives import equal_in_constant_time, random_bytes
from nagara.keys.public import Algorithm, PublicKey
from nagara.keys.refusals import (
    PassphraseWrong,
    StoreDamaged,
    StoreExposed,
    StoreUnavailable,
)
from nagara.keys.signers import FileSigner, generate

FILE_SIZE_MAX: Final = 1 << 20
_VAULT, _KEYS, _LOCK = "vault.json", "keys.json", "lock"
_VERSION: Final = 1
_OTHERS: Final = 0o077
_COST_MAX: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """The cost of one try at the passphrase (RFC 7914 section 2). The default takes 32 MiB."""

    n: int = 1 << 15
    r: int = 8
    p: int = 3


class _Vault(msgspec.Struct, forbid_unknown_fields=True):
    version: Literal[1]
    n: int
    r: int
    p: int
    salt: str
    check: str


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    version: Literal[1]
    mac: str
    keys: list[object]


class KeyFolder:
    """An unlocked folder of keys."""

    def __init__(self, folder: Path, master: bytes) -> None:
        self._folder = folder
        self._master = master

    @classmethod
    def unlock(cls, folder: Path, passphrase: bytes, cost: ScryptCost) -> KeyFolder:
        """The folder of a passphrase, made where there is none."""
        if not passphrase:
            raise Malformed(field="passphrase", reason="it is empty")
        _prepare(folder)
        with _locked(folder):
            if (folder / _VAULT).exists():
                return cls._unlock(folder, passphrase)
            if (folder / _KEYS).exists() and any(folder.glob("*.pem")):
                raise StoreDamaged(file=_VAULT, reason="it is missing")
            return cls._create(folder, passphrase, cost)

    @classmethod
    def _unlock(cls, folder: Path, passphrase: bytes) -> KeyFolder:
        try:
            vault = msgspec.convert(canonical.json_decode(_read(folder, _VAULT)), _Vault)
            cost = ScryptCost(vault.n, vault.r, vault.p)
            master = _derive(passphrase, bytes.fromhex(vault.salt), cost)
            right = equal_in_constant_time(_mac(master, b"check"), bytes.fromhex(vault.check))
        except (ValueError, Malformed, TooLarge):
            raise StoreDamaged(file=_VAULT, reason="it is not as it was written") from None
        if not right:
            raise PassphraseWrong(folder=str(folder))
        return cls(folder, master)

    @classmethod
    def _create(cls, folder: Path, passphrase: bytes, cost: ScryptCost) -> KeyFolder:
        salt = random_bytes(16)
        unlocked = cls(folder, _derive(passphrase, salt, cost))
        unlocked.save(())  # before the vault: a folder with a vault always has its list
        vault = {
            "version": _VERSION,
            "n": cost.n,
            "r": cost.r,
            "p": cost.p,
            "salt": salt.hex(),
            "check": _mac(unlocked._master, b"check").hex(),
        }
        _write(folder, _VAULT, canonical.json(vault))
        return unlocked

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all processes that write here."""
        with _locked(self._folder):
            yield

    def stamp(self) -> tuple[int, int, int]:
        """What changes whenever the list of keys does."""
        try:
            found = (self._folder / _KEYS).stat()
        except FileNotFoundError:
            raise StoreDamaged(file=_KEYS, reason="it is missing") from None
        except OSError as error:
            raise _unavailable(error) from error
        return found.st_mtime_ns, found.st_ino, found.st_size

    def load(self) -> tuple[KeyRecord, ...]:
        """All records, once their MAC is checked."""
        damaged = StoreDamaged(file=_KEYS, reason="it is not as it was written")
        try:
            value = canonical.json_decode(_read(self._folder, _KEYS), FILE_SIZE_MAX)
            manifest = msgspec.convert(value, _Manifest)
            mac = bytes.fromhex(manifest.mac)
        except (ValueError, Malformed):
            raise damaged from None
        if not equal_in_constant_time(self._manifest_mac(manifest.keys), mac):
            raise damaged
        return records_of(manifest.keys)

    def save(self, records: tuple[KeyRecord, ...]) -> None:
        """Replace the list of keys, atomically and durably."""
        keys = entries(records)
        mac = self._manifest_mac(keys).hex()
        text = canonical.json({"version": _VERSION, "mac": mac, "keys": keys})
        _write(self._folder, _KEYS, text)

    def new_key(self, algorithm: Algorithm) -> PublicKey:
        """Make a key and keep it. It is of no effect until a record names it."""
        private = generate(algorithm)
        public = PublicKey.from_native(private.public_key())
        encryption = serialization.BestAvailableEncryption(self._password(public.kid))
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        )
        _write(self._folder, f"{public.kid}.pem", pem)
        return public

    def signer(self, record: KeyRecord) -> FileSigner:
        """The signer of a record."""
        name = f"{record.public.kid}.pem"
        pem = _read(self._folder, name)
        try:
            private = serialization.load_pem_private_key(pem, self._password(record.public.kid))
        except (ValueError, TypeError):
            raise StoreDamaged(file=name, reason="it does not open") from None
        if not isinstance(private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise StoreDamaged(file=name, reason="it is another kind of key")
        signer = FileSigner(private)
        if signer.public != record.public:
            raise StoreDamaged(file=name, reason="it is another key")
        return signer

    def _manifest_mac(self, keys: object) -> bytes:
        return _mac(self._master, b"keys" + canonical.json({"version": _VERSION, "keys": keys}))

    def _password(self, kid: str) -> bytes:
        return _mac(self._master, b"pkcs8" + kid.encode()).hex().encode()


def _mac(master: bytes, message: bytes) -> bytes:
    return hmac.digest(master, b"nagara keys " + message, "sha256")


def _derive(passphrase: bytes, salt: bytes, cost: ScryptCost) -> bytes:
    if cost.n * cost.r * cost.p > _COST_MAX:  # a stranger's figures must not cost us gigabytes
        raise ValueError("the cost of scrypt is out of range")
    kdf = Scrypt(salt=salt, length=32, n=cost.n, r=cost.r, p=cost.p)
    return kdf.derive(passphrase)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            folder.chmod(0o700)
        mode = folder.stat().st_mode
    except OSError as error:
        raise _unavailable(error) from error
    if mode & _OTHERS:
        raise StoreExposed(file=str(folder))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unavailable(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # let go by the kernel when its holder dies
        yield
    finally:
        os.close(handle)


def _read(folder: Path, name: str) -> bytes:
    try:
        handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise StoreDamaged(file=name, reason="it is missing") from None
    except OSError as error:
        raise _unavailable(error) from error
    with os.fdopen(handle, "rb") as file:
        if os.fstat(handle).st_mode & _OTHERS:
            raise StoreExposed(file=name)
        data = file.read(FILE_SIZE_MAX + 1)
    if len(data) > FILE_SIZE_MAX:
        raise StoreDamaged(file=name, reason="it is too large")
    return data


def _write(folder: Path, name: str, data: bytes) -> None:
    """A new file beside the old one, synced, then renamed over it: never half a file."""
    new = folder / f".{name}.new"  # one name: the lock is held, and a crash leaves one at most
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        new.replace(folder / name)
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(inside)
        finally:
            os.close(inside)
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(reason=error.strerror or type(error).__name__)
