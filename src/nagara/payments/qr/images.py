"""Pictures of payment codes: SVG for pages and print, PNG for everything else.

Bytes are UTF-8, as EMV QRCPS asks for: left to itself, the encoder would take ISO 8859-1 for a
name such as `Đà Nẵng` cannot be but `Café` can, and the checksum would no longer fit.
"""

from __future__ import annotations

import io
from typing import Final

import segno

from nagara.payments.qr.refusals import CodeTooLong
from nagara.payments.qr.schemes import upi

TEXT_CHARS_MAX: Final = upi.TEXT_CHARS_MAX  # the longest that this room writes
_ERROR_LEVEL: Final = "m"  # 15 % may be dirty or torn, the usual choice for stickers
_QUIET_MODULES: Final = 4  # ISO/IEC 18004 section 6.3.8


def svg(text: str, *, title: str, module_px: int = 8) -> str:
    """The picture as an SVG element with a title for people who do not see it."""
    out = io.BytesIO()
    _symbol(text).save(
        out,
        kind="svg",
        border=_QUIET_MODULES,
        scale=module_px,
        title=title,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
        light="#fff",
        omitsize=True,
    )
    return out.getvalue().decode()


def png(text: str, *, module_px: int = 8) -> bytes:
    """The picture as a PNG file, black on white."""
    out = io.BytesIO()
    _symbol(text).save(out, kind="png", border=_QUIET_MODULES, scale=module_px)
    return out.getvalue()


def _symbol(text: str) -> segno.QRCode:
    if not 0 < len(text) <= TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text), limit=TEXT_CHARS_MAX)
    encoding = None if text.isascii() else "utf-8"
    return segno.make_qr(text, error=_ERROR_LEVEL, encoding=encoding)
