"""The file under the trees: versions, pruning, death at any moment, and a torn last write."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.merkle import ics23, log, proofs
from nagara.chain.merkle.proofs import LogHead, verify_consistency, verify_inclusion
from nagara.chain.merkle.store import Draft, MerkleStore
from nagara.kernel.errors import Refusal
from nagara.kernel.refusals import NotFound, Unavailable
from tests.chain.merkle import definition, writer

PAGE = 4_096


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MerkleStore]:
    store = MerkleStore(tmp_path / "trees")
    yield store
    store.close()


def _day(store: MerkleStore, versions: int, seed: int = 1) -> dict[int, dict[bytes, bytes]]:
    """Versions of changes by chance, and what the state was after each."""
    chance, state, history = random.Random(seed), dict[bytes, bytes](), {}
    for _ in range(versions):
        changes = {
            b"k%d" % chance.randrange(300): chance.choice([None, chance.randbytes(8)])
            for _ in range(50)
        }
        number = store.write(store.draft(changes)).number
        merged = {**state, **changes}
        state = {key: value for key, value in merged.items() if value is not None}
        history[number] = state
    return history


def _state(store: MerkleStore, number: int | None = None) -> dict[bytes, bytes]:
    """The state read through, which must have the root that it claims."""
    with store.reading(number) as view:
        state = dict(view.leaves())
        assert definition.state_root(state) == view.version.root
        assert all(view.get(key) == value for key, value in state.items())
        return state


def test_a_version_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    store = MerkleStore(tmp_path / "trees")
    written = store.write(store.draft({b"k": b"v"}), b"height 1")
    store.close()
    again = MerkleStore(tmp_path / "trees")
    with again.reading() as view:
        assert view.version == written
        assert view.get(b"k") == b"v"
        assert view.get(b"else") is None
    again.close()


def test_a_draft_changes_nothing_until_it_is_written(store: MerkleStore) -> None:
    first, second = store.draft({b"k": b"1"}), store.draft({b"k": b"2"})
    with store.reading() as view:
        assert view.version.number == 0
    assert first.root != second.root
    store.write(second)
    with store.reading() as view:
        assert view.get(b"k") == b"2"
    with pytest.raises(AssertionError, match="older version"):
        store.write(first)


def test_an_older_version_is_read_as_it_was(store: MerkleStore) -> None:
    history = _day(store, 12)
    for number, state in history.items():
        assert _state(store, number) == state


def test_a_reader_keeps_its_version_while_others_are_written_and_pruned(
    store: MerkleStore,
) -> None:
    history = _day(store, 5)
    with store.reading() as view:
        _day(store, 5, seed=2)
        store.prune(10)
        assert dict(view.leaves()) == history[5]


@pytest.mark.parametrize("number", [-1, 0, 13, 1 << 63, 1 << 64])
def test_a_version_that_is_not_held_is_refused(store: MerkleStore, number: int) -> None:
    _day(store, 12)
    with pytest.raises(NotFound), store.reading(number):
        pass


@given(st.lists(st.integers(0, 14), min_size=1, max_size=4), st.integers(0, 1 << 30))
def test_pruning_never_breaks_a_version_that_stays(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], seed: int
) -> None:
    store = MerkleStore(tmp_path_factory.mktemp("trees"))
    history = _day(store, 12, seed)
    for cut in cuts:
        assert not store.prune(cut)
    kept = min(12, max(*cuts, 1))
    for number, state in history.items():
        if number >= kept:
            assert _state(store, number) == state
        else:
            with pytest.raises(NotFound), store.reading(number):
                pass
    store.close()


def test_a_file_pruned_to_one_version_holds_as_much_as_one_that_never_had_others(
    store: MerkleStore, tmp_path: Path
) -> None:
    history = _day(store, 30)
    store.prune(30)
    fresh = MerkleStore(tmp_path / "fresh")
    fresh.write(fresh.draft(history[30]))
    counts = []
    for one in (store, fresh):
        with one._env.begin() as txn:
            counts.append(txn.stat(one._tables.leaves)["entries"])
    assert counts == [len(history[30])] * 2
    fresh.close()


def test_every_key_proves_itself_from_the_file_in_both_forms(store: MerkleStore) -> None:
    state = _day(store, 10)[10]
    with store.reading() as view:
        root = view.version.root
        for key in (b"k%d" % number for number in range(320)):
            short, long = view.prove(key), view.prove_ics23(key)
            if isinstance(long, ics23.Existence):
                assert proofs.verify_present(short, key, state[key], root)
                assert ics23.verify_existence(ics23.SMT, long, key, state[key], root)
            else:
                assert key not in state
                assert proofs.verify_absent(short, key, root)
                assert ics23.verify_non_existence(ics23.SMT, long, key, root)


def test_an_empty_state_proves_absence_but_has_no_neighbour(store: MerkleStore) -> None:
    with store.reading() as view:
        assert proofs.verify_absent(view.prove(b"k"), b"k", bytes(32))
        with pytest.raises(NotFound):
            view.prove_ics23(b"k")


def test_logs_grow_beside_each_other_and_prove_every_leaf(store: MerkleStore) -> None:
    chance, logs = random.Random(3), {"land": list[bytes](), "school": list[bytes]()}
    for turn in range(12):
        more = {
            name: [log.leaf_hash(b"%d %d" % (turn, at)) for at in range(chance.randrange(90))]
            for name in logs
        }
        draft = store.draft({}, more)
        store.write(draft)
        for name, added in more.items():
            before = LogHead(len(logs[name]), definition.log_root(logs[name]))
            logs[name] += added
            head = LogHead(len(logs[name]), definition.log_root(logs[name]))
            assert draft.head(name) == head
            _check_log(store, name, before, logs[name])
    with store.reading() as view:
        assert view.logs() == ("land", "school")


def _check_log(store: MerkleStore, name: str, before: LogHead, leaves: list[bytes]) -> None:
    head = LogHead(len(leaves), definition.log_root(leaves))
    with store.reading() as view:
        for index in range(0, len(leaves), 7):
            proof = view.inclusion(name, index, head.size)
            assert verify_inclusion(proof, leaves[index], head)
        if before.size:
            proof_of_growth = view.consistency(name, before.size, head.size)
            assert verify_consistency(proof_of_growth, before, head)


def test_what_a_log_never_held_is_refused(store: MerkleStore) -> None:
    store.write(store.draft({}, {"land": writer.entries(1)}))
    with store.reading() as view:
        for index, size in ((3, 3), (-1, 3), (0, 4), (0, 0)):
            with pytest.raises(NotFound):
                view.inclusion("land", index, size)
        for older, newer in ((0, 3), (2, 4), (3, 2)):
            with pytest.raises(NotFound):
                view.consistency("land", older, newer)
        with pytest.raises(NotFound):
            view.inclusion("sea", 0, 1)


def test_a_full_file_refuses_the_write_and_keeps_the_last_version(tmp_path: Path) -> None:
    store = MerkleStore(tmp_path, file_size_max=64 * PAGE)
    written = store.write(store.draft({b"k": b"v"}))
    large: dict[bytes, bytes | None] = {b"%d" % at: bytes(1_000) for at in range(500)}
    with pytest.raises(Unavailable):
        store.write(store.draft(large))
    with store.reading() as view:
        assert view.version == written
    assert store.write(store.draft({b"k": b"w"})).number == 2
    store.close()


@pytest.mark.parametrize("dying", [3, 17, 40])
def test_what_was_written_survives_the_death_of_the_writer_at_any_moment(
    tmp_path: Path, dying: int
) -> None:
    for turn in range(4):  # the next one goes on where the dead one stopped
        last = _write_and_die(tmp_path, dying + turn)
        store = MerkleStore(tmp_path)
        with store.reading() as view:
            number = view.version.number
            assert number in {last, last + 1}
            assert view.version.note == b"%d" % number
            assert view.frontier("log").size == number * writer.LEAVES
        due: dict[bytes, bytes] = {}
        for past in range(1, number + 1):
            merged = {**due, **writer.changes(past)}
            due = {key: value for key, value in merged.items() if value is not None}
        assert _state(store) == due
        store.close()


def _write_and_die(folder: Path, after: int) -> int:
    """The last number that a writer said before it was killed, somewhere in its next write."""
    command = [sys.executable, "-m", "tests.chain.merkle.writer", str(folder)]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = os.environ | {"PYTHONPATH": paths}
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, cwd=root, text=True) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(after)]
        child.kill()
        said += [line for line in child.stdout.read().splitlines(keepends=True) if line[-1] == "\n"]
    return int(said[-1])


class MerkleStoreOf:
    """A store for the length of a block."""

    def __init__(self, folder: Path) -> None:
        self.store = MerkleStore(folder)

    def __enter__(self) -> MerkleStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def _file(folder: Path) -> bytes:
    return (folder / "data.mdb").read_bytes()


def test_a_write_torn_before_its_pointer_leaves_the_version_before(tmp_path: Path) -> None:
    """Power is lost: any part of the new pages reached the disk, the pointer to them did not."""
    folder = tmp_path / "whole"
    store = MerkleStore(folder)
    history = _day(store, 6)
    before = _file(folder)
    draft: Draft = store.draft({b"k%d" % at: b"new" for at in range(300)})
    store.write(draft)
    after = _file(folder)
    store.close()
    chance = random.Random(5)
    for turn in range(30):
        torn = bytearray(before.ljust(len(after), b"\0"))
        for at in range(2 * PAGE, len(after), PAGE):  # the first two pages are the pointers
            if chance.random() < turn / 29:
                cut = chance.choice([512, 2_048, PAGE])
                torn[at : at + cut] = after[at : at + cut]
        again = tmp_path / f"torn {turn}"
        again.mkdir()
        (again / "data.mdb").write_bytes(torn)
        with MerkleStoreOf(again) as recovered:
            assert _state(recovered) == history[6]
            assert recovered.write(recovered.draft({b"k": b"v"})).number == 7


def test_a_damaged_top_page_is_noticed_when_the_file_is_opened(tmp_path: Path) -> None:
    store = MerkleStore(tmp_path)
    _day(store, 1)
    with store.reading() as view:
        top = view.page(view.top[2] + b"\x00")
    store.close()
    data = bytearray(_file(tmp_path))
    data[data.index(top[32:512]) + 100] ^= 1
    (tmp_path / "data.mdb").write_bytes(data)
    with pytest.raises(Unavailable):
        MerkleStore(tmp_path)


@pytest.mark.parametrize(
    "changes", [{b"": b"v"}, {b"k": b""}, {b"k" * 1_025: b"v"}, {b"k": bytes(65_537)}]
)
def test_a_key_or_value_out_of_bounds_is_never_drafted(
    store: MerkleStore, changes: dict[bytes, bytes | None]
) -> None:
    with pytest.raises((AssertionError, Refusal)):
        store.draft(changes)
