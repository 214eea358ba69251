"""Storage: PostgreSQL, and the only transaction. Rooms get a Unit and write their own SQL.

    async with Database.open(url, pool_max=4) as database:
        answer = await database.run(work)        # work(unit) in a transaction, again on conflict
        async with database.read() as unit: ...  # one snapshot, nothing can be written

Laws:  S1  Only the unit of work commits. What was committed survives power loss.
       S2  A broken database is a Fault with a code; no driver's exception names it to a caller.
       S3  Schemas only move forward, and a node never runs on one that is newer than itself.
Not here: the meaning of any table but storage's own; which rooms there are (wiring knows).
"""

from nagara.storage import answers, outbox
from nagara.storage.arrays import Bigints, Byteas, Instants, Smallints, Texts, Uuids
from nagara.storage.batching import Batcher
from nagara.storage.database import Database, Unit
from nagara.storage.migrations import migrate
from nagara.storage.queries import load_queries
from nagara.storage.refusals import (
    Contended,
    DatabaseDown,
    DiskFull,
    MigrationBroken,
    OutcomeUnknown,
    SchemaNewer,
    TooSlow,
)

__all__ = [
    "Batcher",
    "Bigints",
    "Byteas",
    "Contended",
    "Database",
    "DatabaseDown",
    "DiskFull",
    "Instants",
    "MigrationBroken",
    "OutcomeUnknown",
    "SchemaNewer",
    "Smallints",
    "Texts",
    "TooSlow",
    "Unit",
    "Uuids",
    "answers",
    "load_queries",
    "migrate",
    "outbox",
]
