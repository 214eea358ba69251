"""Which language a person reads, and the catalogues of sentences.

The person's own choice wins: `?lang=`, then the cookie `nagara_lang`, then the browser's
Accept-Language (RFC 9110 section 12.5.4), then the first language of the country profile.

Sentences stand in `locales/<language>/LC_MESSAGES/*.po`, one file a persona, English as the key.
They are read at start: no compiled catalogue exists that could be older than its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

COOKIE: Final = "nagara_lang"
ACCEPT_RANGES_MAX: Final = 20
NAMES: Final[Mapping[str, str]] = {"lo": "ລາວ", "vi": "Tiếng Việt", "en": "English"}


def choose_language(
    offered: Sequence[str], query: str | None, cookie: str | None, accept: str
) -> str:
    """One of `offered` (the first is the country's own). Unknown wishes are passed over."""
    for wish in (query, cookie, *_accepted(accept)):
        if wish is not None and wish in offered:
            return wish
    return offered[0]


def _accepted(header: str) -> Iterator[str]:
    """The primary subtags of an Accept-Language header, most wanted first."""
    ranges: list[tuple[float, str]] = []
    for part in header.split(",")[:ACCEPT_RANGES_MAX]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or "1")
        except ValueError:
            continue
        if 0 < quality <= 1:
            ranges.append((quality, tag.partition("-")[0].lower()))
    ranges.sort(key=lambda wish: wish[0], reverse=True)
    yield from (tag for _, tag in ranges)


def catalogue_files(language: str) -> list[Traversable]:
    """The catalogues of a language, in the order of their names."""
    folder = resources.files("nagara.web").joinpath("locales", language, "LC_MESSAGES")
    found = [file for file in folder.iterdir() if file.name.endswith(".po")]
    return sorted(found, key=lambda file: file.name)


def load_catalogue(language: str) -> Translations:
    """All sentences of a language. Raises FileNotFoundError where the language has none."""
    together = Catalog(locale=language)
    for file in catalogue_files(language):
        for message in read_po(BytesIO(file.read_bytes()), locale=language):
            if message.id:
                together.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, together)
    compiled.seek(0)
    return Translations(compiled)
