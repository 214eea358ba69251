"""The database of a data folder for a command: running already, or started for the while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from nagara.cli.settings import Settings
from nagara.storage import leftovers
from nagara.storage.engine import Engine
from nagara.storage.lock import folder_lock
from nagara.storage.refusals import EngineFailed, FolderHeld


@contextmanager
def database_at_hand(settings: Settings) -> Iterator[str]:
    """The URL: of a country that is up, of the operator's own, or of one started for this block."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    if not (settings.data / "postgres").is_dir():
        raise EngineFailed(reason=f"there is no country in {settings.data}")
    try:
        with folder_lock(settings.data), Engine(settings.data).running() as url:
            yield url
            return
    except FolderHeld:
        folder = leftovers.socket_folder(settings.data / "postgres")
        if folder is None:
            raise
    yield f"postgresql://nagara@/nagara?host={quote(str(folder), safe='')}"
