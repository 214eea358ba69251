"""Frames: whatever is sent in whatever pieces comes out whole, once, in order, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nagara.chain.abci.framing import FrameBroken, Frames, frame, uvarint

LIMIT = 1000


def taken(frames: Frames) -> list[bytes]:
    found = []
    while (message := frames.take()) is not None:
        found.append(message)
    return found


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),  # the example of the protobuf encoding guide
        (2**31 - 1, "ffffffff07"),
    ],
)
def test_a_length_is_written_as_protobuf_writes_numbers(number: int, written: str) -> None:
    assert uvarint(number).hex() == written


@pytest.mark.parametrize(
    "length",
    ["e907", "ffffffff07", "ffffffffff", "ffffffffff01", "808080808000", "8000", "808000"],
    ids=["one over", "2 GB", "endless", "six bytes", "zero in six", "zero in two", "zero in three"],
)
def test_a_length_that_is_too_long_or_oddly_written_breaks_the_connection(length: str) -> None:
    frames = Frames(LIMIT)
    frames.put(bytes.fromhex(length))
    with pytest.raises(FrameBroken):
        frames.take()


def test_a_frame_of_just_the_length_allowed_is_taken() -> None:
    frames = Frames(LIMIT)
    frames.put(frame(b"x" * LIMIT))
    assert taken(frames) == [b"x" * LIMIT]


def test_whole_frames_before_a_broken_one_are_taken() -> None:
    frames = Frames(LIMIT)
    frames.put(frame(b"good") + b"\xff" * 5)
    assert frames.take() == b"good"
    with pytest.raises(FrameBroken):
        frames.take()


def test_a_frame_that_has_only_begun_is_not_taken() -> None:
    frames = Frames(LIMIT)
    frames.put(frame(b"x" * 300)[:-1])
    assert frames.take() is None
    assert frames.begun


@given(st.data(), st.lists(st.binary(max_size=LIMIT), max_size=12))
def test_messages_come_out_as_they_went_in_however_they_are_cut(
    data: st.DataObject, messages: list[bytes]
) -> None:
    stream = b"".join(map(frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    frames, found = Frames(LIMIT), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        frames.put(stream[start:end])
        found += taken(frames)
    assert found == messages
    assert not frames.begun


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_bytes_at_all_are_taken_refused_or_waited_for(pieces: list[bytes]) -> None:
    frames, length = Frames(LIMIT), 0
    try:
        for piece in pieces:
            frames.put(piece)
            length += sum(map(len, taken(frames)))
    except FrameBroken:
        return
    assert length <= sum(map(len, pieces))
