"""The job queue (procrastinate) in a PostgreSQL schema of its own.

It holds nothing that must survive an upgrade: what must not be lost waits in storage.outbox. So
when the library comes in another version its tables are made anew instead of being migrated.
"""

from __future__ import annotations

from typing import Final

import procrastinate
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal
from psycopg_pool import AsyncConnectionPool

from nagara.storage.database import Database, Unit

SCHEMA: Final = "procrastinate"
_POOL_MAX: Final = 2
_LOCK: Final = 0x6A6F_6273  # "jobs"
_POLL_SECONDS: Final = 15.0
_HEARTBEAT_SECONDS: Final = 60.0
_STALLED_SECONDS: Final = 300.0
_FINISH_SECONDS_MAX: Final = 5.0


def open_queue(url: str) -> procrastinate.App:
    """The library's application on our database; used as an async context manager."""
    parts = conninfo_to_dict(url)
    options = f"{parts.get('options') or ''} -c search_path={SCHEMA} -c timezone=UTC".strip()
    conninfo = make_conninfo(url, options=options, application_name="nagara-queue")
    connector = procrastinate.PsycopgConnector(
        pool_factory=AsyncConnectionPool, conninfo=conninfo, min_size=1, max_size=_POOL_MAX
    )
    return procrastinate.App(connector=connector)


async def ensure_tables(database: Database) -> None:
    """The tables of the library in the version which is installed."""
    version = procrastinate.__version__

    async def work(unit: Unit) -> None:
        connection = unit.connection
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = await connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s",
            (SCHEMA,),
        )
        if await found.fetchone() != (version,):
            await _make(unit, version)

    await database.run(work)


async def forget_stalled(app: procrastinate.App) -> None:
    """End the jobs whose worker died: the next tick of the same task does their work."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


async def run_queue(app: procrastinate.App) -> None:
    """Work through the jobs until cancelled. Polls slowly, listens to nothing: cheap when idle."""
    await forget_stalled(app)
    await app.run_worker_async(
        install_signal_handlers=False,
        listen_notify=False,
        fetch_job_polling_interval=_POLL_SECONDS,
        abort_job_polling_interval=_STALLED_SECONDS,
        update_heartbeat_interval=_HEARTBEAT_SECONDS,
        stalled_worker_timeout=_STALLED_SECONDS,
        shutdown_graceful_timeout=_FINISH_SECONDS_MAX,
        delete_jobs="always",
    )


async def _make(unit: Unit, version: str) -> None:
    connection = unit.connection
    async with connection.cursor() as cursor:
        for script in (
            f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}",
            f"SET LOCAL search_path = {SCHEMA}",
            SchemaManager.get_schema(),
        ):
            await cursor.execute(script.encode(), binary=False)
    comment = SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(SCHEMA), Literal(version))
    await connection.execute(comment)
