"""`python -m bench.merkle`: changes of a state of a million keys, each batch durable on the disk.

A batch writes keys chosen by chance; every figure counts the tree, the write with its fsync, and
the pruning of what became superfluous. The reference puts the same keys and values into a plain
LMDB table, as durably and in the same batches, without any proof.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import lmdb

from bench.report import Report, quantile, rounded
from nagara.chain.merkle import ics23
from nagara.chain.merkle.store import MerkleStore

KEYS: Final = 1_000_000
BATCH: Final = 5_000
KEPT: Final = 8  # versions that stand after pruning, which comes once in as many: it costs less so
LOADED_AT_ONCE: Final = 20_000
VALUE_SIZE: Final = 64
_SEED: Final = 20_261_122

Say = Callable[[str], None]
Batch = dict[bytes, bytes | None]


def run(say: Say, seconds: int = 10) -> dict[str, Any]:
    """The figures of the state tree."""
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        reference = _plain(Path(folder, "plain"), seconds)
        say(f"plain table: {reference:.0f}/s")
        store = MerkleStore(Path(folder, "trees"))
        loaded = _load(store)
        say(f"loaded {KEYS} keys: {loaded:.0f}/s")
        memory = _memory_mb()
        tree = _tree_alone(store, seconds)
        say(f"tree alone, nothing written: {tree:.0f}/s")
        rate, times = _durable(store, seconds)
        say(f"durable: {rate:.0f}/s")
        more: dict[str, Any] = {
            "keys": KEYS,
            "batch": BATCH,
            "loading_rate_per_s": rounded(loaded),
            "tree_alone_rate_per_s": rounded(tree),
            "memory_mb": _memory_mb(),
            "memory_before_updates_mb": memory,
            "file_mb": Path(folder, "trees", "data.mdb").stat().st_blocks * 512 >> 20,
            **_proofs(store),
        }
        store.close()
    return Report(
        "merkle",
        rate,
        "puts into a plain LMDB table",
        reference,
        rate / reference,
        quantile(times, 0.5) * 1000,
        quantile(times, 0.99) * 1000,
        1,
        durable=True,
        more=more,
    ).plain()


def _key(number: int) -> bytes:
    return b"institution/%d" % number


def _batches(seed: int) -> Iterator[Batch]:
    chance = random.Random(seed)
    while True:
        numbers = chance.sample(range(KEYS), BATCH)
        yield {_key(number): chance.randbytes(VALUE_SIZE) for number in numbers}


def _load(store: MerkleStore) -> float:
    chance, begun = random.Random(_SEED), time.perf_counter()
    for first in range(0, KEYS, LOADED_AT_ONCE):
        part: Batch = {
            _key(number): chance.randbytes(VALUE_SIZE)
            for number in range(first, min(KEYS, first + LOADED_AT_ONCE))
        }
        store.prune(store.write(store.draft(part)).number)
    return KEYS / (time.perf_counter() - begun)


def _tree_alone(store: MerkleStore, seconds: int) -> float:
    """Only what the tree costs: read, hash, and throw the result away."""
    done, spent = 0, 0.0
    batches = _batches(_SEED + 1)
    while spent < seconds:
        batch = next(batches)
        begun = time.perf_counter()
        store.draft(batch)
        spent += time.perf_counter() - begun
        done += BATCH
    return done / spent


def _durable(store: MerkleStore, seconds: int) -> tuple[float, list[float]]:
    times: list[float] = []
    batches = _batches(_SEED + 2)
    while sum(times) < seconds or len(times) % KEPT:
        batch = next(batches)
        begun = time.perf_counter()
        version = store.write(store.draft(batch))
        while version.number % KEPT == 0 and store.prune(version.number - KEPT):
            pass
        times.append(time.perf_counter() - begun)
    return BATCH * len(times) / sum(times), sorted(times)


def _plain(folder: Path, seconds: int) -> float:
    """The same number of keys in a table of their own, each batch synced."""
    with lmdb.Environment(str(folder), map_size=1 << 34) as env:
        chance = random.Random(_SEED)
        for first in range(0, KEYS, LOADED_AT_ONCE):
            with env.begin(write=True) as txn:
                for number in range(first, min(KEYS, first + LOADED_AT_ONCE)):
                    txn.put(_key(number), chance.randbytes(VALUE_SIZE))
        done, spent = 0, 0.0
        batches = _batches(_SEED + 3)
        while spent < seconds:
            batch = next(batches)
            begun = time.perf_counter()
            with env.begin(write=True) as txn:
                for key, value in batch.items():
                    txn.put(key, value or b"")
            spent += time.perf_counter() - begun
            done += BATCH
    return done / spent


def _proofs(store: MerkleStore) -> dict[str, int]:
    """Sizes in bytes, the largest of a few hundred, without key and value where those are known."""
    with store.reading() as view:
        present = [_key(number) for number in range(0, KEYS, KEYS // 300)]
        absent = [b"nobody/%d" % number for number in range(300)]
        return {
            "proof_present_bytes_max": max(len(view.prove(key).encoded()) for key in present),
            "proof_absent_bytes_max": max(len(view.prove(key).encoded()) for key in absent),
            "proof_ics23_bytes_max": max(
                len(ics23.encoded(view.prove_ics23(key))) for key in present
            ),
        }


def _memory_mb() -> int:
    """What the process itself took, the pages of the file that it maps aside."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    print(json.dumps(run(lambda line: print(line, file=sys.stderr))))
