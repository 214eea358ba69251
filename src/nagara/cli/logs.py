"""What the processes of a node write to their log: one JSON object a line, and nothing personal.

Left to itself, structlog prints the local variables of every frame of a trace: passphrases, tokens
and names of people would stand in the log (law 4 of the design). Here a trace is where it happened
and of what kind it is. Of a database's error only the primary message is told: its detail quotes
the row.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

FRAMES_MAX: Final = 40
MESSAGE_CHARS_MAX: Final = 200
_CAUSES_MAX: Final = 5


def configure() -> None:
    """Set the log of this process and of all that are forked from it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            bare_trace,
            structlog.processors.JSONRenderer(default=_by_kind),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def bare_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """`exc_info` as a list of errors, the last first, each with its kind, message and frames."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["trace"] = [_told(one) for one in _chain(error)]
    return event


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and len(found) < _CAUSES_MAX:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def _told(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    return {
        "kind": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _message(error)[:MESSAGE_CHARS_MAX],
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _message(error: BaseException) -> str:
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.message_primary or "")
    return str(error)


def _by_kind(value: Any) -> str:  # noqa: ANN401 whatever somebody logs
    return type(value).__name__
