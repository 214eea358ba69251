"""How long answers take, counted where every process of the country can read it.

Each web process counts into a small file of its own, mapped into memory: counting costs less than
a microsecond, takes no lock, and survives the process. Buckets grow by a quarter, from 0.1 ms on.
"""

from __future__ import annotations

import math
import mmap
import os
from array import array
from pathlib import Path
from typing import Final

BUCKETS: Final = 64
_FIRST_SECONDS: Final = 0.0001
_GROWTH: Final = 1.25
_WORD: Final = 8
_SUM: Final = BUCKETS  # the slot after the buckets: nanoseconds in all
_SIZE: Final = (BUCKETS + 1) * _WORD
_PATTERN: Final = "orders-*.meter"
_LOG_GROWTH: Final = math.log(_GROWTH)


def bucket_of(seconds: float) -> int:
    """The bucket which a duration is counted in."""
    if seconds <= _FIRST_SECONDS:
        return 0
    return min(BUCKETS - 1, math.ceil(math.log(seconds / _FIRST_SECONDS) / _LOG_GROWTH))


def upper_seconds(bucket: int) -> float:
    """The longest duration that is counted in a bucket; the last one has no end."""
    return math.inf if bucket == BUCKETS - 1 else _FIRST_SECONDS * _GROWTH**bucket


class Meter:
    """Counts the orders that this process answered."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / f"orders-{os.getpid()}.meter", os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, _SIZE)
        self._map = mmap.mmap(self._file, _SIZE)
        self._counts = memoryview(self._map).cast("Q")

    def count(self, seconds: float) -> None:
        """One answer, and how long it took."""
        self._counts[bucket_of(seconds)] += 1
        self._counts[_SUM] += int(seconds * 1e9)

    def close(self) -> None:
        """Let go of the file, which stays: what was counted was answered."""
        self._counts.release()
        self._map.close()
        os.close(self._file)


class Counts:
    """What all processes have counted up to a moment."""

    def __init__(self, words: array[int]) -> None:
        self.buckets = words[:BUCKETS]
        self.sum_seconds = words[_SUM] / 1e9

    @property
    def total(self) -> int:
        """How many answers."""
        return sum(self.buckets)

    def quantile_ms(self, share: float, since: Counts | None = None) -> float | None:
        """The duration that `share` of the answers (after `since`) stayed under; None of none."""
        before = since.buckets if since else array("Q", [0] * BUCKETS)
        counts = [now - then for now, then in zip(self.buckets, before, strict=True)]
        wanted = share * sum(counts)
        if not wanted:
            return None
        seen = 0
        for bucket, count in enumerate(counts):
            seen += count
            if seen >= wanted:
                return upper_seconds(min(bucket, BUCKETS - 2)) * 1000
        return None


def read(folder: Path) -> Counts:
    """The counts of all processes there were since the folder was made."""
    words = array("Q", [0] * (BUCKETS + 1))
    for file in folder.glob(_PATTERN):
        one = array("Q", file.read_bytes()[:_SIZE].ljust(_SIZE, b"\0"))
        for place, value in enumerate(one):
            words[place] += value
    return Counts(words)


def forget(folder: Path) -> None:
    """Begin at zero: called once, before the processes of a country start."""
    for file in folder.glob(_PATTERN):
        file.unlink(missing_ok=True)
