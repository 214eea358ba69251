"""A pipeline that waits to be asked: statements go out together, when an answer is wanted.

The driver's own pipeline writes to the socket after each statement and looks for answers each
time: a poll of the event loop and a wake-up of the server for every statement. A batch of orders
has a dozen statements and needs two round trips.

It stands on four generators of psycopg's BasePipeline (3.3), which are not its public face; the
driver's version is held by the lock file, and tests/storage/test_pipeline.py says what we rely on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, AsyncPipeline
from psycopg.abc import PQGen
from psycopg.generators import send
from psycopg.rows import TupleRow


class PatientPipeline(AsyncPipeline):
    """Holds statements back until somebody fetches, commits, or leaves."""

    def _communicate_gen(self) -> PQGen[None]:
        """After each statement: nothing is sent yet."""
        yield from ()

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        """Somebody wants an answer: everything held back goes out, then answers come in."""
        while self.command_queue:
            self.command_queue.popleft()()
        if not flush:  # a sync is among what was held back, and makes the server answer
            yield from send(self.pgconn)
        yield from super()._fetch_gen(flush=flush)


@asynccontextmanager
async def patient_pipeline(
    connection: AsyncConnection[TupleRow],
) -> AsyncIterator[PatientPipeline]:
    """The connection in pipeline mode while the block runs. Not to be nested."""
    assert connection._pipeline is None  # noqa: SLF001 as AsyncConnection.pipeline does
    pipeline = connection._pipeline = PatientPipeline(connection)  # noqa: SLF001
    try:
        async with pipeline:
            yield pipeline
    finally:
        connection._pipeline = None  # noqa: SLF001
