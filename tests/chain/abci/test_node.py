"""A real CometBFT drives a real application; both are killed, and history goes on where it was."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.chain.abci.keyvalue import MOMENTS, State
from tests.chain.abci.processes import Pair, eventually, pair_in


@pytest.fixture
def pair() -> Iterator[Pair]:
    # the path of a socket has 107 bytes at most, and pytest's folders are deep
    with tempfile.TemporaryDirectory(prefix="abci-") as folder, pair_in(Path(folder)) as made:
        yield made


def tx(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def put(pair: Pair, text: str) -> int:
    """The height at which a transaction was carried out."""
    answer = await pair.rpc("broadcast_tx_commit", tx=tx(text))
    assert answer["check_tx"]["code"] == 0
    assert answer["tx_result"]["code"] == 0
    return int(answer["height"])


async def value(pair: Pair, key: str) -> str:
    answer = await pair.rpc("abci_query", path="", data=key.encode().hex())
    return base64.b64decode(answer["response"]["value"] or "").decode()


async def settled(pair: Pair, height: int) -> int:
    """The height of the chain when it is at rest: the block after one that changed something."""
    at = 0

    async def rests() -> bool:
        nonlocal at
        at = int((await pair.rpc("status"))["sync_info"]["latest_block_height"])
        told = await pair.rpc("abci_info")
        return at > height and int(told["response"]["last_block_height"]) == at

    await eventually(rests, f"a block after {height}")
    return at


async def hashes(pair: Pair, height: int) -> list[bytes]:
    """The app hash in each header up to a height."""
    found = []
    for at in range(1, height + 1):
        header = (await pair.rpc("header", height=str(at)))["header"]
        found.append(bytes.fromhex(header["app_hash"]))
    return found


def hash_of(pairs: dict[str, str], count: int) -> bytes:
    """What the hash must be, worked out apart from the application."""
    content = json.dumps([count, sorted(pairs.items())])
    return hashlib.sha256(content.encode()).digest()


async def test_a_real_node_makes_blocks_of_what_it_is_given_and_answers_questions(
    pair: Pair,
) -> None:
    await pair.start()
    first = await put(pair, "river=Mekong")
    second = await put(pair, "city=Vientiane")
    refused = await pair.rpc("broadcast_tx_sync", tx=tx("no pair"))
    assert refused["code"] == 2
    assert await value(pair, "river") == "Mekong"
    assert await value(pair, "city") == "Vientiane"
    assert await value(pair, "sea") == ""
    seen = await hashes(pair, await settled(pair, second))
    # a header carries the hash which the block before it made
    assert seen[first - 1] == hash_of({}, 0)
    assert seen[first] == hash_of({"river": "Mekong"}, 1)
    assert seen[second] == hash_of({"river": "Mekong", "city": "Vientiane"}, 2)
    assert (pair.node and pair.node.stop()) == 0
    assert (pair.application and pair.application.running) is True


async def test_a_hundred_transactions_at_once_are_all_carried_out(pair: Pair) -> None:
    await pair.start()
    answers = await asyncio.gather(
        *(pair.rpc("broadcast_tx_sync", tx=tx(f"k{n}=v{n}")) for n in range(100))
    )
    assert {answer["code"] for answer in answers} == {0}

    async def carried_out() -> bool:
        answer = await pair.rpc("abci_info")
        size: int = json.loads(answer["response"]["data"])["size"]
        return size == 100

    await eventually(carried_out, "a hundred transactions")


async def test_a_node_that_is_killed_comes_back_to_the_same_application(pair: Pair) -> None:
    await pair.start()
    before = await hashes(pair, await settled(pair, await put(pair, "a=1")))
    assert pair.node is not None
    pair.node.kill()
    pair.start_node()
    await pair.until_answering()
    after = await settled(pair, await put(pair, "b=2"))
    assert (await hashes(pair, after))[: len(before)] == before
    assert pair.kept() == (after, 2, {"a": "1", "b": "2"})


async def test_an_application_that_is_killed_takes_the_node_along_and_both_come_back(
    pair: Pair,
) -> None:
    await pair.start()
    before = await hashes(pair, await settled(pair, await put(pair, "a=1")))
    assert pair.application is not None
    assert pair.node is not None
    pair.application.kill()
    await pair.node.gone()  # it must not go on without an application
    await pair.start()
    after = await settled(pair, await put(pair, "b=2"))
    assert (await hashes(pair, after))[: len(before)] == before
    assert pair.kept() == (after, 2, {"a": "1", "b": "2"})


@pytest.mark.parametrize("moment", MOMENTS)
async def test_nothing_is_lost_or_done_twice_when_the_application_dies_in_the_middle_of_a_block(
    pair: Pair, moment: str
) -> None:
    await pair.start()
    height = await settled(pair, await put(pair, "a=1"))
    assert pair.node is not None
    assert pair.application is not None
    pair.node.stop()
    pair.application.kill()

    await pair.start(f"{moment}@{height + 1}")
    with pytest.raises((httpx.HTTPError, AssertionError)):
        await put(pair, "b=2")
    assert await pair.application.gone() == -signal.SIGKILL
    await pair.node.gone()

    await pair.start()  # the node replays what the application has not kept
    after = await settled(pair, height + 1)
    assert await value(pair, "b") == "2"
    assert pair.kept() == (after, 2, {"a": "1", "b": "2"})
    assert (await hashes(pair, after))[-1] == hash_of({"a": "1", "b": "2"}, 2)


async def test_an_application_that_forgot_everything_is_told_all_blocks_again(pair: Pair) -> None:
    await pair.start()
    await put(pair, "a=1")
    height = await settled(pair, await put(pair, "b=2"))
    before = pair.kept()
    assert pair.node is not None
    assert pair.application is not None
    pair.node.stop()
    pair.application.kill()
    (pair.folder / "app" / "state.json").unlink()
    await pair.start()
    assert await settled(pair, height - 1) == height
    assert pair.kept() == before


async def test_an_application_ahead_of_the_node_is_not_driven_on(pair: Pair) -> None:
    await pair.start()
    height = await settled(pair, await put(pair, "a=1"))
    assert pair.node is not None
    assert pair.application is not None
    pair.node.stop()
    pair.application.kill()
    ahead = State(height + 5, 1, {"a": "1"})
    (pair.folder / "app" / "state.json").write_bytes(ahead.written())
    await pair.start_application()
    assert await pair.start_node().gone() != 0
    assert "higher than core" in pair.node.said()
    assert pair.kept()[0] == height + 5


async def test_a_node_stopped_for_a_while_goes_on_with_its_connections(pair: Pair) -> None:
    await pair.start()
    await put(pair, "a=1")
    assert pair.node is not None
    pair.node.signal(signal.SIGSTOP)
    await asyncio.sleep(1)
    pair.node.signal(signal.SIGCONT)
    await put(pair, "b=2")
    assert await value(pair, "b") == "2"
    assert "connection terminated" not in pair.node.said()
