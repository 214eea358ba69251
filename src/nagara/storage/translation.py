"""From the driver's exceptions to our Faults (S2), by SQLSTATE (PostgreSQL, appendix A)."""

from __future__ import annotations

from psycopg import Error, OperationalError, errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from nagara.kernel.errors import Fault
from nagara.storage.refusals import Contended, DatabaseDown, DiskFull, TooSlow

_CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.ExclusionViolation,
)
_SLOW = (errors.QueryCanceled, errors.LockNotAvailable, errors.IdleInTransactionSessionTimeout)


def fault_of(error: Error) -> Fault | None:
    """The Fault which says the same, or None where the statement itself is wrong: a bug of ours."""
    if isinstance(error, _CONFLICTS):
        return Contended(reason=error.diag.constraint_name or error.sqlstate or "conflict")
    if isinstance(error, _SLOW):
        return TooSlow(reason=error.diag.message_primary or "limit reached")
    if isinstance(error, errors.DiskFull):
        return DiskFull(free_mb=0)
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return DatabaseDown(reason="no connection is free")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseDown(reason="the database takes no writes")
    if isinstance(error, OperationalError):
        return DatabaseDown(reason="the connection broke")
    return None
