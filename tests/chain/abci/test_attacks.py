"""What a peer may do to the server: nothing. It is told why, it is closed, the others go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from nagara.chain.abci import AddressTaken, ApplicationBroken, Limits, Server, listening, serve
from nagara.chain.abci import messages as m
from nagara.chain.abci.framing import frame, uvarint
from tests.chain.abci.keyvalue import KeyValue
from tests.chain.abci.peer import COMMIT, FLUSH, INFO, echo, framed, peer_of

Run = Callable[[Coroutine[None, None, None]], None]

LIMITS = Limits(frame_bytes_max=4096, connections_max=6, begun_seconds_max=0.2)
CHECK = m.Request(check_tx=m.RequestCheckTx(tx=b"a=1"))


# The two loops differ in what they allow a connection that is closing.
BOTH_LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


async def still_answers(server: Server) -> bool:
    async with peer_of(server) as other:
        return (await other.asked(echo("well?"))).echo.message == "well?"


def kinds(answers: list[m.Response]) -> list[str | None]:
    return [answer.WhichOneof("value") for answer in answers]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (uvarint(4097) + b"x" * 4097, "4096 are allowed"),
        (uvarint(2**31 - 1), "4096 are allowed"),
        (b"\xff" * 16, "more than 5 bytes"),
        (b"\x80\x00", "more bytes than it needs"),
        (frame(b""), "no request that is known"),
        (frame(b"\x22\x00"), "no request that is known"),  # field 4, SetOption of long ago
        (frame(b"\xba\x01\x00"), "no request that is known"),  # field 23, of a later time
        (frame(b"\xff\xff\xff"), "no protobuf"),
        (frame(b"\x0a\x05ab"), "no protobuf"),  # echo, which ends before it says it does
        (frame(b"\x0a\x03\x0a\x01\xff"), "no protobuf"),  # echo of a text that is no UTF-8
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4, "no protobuf"),
    ],
)
async def test_a_peer_that_sends_nonsense_is_told_why_and_closed_and_others_go_on(
    tmp_path: Path, raw: bytes, why: str
) -> None:
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server,
        peer_of(server) as good,
        peer_of(server) as bad,
    ):
        await bad.send(echo("before"), raw)
        answers = await bad.rest()
        assert kinds(answers) == ["echo", "exception"]
        assert why in answers[1].exception.error
        assert (await good.asked(echo("still"))).echo.message == "still"
        assert await still_answers(server)


# A known request with anything inside it: what can be read of it reaches the application.
known = st.builds(
    lambda number, inside: frame(uvarint(number << 3 | 2) + uvarint(len(inside)) + inside),
    st.sampled_from([field.number for field in m.Request.DESCRIPTOR.fields]),
    st.binary(max_size=12),
)


@BOTH_LOOPS
@given(st.lists(known | st.binary(max_size=64) | st.binary(max_size=64).map(frame), max_size=8))
@settings(max_examples=150)
def test_no_bytes_hang_the_server_or_break_it(
    run: Run, tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    folder: Path = tmp_path_factory.mktemp("fuzz")

    async def attack() -> None:
        async with listening(Tame(folder), f"unix://{folder}/s", LIMITS) as server:
            async with peer_of(server) as bad:
                try:
                    await bad.send(*pieces)
                    bad.writer.write_eof()
                    await bad.rest()
                except (ConnectionError, OSError):
                    pass  # closed before we had said it all
            assert await still_answers(server)

    run(attack())


class Tame(KeyValue):
    """Takes heights and commits in any order: the bytes are by chance, the order is not tried."""

    def finalize_block(self, request: m.RequestFinalizeBlock) -> m.ResponseFinalizeBlock:
        return m.ResponseFinalizeBlock(app_hash=b"\1")

    def commit(self, request: m.RequestCommit) -> m.ResponseCommit:
        return m.ResponseCommit()


@BOTH_LOOPS
@given(st.data())
def test_no_request_with_a_byte_changed_hangs_the_server_or_breaks_it(
    run: Run, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    block = m.RequestFinalizeBlock(txs=[b"a=1", b"b=2"], height=1, hash=b"\7" * 32)
    block.decided_last_commit.votes.add().validator.address = b"\3" * 20
    good = framed(m.Request(finalize_block=block))
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    folder: Path = tmp_path_factory.mktemp("fuzz")

    async def attack() -> None:
        async with listening(Tame(folder), f"unix://{folder}/s", LIMITS) as server:
            async with peer_of(server) as bad:
                await bad.send(changed)
                bad.writer.write_eof()
                await bad.rest()
            assert await still_answers(server)

    run(attack())


async def test_a_frame_that_is_never_finished_is_closed_in_time(tmp_path: Path) -> None:
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server,
        peer_of(server) as slow,
    ):
        await slow.send(echo("a"), framed(echo("b" * 300))[:-1])
        assert await still_answers(server)
        answers = await slow.rest()
        assert kinds(answers) == ["echo", "exception"]
        assert "in time" in answers[1].exception.error


async def test_a_connection_that_says_nothing_stays_open(tmp_path: Path) -> None:
    # the node's own connection for snapshots does just that, for months
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server,
        peer_of(server) as silent,
        peer_of(server) as slow,
    ):
        await slow.send(framed(FLUSH)[:1])
        assert kinds(await slow.rest()) == ["exception"]  # as long as a begun frame may take
        assert (await silent.asked(echo("here"))).echo.message == "here"


async def test_a_peer_that_has_finished_sending_gets_all_its_answers(tmp_path: Path) -> None:
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server,
        peer_of(server) as peer,
    ):
        await peer.send(*[echo(str(number)) for number in range(500)])
        peer.writer.write_eof()
        answers = await peer.rest()
        assert [answer.echo.message for answer in answers] == [str(n) for n in range(500)]


async def test_requests_which_come_byte_by_byte_are_answered(tmp_path: Path) -> None:
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server,
        peer_of(server) as peer,
    ):
        for byte in framed(echo("slowly" * 30)) + framed(FLUSH):
            await peer.send(bytes([byte]))
        answers = [await peer.answer(), await peer.answer()]
        assert [answer and answer.WhichOneof("value") for answer in answers] == ["echo", "flush"]


async def test_there_is_room_for_so_many_connections_and_no_more(tmp_path: Path) -> None:
    async with listening(KeyValue(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server:
        async with asyncio.TaskGroup() as group:
            full, done = asyncio.Barrier(LIMITS.connections_max + 1), asyncio.Event()

            async def stay() -> None:
                async with peer_of(server) as peer:
                    await peer.asked(FLUSH)
                    await full.wait()
                    await done.wait()
                    await peer.asked(FLUSH)

            for _ in range(LIMITS.connections_max):
                group.create_task(stay())
            await full.wait()
            async with peer_of(server) as late:
                (answer,) = await late.rest()
                assert "too many" in answer.exception.error
            done.set()
        await server.until_left()
        assert await still_answers(server)


async def test_a_peer_that_does_not_read_is_not_asked_for_and_stops_nobody(tmp_path: Path) -> None:
    application = Counting(tmp_path)
    async with listening(application, f"unix://{tmp_path}/s") as server:
        async with peer_of(server) as deaf:
            flood = framed(m.Request(query=m.RequestQuery(data=b"a"))) * 1000
            deaf.writer.write(flood * 100)
            before = -1
            while application.queries != before:  # until the server asks no more on its behalf
                before = application.queries
                assert await still_answers(server)
            assert 0 < application.queries < 1000
            deaf.writer.transport.abort()
        await server.until_left()


async def test_a_peer_that_breaks_the_rules_and_does_not_read_keeps_no_place(
    tmp_path: Path,
) -> None:
    async with listening(Counting(tmp_path), f"unix://{tmp_path}/s", LIMITS) as server:
        async with peer_of(server) as deaf:
            await deaf.asked(FLUSH)
            question = framed(m.Request(query=m.RequestQuery(data=b"a")))
            await deaf.send(question * 15 + b"\xff" * 5)  # more answers than the sockets hold
            await server.until_left()
            deaf.writer.transport.abort()
        assert await still_answers(server)


class Counting(KeyValue):
    """Answers long, and counts."""

    queries = 0

    def query(self, request: m.RequestQuery) -> m.ResponseQuery:
        self.queries += 1
        return m.ResponseQuery(value=b"x" * 50_000)


class Watching(KeyValue):
    """Remembers how much of the mempool had been answered whenever it was asked for its height."""

    checked = 0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.checked_before: list[int] = []

    def check_tx(self, request: m.RequestCheckTx) -> m.ResponseCheckTx:
        self.checked += 1
        return super().check_tx(request)

    def info(self, request: m.RequestInfo) -> m.ResponseInfo:
        self.checked_before.append(self.checked)
        return super().info(request)


async def test_consensus_does_not_stand_behind_the_mempool(tmp_path: Path) -> None:
    application, flood = Watching(tmp_path), 5000
    async with (
        listening(application, f"unix://{tmp_path}/s") as server,
        peer_of(server) as mempool,
        peer_of(server) as consensus,
    ):
        await consensus.asked(INFO)
        await mempool.send(framed(CHECK) * flood)
        await consensus.asked(INFO)
        for _ in range(flood):
            answer = await mempool.answer()
            assert answer is not None
            assert answer.WhichOneof("value") == "check_tx"
    assert application.checked == flood
    assert application.checked_before[1] <= 256


async def test_four_connections_at_once_each_get_their_own_answers_in_order(
    tmp_path: Path,
) -> None:
    async def talk(server: Server, name: str) -> None:
        async with peer_of(server) as peer:
            for turn in range(20):
                await peer.send(*[echo(f"{name} {turn} {n}") for n in range(40)], CHECK, FLUSH)
                answers = [await peer.answer() for _ in range(42)]
                said = [answer.echo.message for answer in answers[:40] if answer]
                assert said == [f"{name} {turn} {n}" for n in range(40)]

    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s") as server,
        asyncio.TaskGroup() as group,
    ):
        for name in ("query", "snapshot", "mempool", "consensus"):
            group.create_task(talk(server, name))


class Raising(KeyValue):
    """Breaks in a commit, and says in a query what it should not."""

    asked_after = 0

    def commit(self, request: m.RequestCommit) -> m.ResponseCommit:
        raise OSError("no space left on the device of Mrs Keo")

    def check_tx(self, request: m.RequestCheckTx) -> m.ResponseCheckTx:
        self.asked_after += 1
        return super().check_tx(request)


async def test_an_application_that_raises_is_never_called_again_and_the_server_stops(
    tmp_path: Path,
) -> None:
    application = Raising(tmp_path)
    address = f"unix://{tmp_path}/s"
    with pytest.raises(ApplicationBroken) as broken:  # noqa: PT012 what happens before it
        async with listening(application, address) as server:
            async with peer_of(server) as mempool, peer_of(server) as consensus:
                await mempool.asked(FLUSH)
                await consensus.send(FLUSH, COMMIT, CHECK)
                answers = await consensus.rest()
                assert kinds(answers) == ["flush", "exception"]
                assert "commit" in answers[1].exception.error
                assert "Keo" not in answers[1].exception.error
                assert kinds(await mempool.rest()) == []  # closed as well
            async with peer_of(server) as late:
                assert kinds(await late.rest()) == ["exception"]
            await server.until_broken()
    assert isinstance(broken.value.__cause__, OSError)
    assert application.asked_after == 0


async def test_a_broken_application_is_noticed_though_nobody_waited_for_it(tmp_path: Path) -> None:
    with pytest.raises(ApplicationBroken):
        async with (
            listening(Raising(tmp_path), f"unix://{tmp_path}/s") as server,
            peer_of(server) as peer,
        ):
            await peer.asked(COMMIT)


class Confused(KeyValue):
    """Answers a question with the answer to another one."""

    def query(self, request: m.RequestQuery) -> m.ResponseQuery:
        return m.ResponseInfo()  # type: ignore[return-value]


async def test_an_answer_of_another_kind_stops_the_server(tmp_path: Path) -> None:
    with pytest.raises(ApplicationBroken, match="ResponseInfo"):
        async with (
            listening(Confused(tmp_path), f"unix://{tmp_path}/s") as server,
            peer_of(server) as peer,
        ):
            await peer.asked(m.Request(query=m.RequestQuery()))


async def test_both_methods_of_the_later_version_are_answered(tmp_path: Path) -> None:
    async with (
        listening(KeyValue(tmp_path), f"unix://{tmp_path}/s") as server,
        peer_of(server) as peer,
    ):
        inserted = await peer.asked(m.Request(insert_tx=m.RequestInsertTx(tx=b"a=1")))
        assert inserted.insert_tx.code == 1
        reaped = await peer.asked(m.Request(reap_txs=m.RequestReapTxs(max_bytes=9)))
        assert reaped.WhichOneof("value") == "reap_txs"


async def test_a_second_application_at_one_address_is_refused(tmp_path: Path) -> None:
    address = f"unix://{tmp_path}/s"
    async with listening(KeyValue(tmp_path), address) as server:
        with pytest.raises(AddressTaken):
            await serve(KeyValue(tmp_path), address)
        assert await still_answers(server)


async def test_the_file_of_a_killed_application_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{tmp_path}/s")
    async with listening(KeyValue(tmp_path), f"unix://{tmp_path}/s") as server:
        assert await still_answers(server)
    assert not (tmp_path / "s").exists()


async def test_a_socket_in_the_file_system_is_for_this_user_only(tmp_path: Path) -> None:
    async with listening(KeyValue(tmp_path), f"unix://{tmp_path}/s"):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("address", ["/run/s", "tcp://nowhere", "tcp://:x", "http://a:1", ""])
async def test_an_address_of_another_form_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="an address is"):
        await serve(KeyValue(tmp_path), address)


async def test_a_path_longer_than_the_kernel_keeps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="107 bytes"):
        await serve(KeyValue(tmp_path), f"unix://{tmp_path}/{'s' * 100}")
