"""CometBFT's own tool asks our server and CometBFT's own example the same; it hears the same."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from nagara.chain.abci import listening
from tests.chain.abci.keyvalue import KeyValue
from tests.chain.abci.processes import Process, eventually, program

SCRIPTS: Final = {
    "the ordinary": [
        "echo hello",
        "info",
        'check_tx "river=Mekong"',
        'check_tx "river"',
        'check_tx "=Mekong"',
        'check_tx "a=b=c"',
        'query "river"',
    ],
    "a block": [
        'prepare_proposal "river=Mekong" "city:Hue" "neither"',
        'process_proposal "river=Mekong"',
        'process_proposal "river==Mekong"',
        'finalize_block "river=Mekong" "city=Hue"',
        "commit",
        "info",
        'query "river"',
        'query "sea"',
    ],
    "blocks one after another": [
        *(line for n in range(8) for line in (f'finalize_block "k{n}=v{n}"', "commit", "info")),
        *(f'query "k{n}"' for n in range(9)),
    ],
    "bytes and long ones": [
        "check_tx 0x00ff3d01",
        f'check_tx "{"k" * 1500}={"v" * 1500}"',
        f"echo {'e' * 3500}",
    ],
}
# A hash is the application's own affair: ours covers the content, theirs counts.
_HASH: Final = re.compile(r"-> data\.hex: 0x[0-9A-F]+\n(?=\n)")


def asked(address: str, script: list[str]) -> str:
    """What the tool prints."""
    command = [program("abci-cli"), f"--address={address}", "--verbose", "--log_level=error"]
    done = subprocess.run(
        [*command, "batch"],
        input="\n".join(script) + "\n",
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_hashes(said: str) -> list[str]:
    """Each command with its answers; of a block all but the app hash."""
    answers = [part for part in f"\n{said}".split("\n> ") if part]
    return [
        _HASH.sub("", part + "\n") if part.startswith("finalize_block") else part
        for part in answers
    ]


@pytest.mark.parametrize("name", SCRIPTS)
async def test_cometbfts_own_tool_hears_of_us_what_it_hears_of_its_own_example(
    tmp_path: Path, name: str
) -> None:
    theirs = f"unix://{tmp_path}/theirs"
    example = Process(
        tmp_path / "log",
        [program("abci-cli"), f"--address={theirs}", "kvstore", f"--persist={tmp_path}/db"],
    )
    try:
        async with listening(KeyValue(tmp_path), f"unix://{tmp_path}/ours") as server:
            heard_of_us = await asyncio.to_thread(asked, server.address, SCRIPTS[name])

        async def listens() -> bool:
            return "Waiting for new connection" in example.said()

        await eventually(listens, "the example listens")
        heard_of_them = await asyncio.to_thread(asked, theirs, SCRIPTS[name])
    finally:
        example.kill()
    assert heard_of_us.count("-> code") >= len(SCRIPTS[name])
    assert without_hashes(heard_of_us) == without_hashes(heard_of_them)


async def test_cometbfts_own_tool_reaches_us_over_tcp(tmp_path: Path) -> None:
    async with listening(KeyValue(tmp_path), "tcp://127.0.0.1:0") as server:
        assert server.address.startswith("tcp://127.0.0.1:")
        said = await asyncio.to_thread(asked, server.address, ["echo over the wire"])
    assert "-> data: over" in said
