"""Pictures: what is drawn is what was written, byte by byte."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET

import pytest

from nagara.payments.qr import images
from nagara.payments.qr.refusals import CodeTooLong
from tests.payments.qr.currencies import lao, tlv


def test_an_svg_is_one_titled_element_that_scales() -> None:
    root = ET.fromstring(images.svg(lao(), title="Pay <Nagara> & Sons"))  # noqa: S314
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert title is not None
    assert title.text == "Pay <Nagara> & Sons"
    assert "viewBox" in root.attrib
    assert "width" not in root.attrib


def test_a_png_is_square_and_as_large_as_asked() -> None:
    small, large = (images.png(lao(), module_px=size) for size in (2, 4))
    assert small.startswith(b"\x89PNG\r\n\x1a\n")
    (width, height), (wider, _) = (struct.unpack(">II", png[16:24]) for png in (small, large))
    assert width == height
    assert wider == 2 * width


def test_the_picture_of_a_text_is_always_the_same() -> None:
    text = lao(tlv("59", "Café"))
    assert images.png(text) == images.png(text)


@pytest.mark.parametrize("name", ["Café", "Đà Nẵng", "ນະຄະຣາ"])
def test_letters_outside_ascii_are_drawn_as_utf8(name: str) -> None:
    text = lao(tlv("59", name))
    symbol = images._symbol(text)
    in_utf8 = images._symbol("a" * len(text.encode()))
    assert symbol.version == in_utf8.version


@pytest.mark.parametrize("text", ["", "x" * (images.TEXT_CHARS_MAX + 1)])
def test_a_picture_of_nothing_or_of_too_much_is_refused(text: str) -> None:
    with pytest.raises(CodeTooLong):
        images.png(text)
