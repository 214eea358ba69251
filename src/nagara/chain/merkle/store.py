"""Where trees live: one LMDB file, one atomic and durable write for each version.

Laws:  S1  After a crash at any moment the file holds the last version whose write had returned, or
           the one that was being written, whole; never anything else.
       S2  Versions follow each other by one. What a version wrote stands until it is pruned.
       S3  Pruning takes no page and no leaf that a version which stays can reach.
LMDB writes the new pages beside the old ones, syncs, and only then points to them; the pointer is
smaller than a sector. Opening reads the newest version's top page back and holds it to its hash.
Not here: what versions mean, and who may write: one process at a time, one write at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import lmdb

from nagara.chain.merkle import log, smt
from nagara.chain.merkle.pages import BRANCH, Slot, is_sound
from nagara.chain.merkle.proofs import LogHead
from nagara.chain.merkle.tables import (
    HASH_SIZE,
    TILE,
    Tables,
    frontier_record,
    leaf_record,
    names_joined,
    names_parted,
    tile_name,
    version_record,
)
from nagara.chain.merkle.view import Version, View
from nagara.kernel.refusals import Unavailable

if TYPE_CHECKING:
    from lmdb import _Database as Table

FILE_SIZE_MAX: Final = 1 << 36  # 64 GiB of address space; the file grows as it is needed
KEY_SIZE_MAX: Final = 1_024
VALUE_SIZE_MAX: Final = 65_536
NOTE_SIZE_MAX: Final = 65_536
PRUNED_AT_ONCE_MAX: Final = 50_000  # pages and leaves in one write: bounds its memory

_READERS_MAX: Final = 126


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version, made and not yet written: its roots can be spoken of before it stands."""

    number: int
    state: smt.Grown
    logs: Mapping[str, log.Grown]

    @property
    def root(self) -> bytes:
        """The root of the state."""
        return self.state.root[1]

    def head(self, name: str) -> LogHead:
        """The head of a log to which this draft adds."""
        return self.logs[name].frontier.head


