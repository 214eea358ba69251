"""One table from code to HTTP status (RFC 9110 section 15). A rule never knows its status."""

from __future__ import annotations

from typing import Final

from nagara.kernel.errors import CodedError, Fault

_REFUSED: Final = 422  # understood, and the rules say no
_UNAVAILABLE: Final = 503
_STATUS: Final = {
    1001: 400,
    1002: 413,
    1003: 404,
    1004: 401,
    1005: 403,
    1006: 429,
    1007: 409,
    2001: 404,
    2007: 409,
    2016: 409,
    3001: 401,
    3002: 401,
    3003: 403,
    3008: 404,
    3012: 409,
    3013: 404,
    3014: 403,
    3015: 409,
    3018: 409,
    3020: 409,
    **dict.fromkeys(range(3501, 3999), 400),
    **dict.fromkeys(range(4001, 4014), 401),
    4017: 401,
}


def status_of(error: CodedError) -> int:
    """The status which tells a client how to behave."""
    if isinstance(error, Fault):
        return _UNAVAILABLE
    return _STATUS.get(error.code, _REFUSED)
