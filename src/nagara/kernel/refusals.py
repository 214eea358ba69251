"""The refusals which any room may give, because they are about form and not about meaning."""

from __future__ import annotations

from nagara.kernel.errors import Fault, Refusal


class Malformed(Refusal):
    """The input is not of the form that the interface states. Facts: field, reason."""

    code, slug = 1001, "kernel.malformed"


class TooLarge(Refusal):
    """The input is over a stated limit. Facts: field, limit."""

    code, slug = 1002, "kernel.too_large"


class NotFound(Refusal):
    """There is nothing by that id that the caller may see. Facts: what."""

    code, slug = 1003, "kernel.not_found"


class Unauthenticated(Refusal):
    """The caller did not prove who it is. Facts: reason."""

    code, slug = 1004, "kernel.unauthenticated"


class Forbidden(Refusal):
    """The caller is known, and may not do this. Facts: reason."""

    code, slug = 1005, "kernel.forbidden"


class TooMany(Refusal):
    """The caller has used up what it may ask for now. Facts: retry_after_seconds."""

    code, slug = 1006, "kernel.too_many"


class KeyReused(Refusal):
    """The idempotency key, or the id, was used before with another body."""

    code, slug = 1007, "kernel.key_reused"


class Unavailable(Fault):
    """The country cannot take this now; nothing was changed. Facts: reason."""

    code, slug = 1101, "kernel.unavailable"
