"""Named SQL, kept in `queries.sql` beside the store which uses it.

    -- name: lock_accounts
    -- Lock the accounts of a batch in id order, so that two batches never wait for each other.
    SELECT ...;

Parameters are written `%(name)s`. A statement stays under 4096 characters: longer ones are parsed
again by the driver at every call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final, LiteralString, cast

STATEMENT_CHARS_MAX: Final = 4096
_NAME: Final = re.compile(r"^-- name: (.*)$", re.MULTILINE)
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")


def parse_queries(text: str) -> Mapping[str, LiteralString]:
    """The statements of one file by name. Raises ValueError where the file breaks the form."""
    before, *parts = _NAME.split(text)
    if any(line and not line.startswith("--") for line in before.splitlines()):
        raise ValueError("SQL stands before the first `-- name:`")
    queries: dict[str, LiteralString] = {}
    for name, block in zip(parts[::2], parts[1::2], strict=True):
        purpose, _, sql = block.lstrip("\n").partition("\n")
        statement = sql.strip().removesuffix(";")
        if not _WORD.fullmatch(name):
            raise ValueError(f"not a name for a query: {name!r}")
        if name in queries:
            raise ValueError(f"two queries are named {name}")
        if not purpose.startswith("-- ") or not statement:
            raise ValueError(f"{name}: a line of purpose, then the statement")
        if len(statement) > STATEMENT_CHARS_MAX:
            raise ValueError(f"{name}: over {STATEMENT_CHARS_MAX} characters")
        # the driver wants literals, against injection; a file of the package is as good as one
        queries[name] = cast(LiteralString, statement)
    return MappingProxyType(queries)


def load_queries(package: str) -> Mapping[str, LiteralString]:
    """The statements of a package's `queries.sql`, by name."""
    return parse_queries(resources.files(package).joinpath("queries.sql").read_text("utf-8"))
