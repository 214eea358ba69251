"""The key folder: what breaks it, what it says then, and many processes on one folder."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from nagara.kernel.instant import Instant, SystemClock
from nagara.kernel.refusals import Malformed
from nagara.keys import Algorithm, KeyState, KeyStore, Purpose, ScryptCost, verify_jws
from nagara.keys.refusals import (
    KeyRetired,
    PassphraseWrong,
    RotationPending,
    StoreDamaged,
    StoreExposed,
    StoreUnavailable,
)

CHEAP = ScryptCost(n=2, r=1, p=1)
PASS = b"made up for this test"
PURPOSES = pytest.mark.parametrize("purpose", list(Purpose))


class SimulatedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = Instant.from_seconds(1_800_000_000)

    def now(self) -> Instant:
        return self.instant

    def move(self, seconds: int) -> None:
        self.instant = self.instant.plus_seconds(seconds)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def open_store(folder: Path, clock: SimulatedClock, passphrase: bytes = PASS) -> KeyStore:
    return KeyStore.open(folder, passphrase, clock, cost=CHEAP)


def test_a_folder_is_refused_with_another_passphrase_and_left_as_it_was(
    folder: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for wrong in (PASS + b" ", PASS[:-1], b"x"):
        with pytest.raises(PassphraseWrong):
            open_store(folder, clock, wrong)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_empty_passphrase_is_refused(folder: Path, clock: SimulatedClock) -> None:
    with pytest.raises(Malformed):
        open_store(folder, clock, b"")
    assert not folder.exists()


def _tear(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _empty(_: bytes) -> bytes:
    return b""


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes((data[middle] ^ 1,)) + data[middle + 1 :]


def _swell(data: bytes) -> bytes:
    return data + b" " * (1 << 20)


def _dear(data: bytes) -> bytes:
    return data.replace(b'"n":2', b'"n":1073741824')


@pytest.mark.parametrize("damage", [_tear, _empty, _flip, _swell])
@pytest.mark.parametrize("name", ["vault.json", "keys.json", "*.pem"])
def test_a_folder_with_a_torn_or_changed_file_is_a_fault(
    folder: Path, clock: SimulatedClock, name: str, damage: Callable[[bytes], bytes]
) -> None:
    open_store(folder, clock)
    for path in folder.glob(name):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises((StoreDamaged, PassphraseWrong)) as stopped:
        open_store(folder, clock)
    # A changed salt or check in the vault cannot be told from another passphrase.
    assert isinstance(stopped.value, StoreDamaged) or name == "vault.json"


def test_a_vault_that_asks_for_gigabytes_is_a_fault_and_costs_nothing(
    folder: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    vault = folder / "vault.json"
    vault.write_bytes(_dear(vault.read_bytes()))
    with pytest.raises(StoreDamaged):
        open_store(folder, clock)


@pytest.mark.parametrize("name", ["vault.json", "keys.json", "*.pem"])
def test_a_folder_with_a_missing_file_is_a_fault_and_no_new_country(
    folder: Path, clock: SimulatedClock, name: str
) -> None:
    open_store(folder, clock)
    for path in folder.glob(name):
        path.unlink()
    left = sorted(path.name for path in folder.iterdir())
    with pytest.raises(StoreDamaged):
        open_store(folder, clock)
    assert sorted(path.name for path in folder.iterdir()) == left


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"retire_at":null', b'"retire_at":1'),
        (b'"purpose":"receipt"', b'"purpose":"token"'),
        (b'"active_from":18', b'"active_from":17'),
        (b'"version":1', b'"version":2'),
    ],
)
def test_a_list_of_keys_that_a_stranger_changed_is_a_fault(
    folder: Path, clock: SimulatedClock, old: bytes, new: bytes
) -> None:
    open_store(folder, clock)
    keys = folder / "keys.json"
    assert old in keys.read_bytes()
    keys.write_bytes(keys.read_bytes().replace(old, new, 1))
    with pytest.raises(StoreDamaged):
        open_store(folder, clock)


def test_a_private_key_in_the_place_of_another_is_a_fault(
    folder: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    one, other = folder.glob("*.pem")
    one.write_bytes(other.read_bytes())
    with pytest.raises(StoreDamaged):
        open_store(folder, clock)


def test_a_key_file_of_another_folder_is_a_fault(
    folder: Path, tmp_path: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    open_store(tmp_path / "other", clock)
    (folder / "keys.json").write_bytes((tmp_path / "other/keys.json").read_bytes())
    with pytest.raises(StoreDamaged):
        open_store(folder, clock)


@pytest.mark.parametrize("name", [".", "vault.json", "keys.json", "*.pem"])
def test_a_folder_is_refused_when_others_may_read_it(
    folder: Path, clock: SimulatedClock, name: str
) -> None:
    open_store(folder, clock)
    for path in folder.glob(name) if name != "." else [folder]:
        path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(StoreExposed):
        open_store(folder, clock)


def test_a_link_in_the_place_of_a_key_file_is_not_followed(
    folder: Path, tmp_path: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    (folder / "keys.json").rename(tmp_path / "elsewhere.json")
    (folder / "keys.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(StoreUnavailable):
        open_store(folder, clock)


def test_a_file_in_the_place_of_the_folder_is_a_fault(folder: Path, clock: SimulatedClock) -> None:
    folder.write_text("not a folder")
    with pytest.raises(StoreUnavailable):
        open_store(folder, clock)


def test_the_files_are_for_the_owner_alone_and_hold_no_open_key(
    folder: Path, clock: SimulatedClock
) -> None:
    open_store(folder, clock)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in folder.glob("*.pem"):
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        for password in (None, PASS):
            with pytest.raises((TypeError, ValueError)):
                load_pem_private_key(path.read_bytes(), password)


def test_a_folder_opened_again_has_the_same_keys(folder: Path, clock: SimulatedClock) -> None:
    first, second = open_store(folder, clock), open_store(folder, clock)
    for purpose in Purpose:
        assert first.signer(purpose).public == second.signer(purpose).public
        assert first.signer(purpose).public.algorithm is Algorithm.ED25519
    assert first.signer(Purpose.RECEIPT).public != first.signer(Purpose.TOKEN).public
    assert first.trust_bundle() == second.trust_bundle()


def test_a_start_that_was_cut_off_before_the_vault_was_written_starts_anew(
    folder: Path, clock: SimulatedClock
) -> None:
    folder.mkdir(mode=0o700)
    for name in ("keys.json", ".vault.json.new", "lock"):
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o600)
    assert open_store(folder, clock).signer(Purpose.RECEIPT)


def test_a_purpose_that_came_later_gets_its_key_in_an_old_folder(
    folder: Path, clock: SimulatedClock
) -> None:
    old = KeyStore.open(folder, PASS, clock, [Purpose.RECEIPT], CHEAP)
    kept = old.signer(Purpose.RECEIPT).public
    new = open_store(folder, clock)
    assert new.signer(Purpose.RECEIPT).public == kept
    assert new.signer(Purpose.TOKEN)


@PURPOSES
def test_after_a_rotation_the_new_key_signs_and_the_old_one_ends_with_the_overlap(
    folder: Path, clock: SimulatedClock, purpose: Purpose
) -> None:
    store = open_store(folder, clock)
    old_token = store.compact_signer(purpose, "t").sign(b"old")
    old = store.signer(purpose).public
    clock.move(10)
    store.rotate(purpose, overlap_seconds=60)
    new_token = store.compact_signer(purpose, "t").sign(b"new")

    def check(token: str) -> bytes:
        return verify_jws(token, lambda h: store.verifier(purpose, str(h["kid"])), "t")[1]

    assert (check(old_token), check(new_token)) == (b"old", b"new")
    assert old in store.verifiers(purpose)
    clock.move(60)
    assert check(new_token) == b"new"
    with pytest.raises(KeyRetired):
        check(old_token)
    assert old not in store.verifiers(purpose)
    signed_at = clock.instant.plus_seconds(-61)
    assert store.verifier(purpose, old.kid, signed_at) == old
    states = [state for record, state in store.records() if record.purpose is purpose]
    assert states == [KeyState.RETIRED, KeyState.CURRENT]


def test_a_key_that_waits_starts_by_itself_at_its_time(folder: Path, clock: SimulatedClock) -> None:
    store = open_store(folder, clock)
    old = store.signer(Purpose.TOKEN)
    new = store.rotate(Purpose.TOKEN, overlap_seconds=0, activate_after_seconds=100)
    assert new.public in store.verifiers(Purpose.TOKEN)
    with pytest.raises(RotationPending):
        store.rotate(Purpose.TOKEN, overlap_seconds=0)
    clock.move(99)
    assert store.signer(Purpose.TOKEN) is old
    clock.move(1)
    assert store.signer(Purpose.TOKEN).public == new.public
    with pytest.raises(ValueError, match="past"):
        store.rotate(Purpose.TOKEN, overlap_seconds=0, activate_after_seconds=-1)


def test_asking_again_gives_the_same_signer_and_reads_no_file(
    folder: Path, clock: SimulatedClock
) -> None:
    store = open_store(folder, clock)
    signer = store.signer(Purpose.RECEIPT)
    compact = store.compact_signer(Purpose.RECEIPT, "t")
    folder.rename(folder.with_name("gone"))
    assert store.signer(Purpose.RECEIPT) is signer
    assert store.compact_signer(Purpose.RECEIPT, "t") is compact
    clock.move(1)
    with pytest.raises(StoreDamaged):
        store.signer(Purpose.RECEIPT)


PROGRAM = """
import resource, sys
from pathlib import Path
from nagara.kernel.instant import SystemClock
from nagara.keys import KeyStore, Purpose
store = KeyStore.open(Path(sys.argv[1]), sys.argv[2].encode(), SystemClock())
for _ in range(int(sys.argv[3])):
    print(store.rotate(Purpose.RECEIPT, 3600).public.kid, flush=True)
