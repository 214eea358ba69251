"""The form of EMVCo merchant-presented codes: tag, length, value; templates; the checksum.

Laws:  L1  What is read is written back character by character, unknown tags in their place; only
           the payload format becomes `01` and the checksum upper-case.
       L2  No data object stands twice in one template, so no two readers can differ.
       L3  The checksum is the last data object and covers everything before its value.
Not here: what the values mean.
Spec: EMV QRCPS Merchant-Presented Mode v1.1, sections 3 and 4; spec/qr.md, section 2.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable
from typing import Final

from nagara.payments.qr.forms import require_showable
from nagara.payments.qr.model import Field
from nagara.payments.qr.refusals import (
    ChecksumMissing,
    ChecksumWrong,
    CodeTooLong,
    FieldBroken,
    FieldTwice,
    FieldWrong,
    NestedTooDeep,
)

TEXT_CHARS_MAX: Final = 512  # EMV QRCPS MPM 3.1
VALUE_CHARS_MAX: Final = 99
TEMPLATE_DEPTH_MAX: Final = 3  # the deepest in use is two: VietQR's 38.01.00

FORMAT: Final = "00"
CHECKSUM: Final = "63"
ACCOUNT_TEMPLATES: Final = frozenset(f"{tag:02d}" for tag in range(26, 52))
_TEMPLATES: Final = ACCOUNT_TEMPLATES | {"62", "64"}
# by the standard templates too, but wallets put plain values there: opened only if it can be
_UNRESERVED: Final = frozenset(f"{tag:02d}" for tag in range(80, 100))
_NUMBERS: Final = {f"{number:02d}": number for number in range(100)}  # ASCII digits and no others


def checksum(text: str) -> str:
    """CRC-16 (polynomial 1021, initial FFFF) over the UTF-8 bytes, as four upper-case digits."""
    return f"{crc_hqx(text.encode(), 0xFFFF):04X}"


def read(text: str) -> tuple[Field, ...]:
    """The data objects of a whole code, the checksum included, templates taken apart."""
    if len(text) > TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text), limit=TEXT_CHARS_MAX)
    require_showable(text)
    pairs, end = _cut(text)
    if end < len(text):
        raise FieldBroken(field=text[end : end + 2], position=end + 1)
    _refuse_twins(pairs, "")
    if not pairs or pairs[0][0] != FORMAT or pairs[0][1] not in ("00", "01"):
        raise FieldWrong(field=FORMAT, form="01")
    if pairs[-1][0] != CHECKSUM or len(pairs[-1][1]) != 4:
        raise ChecksumMissing
    found, expected = pairs[-1][1], checksum(text[:-4])
    if found.upper() != expected:
        raise ChecksumWrong(found=found, expected=expected)
    return _opened(pairs)


def write(fields: Iterable[Field]) -> str:
    """The code of these root data objects, in their order, with a fresh checksum at the end."""
    parts = []
    for field in fields:
        if field.tag == CHECKSUM:
            continue
        parts.append(_object(field.tag, "01" if field.tag == FORMAT else field.value))
    text = "".join(parts) + CHECKSUM + "04"
    if len(text) + 4 > TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text) + 4, limit=TEXT_CHARS_MAX)
    require_showable(text)
    return text + checksum(text)


def template(tag: str, fields: Iterable[Field]) -> Field:
    """A data object which holds others."""
    inner = tuple(fields)
    return Field(tag, "".join(_object(field.tag, field.value) for field in inner), inner)


def _object(tag: str, value: str) -> str:
    if tag not in _NUMBERS:
        raise FieldWrong(field=tag, form="N 2")
    if len(value) > VALUE_CHARS_MAX:
        raise FieldWrong(field=tag, form=f"S 1-{VALUE_CHARS_MAX}")
    return f"{tag}{len(value):02d}{value}"


def _cut(text: str) -> tuple[list[tuple[str, str]], int]:
    """Tag and value pairs, and where the reading ended: before the end if the text is broken."""
    pairs, here, end = [], 0, len(text)
    while here < end:
        tag, length = text[here : here + 2], _NUMBERS.get(text[here + 2 : here + 4])
        if length is None or tag not in _NUMBERS or here + 4 + length > end:
            break
        pairs.append((tag, text[here + 4 : here + 4 + length]))
        here += 4 + length
    return pairs, here


def _refuse_twins(pairs: list[tuple[str, str]], path: str) -> None:
    tags = [tag for tag, _ in pairs]
    if len(set(tags)) < len(tags):
        raise FieldTwice(field=path + next(tag for tag in tags if tags.count(tag) > 1))


def _opened(pairs: list[tuple[str, str]]) -> tuple[Field, ...]:
    fields, position = [], 1
    for tag, value in pairs:
        if tag in _TEMPLATES:
            fields.append(Field(tag, value, _inside(tag, value, position + 4)))
        elif tag in _UNRESERVED:
            fields.append(Field(tag, value, _inside_if_any(tag, value, 1)))
        else:
            fields.append(Field(tag, value))
        position += 4 + len(value)
    return tuple(fields)


def _inside(tag: str, value: str, position: int) -> tuple[Field, ...]:
    """What a template of the standard holds; it must hold data objects and nothing else."""
    pairs, end = _cut(value)
    if end < len(value):
        raise FieldBroken(field=tag, position=position + end)
    _refuse_twins(pairs, tag + ".")
    return tuple(
        Field(inner, text, _inside_if_any(f"{tag}.{inner}", text, 2)) for inner, text in pairs
    )


def _inside_if_any(path: str, value: str, depth: int) -> tuple[Field, ...]:
    """What a value holds if it reads as a template from end to end, beginning with tag 00.

    Only the scheme knows whether it is one; a value that merely looks so stays readable.
    """
    if value[:2] != "00" or value[2:4] not in _NUMBERS:
        return ()
    pairs, end = _cut(value)
    tags = {tag for tag, _ in pairs}
    if end < len(value) or len(tags) < len(pairs) or not all(text for _, text in pairs):
        return ()
    if depth > TEMPLATE_DEPTH_MAX:
        raise NestedTooDeep(field=path, limit=TEMPLATE_DEPTH_MAX)
    return tuple(
        Field(tag, text, _inside_if_any(f"{path}.{tag}", text, depth + 1)) for tag, text in pairs
    )
