"""The pool and the unit of work. One unit is one transaction, and only the unit commits (S1).

A unit sees what is committed when each statement starts (READ COMMITTED) and locks what it will
change; a read sees one moment (REPEATABLE READ, READ ONLY). Every wait has a limit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor, IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import AsyncRowFactory, TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from nagara.storage.adapters import adapters
from nagara.storage.diskspace import DiskSpace
from nagara.storage.pipeline import patient_pipeline
from nagara.storage.refusals import Contended, DatabaseDown, DiskFull, OutcomeUnknown
from nagara.storage.translation import fault_of

Connection = AsyncConnection[TupleRow]
Answer = TypeVar("Answer")

STATEMENT_SECONDS_MAX: Final = 15
LOCK_SECONDS_MAX: Final = 5
IDLE_IN_TRANSACTION_SECONDS_MAX: Final = 15
CONNECT_SECONDS_MAX: Final = 5
ATTEMPTS_MAX: Final = 5
RETRY_PAUSE_SECONDS: Final = 0.002
_PREPARED_MAX: Final = 500
_BROKE_COMMITTING: Final = "the connection broke while committing"
_SESSION: Final[Mapping[str, str]] = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "synchronous_commit": "on",
    "jit": "off",
    "statement_timeout": f"{STATEMENT_SECONDS_MAX}s",
    "lock_timeout": f"{LOCK_SECONDS_MAX}s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS_MAX}s",
}


class _BinaryCursor(AsyncCursor[TupleRow]):
    """Results in PostgreSQL's binary form: exact, and several times cheaper to read."""

    def __init__(
        self, connection: Connection, *, row_factory: AsyncRowFactory[TupleRow] | None = None
    ) -> None:
        super().__init__(connection, row_factory=row_factory or connection.row_factory)
        self.format = Format.BINARY


class Unit:
    """One transaction, open. `connection` is for stores only; nobody commits but the Database."""

    __slots__ = ("connection", "is_pipelined")

    def __init__(self, connection: Connection, *, is_pipelined: bool = False) -> None:
        self.connection = connection
        self.is_pipelined = is_pipelined

    def pipeline(self) -> AbstractAsyncContextManager[object]:
        """Statements inside go out together, when the first answer is asked for."""
        return nullcontext() if self.is_pipelined else patient_pipeline(self.connection)


def session_url(url: str) -> str:
    """The connection string with our session settings behind those which it brings itself."""
    parts: dict[str, Any] = conninfo_to_dict(url)
    ours = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    parts["options"] = f"{parts.get('options') or ''} {ours}".strip()
    parts.setdefault("connect_timeout", CONNECT_SECONDS_MAX)
    parts.setdefault("application_name", "nagara")
    return make_conninfo(**parts)


def server_major(url: str) -> int:
    """The major version of the server there. Raises DatabaseDown where it does not answer."""
    try:
        with psycopg.connect(session_url(url)) as connection:
            return connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise DatabaseDown(reason="the database does not let us in") from error


async def _configure(connection: Connection) -> None:
    connection.prepared_max = _PREPARED_MAX


