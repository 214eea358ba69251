"""What storage can fail with. All are Faults: nobody did anything wrong, and the world may heal."""

from __future__ import annotations

from nagara.kernel.errors import Fault


class DatabaseDown(Fault):
    """The database cannot be reached, is starting or is stopping; nothing was written.

    Facts: reason.
    """

    code, slug = 5101, "storage.database_down"


class DiskFull(Fault):
    """There is no room left for writing, or so little that the rest is kept for recovery.

    Facts: free_mb.
    """

    code, slug = 5102, "storage.disk_full"


class OutcomeUnknown(Fault):
    """The connection broke while committing: it may be written or not. The same id tells."""

    code, slug = 5103, "storage.outcome_unknown"


class Contended(Fault):
    """Others changed the same rows at once, again and again; nothing was written."""

    code, slug = 5104, "storage.contended"


class TooSlow(Fault):
    """A statement or a lock took longer than its limit; nothing was written."""

    code, slug = 5105, "storage.too_slow"


class SchemaNewer(Fault):
    """The database was written by a newer version. Facts: room, found, known."""

    code, slug = 5106, "storage.schema_newer"


class MigrationBroken(Fault):
    """The migration files are not the ones which were applied. Facts: room, number, reason."""

    code, slug = 5107, "storage.migration_broken"


class EngineFailed(Fault):
    """The embedded PostgreSQL could not be started or stopped. Facts: reason."""

    code, slug = 5108, "storage.engine_failed"


class BackupBroken(Fault):
    """A backup could not be written, or its file cannot be trusted. Facts: reason."""

    code, slug = 5109, "storage.backup_broken"


class FolderHeld(Fault):
    """Another process runs the country of this data folder. Facts: holder, folder."""

    code, slug = 5110, "storage.folder_held"