"""


def another_process(
    folder: Path, rotations: int, before: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), PASS.decode(), str(rotations)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
        preexec_fn=before,  # noqa: PLW1509 - one thread, and a limit cannot be set otherwise
    )


def test_a_rotation_by_another_process_is_known_after_a_second_and_not_forgotten(
    folder: Path,
) -> None:
    clock = SimulatedClock()
    clock.instant = SystemClock().now()
    store = open_store(folder, clock)
    old = store.signer(Purpose.RECEIPT)
    with another_process(folder, rotations=1) as process:
        said, _ = process.communicate(timeout=60)
    assert store.signer(Purpose.RECEIPT) is old
    clock.instant = SystemClock().now().plus_seconds(2)
    assert store.signer(Purpose.RECEIPT).public.kid == said.strip()
    assert old.public in store.verifiers(Purpose.RECEIPT)


def test_rotations_of_two_processes_at_once_lose_no_key(folder: Path) -> None:
    clock = SimulatedClock()
    clock.instant = SystemClock().now()
    open_store(folder, clock)
    with another_process(folder, 10) as one, another_process(folder, 10) as other:
        kids = (one.communicate(timeout=60)[0] + other.communicate(timeout=60)[0]).split()
    clock.instant = SystemClock().now().plus_seconds(2)
    records = open_store(folder, clock).records()
    assert set(kids) < {record.public.kid for record, _ in records}
    assert len(kids) == 20
    assert [state for _, state in records].count(KeyState.CURRENT) == 2


def test_a_process_killed_while_it_rotates_leaves_a_whole_folder(folder: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    chance = random.Random(seed)
    clock = SimulatedClock()
    clock.instant = SystemClock().now()
    open_store(folder, clock)
    done: set[str] = set()
    for _ in range(5):
        with another_process(folder, rotations=1000) as process:
            assert process.stdout is not None
            done.update(process.stdout.readline().strip() for _ in range(chance.randrange(1, 30)))
            process.send_signal(signal.SIGKILL)
            done.update(process.communicate(timeout=60)[0].split())
        clock.instant = SystemClock().now().plus_seconds(2)
        store = open_store(folder, clock)
        known = {record.public.kid for record, _ in store.records()}
        assert {kid for kid in done if len(kid) == 43} <= known
        assert store.signer(Purpose.RECEIPT).sign(b"bytes")


def test_a_full_disk_is_a_fault_and_changes_nothing(folder: Path) -> None:
    clock = SimulatedClock()
    clock.instant = SystemClock().now()
    store = open_store(folder, clock)
    before = store.trust_bundle()
    limit = (100, 100)  # bytes a file: what a full disk does, without filling one
    with another_process(
        folder, 1, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    ) as process:
        _, error = process.communicate(timeout=60)
    assert "StoreUnavailable" in error
    assert open_store(folder, clock).trust_bundle() == before