class Database:
    """A pool of connections to one database. Made by `open`, shared by every task of a process."""

    def __init__(self, pool: AsyncConnectionPool[Connection], space: DiskSpace | None) -> None:
        self._pool = pool
        self._space = space
        self._giving: set[asyncio.Future[None]] = set()  # the loop itself holds tasks weakly

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, pool_max: int, space: DiskSpace | None = None
    ) -> AsyncIterator[Database]:
        """Connect, and stay connected while the block runs.

        `space` watches the disk under an embedded database: writing stops before it is full.
        Raises DatabaseDown when no connection can be had within CONNECT_SECONDS_MAX.
        """
        pool = AsyncConnectionPool(
            session_url(url),
            connection_class=AsyncConnection[TupleRow],
            min_size=1,
            max_size=pool_max,
            timeout=CONNECT_SECONDS_MAX,
            reconnect_timeout=CONNECT_SECONDS_MAX,
            open=False,
            name="nagara",
            kwargs={
                "context": SimpleNamespace(adapters=adapters(), connection=None),
                "cursor_factory": _BinaryCursor,
                "prepare_threshold": 1,  # the second call prepares; one-off statements never do
            },
            configure=_configure,
        )
        try:
            await pool.open(wait=True, timeout=CONNECT_SECONDS_MAX)
        except PoolTimeout as error:
            await pool.close()
            raise DatabaseDown(reason="the database does not answer") from error
        try:
            yield cls(pool, space)
        finally:
            await pool.close()

    def free_mb(self) -> int | None:
        """Room left on the disk in megabytes, for health; None where the database is elsewhere."""
        return None if self._space is None else self._space.free_mb()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """One transaction: committed at the end of the block, undone by an exception.

        Raises the Faults of storage; an exception of the block itself passes unchanged.
        """
        if self._space is not None and self._space.is_short():
            raise DiskFull(free_mb=self._space.free_mb())
        async with self._connected() as connection:
            yield Unit(connection)
            await _commit(connection)

    @asynccontextmanager
    async def pipelined_unit(self) -> AsyncIterator[Unit]:
        """As `unit`, in a pipeline from its first statement to its COMMIT.

        What the block never asks an answer of goes out with the COMMIT, in one round trip; a
        statement that fails there takes the transaction with it.
        """
        if self._space is not None and self._space.is_short():
            raise DiskFull(free_mb=self._space.free_mb())
        async with self._connected() as connection:
            # BEGIN and COMMIT are statements like the others: the driver would wait for each
            await connection.set_autocommit(True)
            committing = False
            try:
                async with patient_pipeline(connection):
                    await connection.execute("BEGIN")
                    yield Unit(connection, is_pipelined=True)
                    await connection.execute("COMMIT")
                    committing = True
            except psycopg.OperationalError as error:
                if committing and connection.broken:
                    raise OutcomeUnknown(reason=_BROKE_COMMITTING) from error
                raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        """One snapshot: every statement sees the same moment, and none can write."""
        async with self._connected() as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)
            yield Unit(connection)

    async def run(
        self,
        work: Callable[[Unit], Awaitable[Answer]],
        *,
        attempts_max: int = ATTEMPTS_MAX,
        is_pipelined: bool = False,
    ) -> Answer:
        """`await work(unit)` in a transaction of its own, again from the start on conflict.

        Again, too, when the connection broke before the commit; never when it broke within it
        (OutcomeUnknown). Raises Contended after `attempts_max`, and the other Faults at once.
        """
        attempt = 1
        while True:
            try:
                async with self.pipelined_unit() if is_pipelined else self.unit() as unit:
                    return await work(unit)
            except (Contended, DatabaseDown) as fault:
                if attempt == attempts_max or isinstance(fault.__cause__, PoolTimeout):
                    raise
                if isinstance(fault, DatabaseDown):
                    await self._pool.check()
            # apart from each other, so that two which collided do not collide again
            pause_seconds = RETRY_PAUSE_SECONDS * 4**attempt
            await asyncio.sleep(random.uniform(1, 2) * pause_seconds)  # noqa: S311 no secret
            attempt += 1

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        try:
            connection = await self._pool.getconn()
        except psycopg.Error as error:
            raise fault_of(error) or error from error
        try:
            yield connection
        except psycopg.Error as error:
            fault = fault_of(error)
            if fault is None:
                raise
            raise fault from error
        finally:
            # a caller who is cancelled here must not leave the connection read-only, or nowhere
            giving = asyncio.ensure_future(self._give_back(connection))
            self._giving.add(giving)
            giving.add_done_callback(self._giving.discard)
            await asyncio.shield(giving)

    async def _give_back(self, connection: Connection) -> None:
        with suppress(psycopg.Error):
            await connection.rollback()
            if connection.autocommit:
                await connection.set_autocommit(False)
            if connection.read_only:
                await connection.set_isolation_level(None)
                await connection.set_read_only(None)
        await self._pool.putconn(connection)  # which replaces it where it is broken


async def _commit(connection: Connection) -> None:
    # PostgreSQL answers COMMIT with a silent rollback where a statement failed and was swallowed
    assert connection.pgconn.transaction_status != TransactionStatus.INERROR
    try:
        await connection.commit()
    except psycopg.OperationalError as error:
        if connection.broken:
            raise OutcomeUnknown(reason=_BROKE_COMMITTING) from error
        raise
