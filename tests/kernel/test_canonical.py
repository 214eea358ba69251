"""Canonical bytes: the published vectors, the attack list, and two independent libraries."""

from __future__ import annotations

import json as stdlib_json
from collections.abc import Callable
from pathlib import Path

import cbor2
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.canonical import (
    DEPTH_MAX,
    JSON_INT_MAX,
    cbor,
    cbor_decode,
    json,
    json_decode,
)
from nagara.kernel.refusals import Malformed, TooLarge

VECTORS = stdlib_json.loads(
    (Path(__file__).parents[2] / "spec/vectors/canonical.json").read_text("utf-8")
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ASCII = st.text(st.characters(max_codepoint=127), max_size=12)
UINT64_END = 1 << 64


def plain(written: object) -> object:
    """The value of a vector, where JSON has no word for it."""
    match written:
        case {"$bytes": text}:
            return bytes.fromhex(text)
        case {"$int": text}:
            return int(text)
        case {"$map": pairs}:
            return {key: plain(value) for key, value in pairs}
        case list():
            return [plain(item) for item in written]
        case dict():
            return {key: plain(item) for key, item in written.items()}
    return written


def same(one: object, other: object) -> bool:
    """Equal, and of the same types all through: 1 is not True."""
    return repr(one) == repr(other)


def nested(
    leaf: st.SearchStrategy[object], keys: st.SearchStrategy[object]
) -> st.SearchStrategy[object]:
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


CBOR_VALUES = nested(
    st.none() | st.booleans() | st.integers(-UINT64_END, UINT64_END - 1) | TEXT | st.binary(),
    st.integers(-UINT64_END, UINT64_END - 1) | TEXT | st.binary(max_size=8),
)
JSON_VALUES = nested(
    st.none() | st.booleans() | st.integers(-JSON_INT_MAX, JSON_INT_MAX) | TEXT, ASCII
)


@pytest.mark.parametrize("row", VECTORS["cbor"]["accepted"], ids=lambda row: row["hex"])
def test_cbor_of_a_published_value_is_the_published_bytes(row: dict[str, str]) -> None:
    value = plain(row["value"])
    assert cbor(value).hex() == row["hex"]
    assert same(cbor_decode(bytes.fromhex(row["hex"])), value)


@pytest.mark.parametrize(
    "row", VECTORS["cbor"]["refused"], ids=lambda row: f"{row['why']}-{row['hex']}"
)
def test_cbor_in_any_other_form_is_refused(row: dict[str, str]) -> None:
    with pytest.raises((Malformed, TooLarge)):
        cbor_decode(bytes.fromhex(row["hex"]))


@pytest.mark.parametrize("row", VECTORS["json"]["accepted"], ids=lambda row: row["source"])
def test_json_of_a_published_value_is_the_published_text(row: dict[str, str]) -> None:
    data = row["json"].encode()
    assert json(stdlib_json.loads(data)) == data
    assert json_decode(data) == stdlib_json.loads(data)


@pytest.mark.parametrize(
    "row", VECTORS["json"]["refused"], ids=lambda row: f"{row['why']}-{row['json']!a}"
)
def test_json_in_any_other_form_is_refused(row: dict[str, str]) -> None:
    with pytest.raises((Malformed, TooLarge)):
        json_decode(row["json"].encode())


@given(CBOR_VALUES)
def test_cbor_gives_back_the_value_and_is_read_by_another_library(value: object) -> None:
    data = cbor(value)
    assert cbor_decode(data) == value
    assert cbor2.loads(data) == value
    assert cbor(cbor_decode(data)) == data


@given(st.dictionaries(st.integers(-100, 1000) | TEXT | st.binary(max_size=4), st.none()))
def test_cbor_keys_stand_in_the_order_of_their_encoded_bytes(
    members: dict[int | str | bytes, None],
) -> None:
    keys = [cbor(key) for key in members]
    head = cbor2.dumps(dict.fromkeys(range(len(members))))[: 1 if len(members) < 24 else 2]
    assert cbor(members) == head + b"".join(key + b"\xf6" for key in sorted(keys))


@given(st.binary(max_size=24))
def test_bytes_that_are_decoded_are_the_encoding_of_what_they_gave(data: bytes) -> None:
    try:
        value = cbor_decode(data)
    except (Malformed, TooLarge):
        return
    assert cbor(value) == data


@given(CBOR_VALUES, st.data())
def test_one_changed_byte_never_decodes_to_the_same_value(
    value: object, choice: st.DataObject
) -> None:
    data = bytearray(cbor(value))
    place = choice.draw(st.integers(0, len(data) - 1))
    data[place] ^= choice.draw(st.integers(1, 255))
    try:
        changed = cbor_decode(bytes(data))
    except (Malformed, TooLarge):
        return
    assert not same(changed, cbor_decode(cbor(value)))


@given(JSON_VALUES)
def test_json_equals_that_of_an_independent_rfc_8785_library(value: object) -> None:
    data = json(value)
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert json_decode(data) == value


@given(JSON_VALUES)
def test_json_as_a_browser_would_write_it_is_accepted_only_when_it_is_canonical(
    value: object,
) -> None:
    loose = stdlib_json.dumps(value, ensure_ascii=False).encode()
    if loose == json(value):
        assert json_decode(loose) == value
    else:
        with pytest.raises(Malformed):
            json_decode(loose)


@pytest.mark.parametrize(
    "value",
    [1.0, (1,), {1, 2}, {1.5: 0}, {None: 0}, {True: 0}, {(1,): 0}, object(), [b"a", bytearray(1)]],
)
def test_what_has_no_canonical_cbor_is_not_encoded(value: object) -> None:
    with pytest.raises(TypeError):
        cbor(value)


@pytest.mark.parametrize("number", [UINT64_END, -UINT64_END - 1, 10**30])
def test_an_integer_over_64_bits_is_not_encoded_as_value_or_key(number: int) -> None:
    for value in (number, [number], {number: 0}):
        with pytest.raises(ValueError, match="64 bits"):
            cbor(value)


@pytest.mark.parametrize("value", [1.0, float("nan"), b"a", (1,), {"a": {1, 2}}])
def test_what_has_no_canonical_json_is_not_encoded(value: object) -> None:
    with pytest.raises(TypeError):
        json(value)


@pytest.mark.parametrize(
    "value",
    [JSON_INT_MAX + 1, -JSON_INT_MAX - 1, {"é": 1}, {1: 1}, "\ud800", {"a": "\udfff"}],
)
def test_json_that_others_would_read_differently_is_not_encoded(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        json(value)


@pytest.mark.parametrize("encode", [cbor, json])
def test_nesting_is_bounded_when_writing(encode: Callable[[object], bytes]) -> None:
    value: object = 0
    for _ in range(DEPTH_MAX):
        value = [value]
    assert encode(value)
    with pytest.raises(ValueError, match="deep"):
        encode([value])


def test_a_value_that_holds_itself_is_not_encoded_for_ever() -> None:
    ring: list[object] = []
    ring.append(ring)
    for encode in (cbor, json):
        with pytest.raises(ValueError, match="deep"):
            encode(ring)


@pytest.mark.parametrize("decode", [cbor_decode, json_decode])
def test_size_is_bounded_before_anything_is_read(decode: Callable[..., object]) -> None:
    with pytest.raises(TooLarge):
        decode(b"[" * 65_537)
    with pytest.raises(TooLarge):
        decode(b"\x00\x00\x00", size_max=2)


@pytest.mark.parametrize("data", [b"[" * 60_000, b'{"a":' * 10_000, b"\x81" * 60_001], ids=len)
def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack(data: bytes) -> None:
    for decode in (cbor_decode, json_decode):
        with pytest.raises((Malformed, TooLarge)):
            decode(data)