class MerkleStore:
    """The file of a chain's trees. Threads may read at the same time; one writes."""

    def __init__(self, folder: Path, *, file_size_max: int = FILE_SIZE_MAX) -> None:
        """Open or make it in a folder of its own. Unavailable if the file is damaged."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._env = lmdb.Environment(
            str(folder),
            map_size=file_size_max,
            max_dbs=len(Tables.__slots__),
            max_readers=_READERS_MAX,
            mode=0o600,
        )
        self._tables = Tables.opened(self._env)
        self._check_newest()

    def close(self) -> None:
        """Let go of the file."""
        self._env.close()

    @contextmanager
    def reading(self, number: int | None = None) -> Iterator[View]:
        """A version as it stands, the newest without a number. NotFound if it is not held.

        The file cannot reuse what a view sees: keep it for one answer, not for a day.
        """
        with self._env.begin() as txn:
            yield View(txn, self._tables, number)

    @contextmanager
    def _writing(self) -> Iterator[lmdb.Transaction]:
        """One write: whole and durable at the end of the block, or nothing of it."""
        try:
            with self._env.begin(write=True) as txn:
                yield txn
        except lmdb.Error as error:  # the disk or the file is full, or the disk is broken
            raise Unavailable(reason=type(error).__name__) from error

    def draft(
        self,
        changes: Mapping[bytes, bytes | None],
        entries: Mapping[str, Sequence[bytes]] | None = None,
    ) -> Draft:
        """The next version: keys with their new values (None removes), and leaf hashes by log.

        Reads only. Keys, values and names of logs have been bounded by the caller.
        """
        for key, value in changes.items():
            assert 0 < len(key) <= KEY_SIZE_MAX
            assert value is None or 0 < len(value) <= VALUE_SIZE_MAX
        with self.reading() as view:
            number = view.version.number + 1
            state = smt.update(view.page, view.top, number, changes)
            logs = {
                name: log.append(view.frontier(name), hashes)
                for name, hashes in (entries or {}).items()
            }
        return Draft(number, state, logs)

    def write(self, draft: Draft, note: bytes = b"") -> Version:
        """Make a draft the newest version: durable when this returns.

        Unavailable if the disk or the file is full: then nothing has changed.
        """
        assert len(note) <= NOTE_SIZE_MAX
        state, stamp, tables = draft.state, draft.state.stamp, self._tables
        with self._writing() as txn:
            newest = View(txn, tables).version.number
            assert newest + 1 == draft.number, "a draft of an older version"
            pages = [(stamp + name, page) for name, page in state.pages]
            leaves = [(stamp + own, leaf_record(key, value)) for own, key, value in state.leaves]
            _append(txn, tables.pages, pages)
            _append(txn, tables.leaves, leaves)
            gone = names_joined(state.gone_pages) + names_joined(state.gone_leaves)
            _append(txn, tables.gone, [(stamp, gone)])
            _append(txn, tables.versions, [(stamp, version_record(state.root, note))])
            for name, grown in draft.logs.items():
                self._write_log(txn, name, grown)
        return Version(draft.number, draft.root, note)

    def prune(self, keep_from: int) -> bool:
        """Forget versions before `keep_from`, a bounded part at a time; False when none is left.

        The newest version is never forgotten.
        """
        with self._writing() as txn:
            return self._prune(txn, keep_from)

    def clear(self) -> None:
        """Forget everything, so that a snapshot can be taken over."""
        with self._writing() as txn:
            for name in Tables.__slots__:
                txn.drop(getattr(self._tables, name), delete=False)

    def take(self, top: Slot, part: Mapping[bytes, bytes]) -> Slot:
        """Add keys of a snapshot beneath a slot of no version yet; the slot with them in it.

        Such pages have the stamp of version 0 and replace each other, since nobody reads them
        before `adopt`.
        """
        tables, stamp = self._tables, smt.stamp_of(0)
        with self._writing() as txn:
            newest = View(txn, tables)
            assert newest.version.number == 0, "a snapshot is taken over before any version"
            grown = smt.update(newest.page, top, 0, part)
            assert not grown.gone_leaves, "a snapshot has each key once"
            for name in grown.gone_pages:
                txn.delete(name, db=tables.pages)
            for name, page in grown.pages:
                txn.put(stamp + name, page, db=tables.pages)
            for own, key, value in grown.leaves:
                txn.put(stamp + own, leaf_record(key, value), db=tables.leaves)
        return grown.root

    def adopt(
        self, number: int, top: Slot, logs: Mapping[str, log.Frontier], note: bytes = b""
    ) -> Version:
        """Make what was taken the newest version."""
        with self._writing() as txn:
            assert View(txn, self._tables).version.number == 0 < number
            for name, frontier in logs.items():
                self._write_peaks(txn, name, frontier)
                txn.put(name.encode(), frontier_record(frontier), db=self._tables.logs)
            body = version_record(top, note)
            _append(txn, self._tables.versions, [(smt.stamp_of(number), body)])
        return Version(number, top[1], note)

    def _prune(self, txn: lmdb.Transaction, keep_from: int) -> bool:
        """What version n made superfluous goes together with all versions before n."""
        last = smt.stamp_of(max(0, min(keep_from, View(txn, self._tables).version.number)))
        pages: list[bytes] = []
        leaves: list[bytes] = []
        more = False
        with txn.cursor(self._tables.gone) as gone, txn.cursor(self._tables.versions) as versions:
            there = gone.first()
            while there and bytes(gone.key()) <= last:
                if len(pages) + len(leaves) >= PRUNED_AT_ONCE_MAX:
                    more = True
                    break
                first, second = names_parted(bytes(gone.value()))
                pages += first
                leaves += second
                older = versions.first()
                while older and bytes(versions.key()) < bytes(gone.key()):
                    older = versions.delete()
                there = gone.delete()
        for table, names in ((self._tables.pages, pages), (self._tables.leaves, leaves)):
            for name in sorted(names):
                was_there = txn.delete(name, db=table)
                assert was_there, "a page or leaf was to be forgotten twice"
        return more

    def _write_log(self, txn: lmdb.Transaction, name: str, grown: log.Grown) -> None:
        for level, (first, row) in enumerate(grown.rows):
            at = 0
            while at < len(row):
                tile, within = divmod(first + at, TILE)
                part = row[at : at + TILE - within]
                self._put_hashes(txn, tile_name(name, level, tile), within, b"".join(part))
                at += len(part)
        txn.put(name.encode(), frontier_record(grown.frontier), db=self._tables.logs)

    def _write_peaks(self, txn: lmdb.Transaction, name: str, frontier: log.Frontier) -> None:
        levels = [
            level for level in range(frontier.size.bit_length()) if frontier.size >> level & 1
        ]
        for level, peak in zip(reversed(levels), frontier.peaks, strict=True):
            tile, within = divmod((frontier.size >> level) - 1, TILE)
            self._put_hashes(txn, tile_name(name, level, tile), within, peak)

    def _put_hashes(self, txn: lmdb.Transaction, tile: bytes, within: int, hashes: bytes) -> None:
        """Add to a tile. Hashes before, of a log that was taken over, are zeros: not held."""
        before = bytes(txn.get(tile, b"", db=self._tables.tiles))[: within * HASH_SIZE]
        whole = before.ljust(within * HASH_SIZE, b"\0") + hashes
        txn.put(tile, whole, db=self._tables.tiles)

    def _check_newest(self) -> None:
        with self.reading() as view:
            top = view.top
            if top[0] == BRANCH and not is_sound(view.page(top[2] + b"\x00"), top[1]):
                raise Unavailable(reason="the state on disk is damaged")


def _append(txn: lmdb.Transaction, table: Table, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Rows ascend, and stand after all that is there: LMDB fills its pages one by one."""
    with txn.cursor(table) as cursor:
        _, added = cursor.putmulti(rows, append=True)
    assert added == len(rows), "this was written before"
