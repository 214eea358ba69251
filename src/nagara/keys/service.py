"""The key store: one door to every key of the country, for many processes on one folder.

Each process reads the folder when it opens it and, once a second at most, looks whether the list
of keys has changed. So a rotation by one process is known to all within a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from nagara.kernel.instant import SECOND, Clock, Instant
from nagara.keys import rules
from nagara.keys.bundle import TrustBundle
from nagara.keys.embedded import CompactSigner
from nagara.keys.model import ALGORITHM_OF, KeyRecord, KeyState, Purpose, Signer
from nagara.keys.public import Algorithm, PublicKey
from nagara.keys.store import KeyFolder, ScryptCost

_DEFAULT_COST: Final = ScryptCost()


class KeyKeeper(Protocol):
    """What keeps the private keys and the list of all keys: a folder, or a PKCS#11 token.

    No private key ever passes this line. `open` below brings in the folder; another keeper is
    handed to the constructor.
    """

    def locked(self) -> AbstractContextManager[None]:
        """Alone among all processes that change the list."""

    def stamp(self) -> tuple[int, int, int]:
        """What changes whenever the list does; cheap to ask."""

    def load(self) -> tuple[KeyRecord, ...]:
        """The list."""

    def save(self, records: tuple[KeyRecord, ...]) -> None:
        """Replace the list, atomically and durably."""

    def new_key(self, algorithm: Algorithm) -> PublicKey:
        """Make a key and keep it."""

    def signer(self, record: KeyRecord) -> Signer:
        """The signer of a record."""


class KeyStore:
    """The country's keys. Open one per process; it is cheap to ask."""

    def __init__(self, keeper: KeyKeeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._records: tuple[KeyRecord, ...] = ()
        self._stamp: tuple[int, int, int] | None = None
        self._looked_at = Instant(0)
        self._signers: dict[str, Signer] = {}
        self._compact: dict[tuple[Purpose, str], CompactSigner] = {}

    @classmethod
    def open(
        cls,
        folder: Path,
        passphrase: bytes,
        clock: Clock,
        purposes: Iterable[Purpose] = tuple(Purpose),
        cost: ScryptCost = _DEFAULT_COST,
    ) -> KeyStore:
        """The store of a folder; the folder and the missing keys are made.

        `cost` is for a new folder; an existing one has its own. Refuses PassphraseWrong and
        StoreExposed; StoreDamaged and StoreUnavailable are faults.
        """
        store = cls(KeyFolder.unlock(folder, passphrase, cost), clock)
        with store._keeper.locked():
            now = store._reload()
            records = store._records
            for purpose in purposes:
                if not any(record.purpose is purpose for record in records):
                    records = (*records, store._new_key(purpose, now, now))
            if records != store._records:
                store._keeper.save(records)
                store._reload()
        for purpose in purposes:
            store.signer(purpose)  # so that a damaged key file is found now, not at a payment
        return store

    def signer(self, purpose: Purpose) -> Signer:
        """The key that signs now. The same object as long as it is the same key."""
        now = self._refresh()
        record = rules.current(self._records, purpose, now)
        found = self._signers.get(record.public.kid)
        if found is None:
            found = self._signers[record.public.kid] = self._keeper.signer(record)
        return found

    def compact_signer(self, purpose: Purpose, typ: str) -> CompactSigner:
        """The hot path of signing: ask for it each time, it is made once per key and typ."""
        signer = self.signer(purpose)
        found = self._compact.get((purpose, typ))
        if found is None or found.signer is not signer:
            found = self._compact[purpose, typ] = CompactSigner(signer, typ)
        return found

    def verifiers(self, purpose: Purpose) -> tuple[PublicKey, ...]:
        """The keys to publish: those whose signatures of now are accepted, or soon will be."""
        now = self._refresh()
        return tuple(r.public for r in rules.acceptable(self._records, purpose, now))

    def verifier(self, purpose: Purpose, kid: str, signed_at: Instant | None = None) -> PublicKey:
        """The key of a name, for what was signed at an instant (now, if none is given).

        Refuses KeyUnknown, and KeyRetired where the key was not good at that instant.
        """
        now = self._refresh()
        return rules.verifier(self._records, purpose, kid, signed_at or now).public

    def rotate(
        self, purpose: Purpose, overlap_seconds: int, activate_after_seconds: int = 0
    ) -> KeyRecord:
        """Replace the signing key of a purpose and return the new one's record.

        The new key signs `activate_after_seconds` from now, published at once; the old one is
        accepted for `overlap_seconds` more. Refuses RotationPending while a new key waits.
        """
        if activate_after_seconds < 0:
            raise ValueError("a key does not start in the past")
        with self._keeper.locked():
            now = self._reload()
            start = now.plus_seconds(activate_after_seconds)
            successor = self._new_key(purpose, now, start)
            self._keeper.save(rules.rotated(self._records, successor, overlap_seconds))
            self._reload()
        return successor

    def records(self) -> tuple[tuple[KeyRecord, KeyState], ...]:
        """Every key there ever was and where it stands now, for the operator."""
        now = self._refresh()
        return tuple((r, rules.state_at(r, now, self._records)) for r in self._records)

    def trust_bundle(self) -> TrustBundle:
        """All public keys with their times, for offline verification."""
        self._refresh()
        return TrustBundle(self._records)

    def _new_key(self, purpose: Purpose, now: Instant, start: Instant) -> KeyRecord:
        public = self._keeper.new_key(ALGORITHM_OF[purpose])
        return KeyRecord(purpose, public, created=now, active_from=start, retire_at=None)

    def _refresh(self) -> Instant:
        now = self._clock.now()
        if abs(now.micros - self._looked_at.micros) >= SECOND:
            if self._keeper.stamp() != self._stamp:
                return self._reload()
            self._looked_at = now
        return now

    def _reload(self) -> Instant:
        """Read the list again. The stamp is taken first: a change meanwhile is read twice."""
        now = self._clock.now()
        stamp = self._keeper.stamp()
        self._records = self._keeper.load()
        self._stamp, self._looked_at = stamp, now
        return now
