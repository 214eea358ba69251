"""What the generated contract cannot see: bodies that handlers read themselves, and problems.

Handlers bound and type their bodies by hand, before anything else looks at them. Here each says
what it takes, so that /openapi.json is whole. Spec: OpenAPI 3.1, spec/payments.md section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody
from msgspec import Struct

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "action", "who", "code", "slug", "instance"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": _NUMBER,
        "detail": _TEXT,
        "action": _TEXT,
        "who": {"enum": ["payer", "payee", "caller", "institution", "operator"]},
        "code": _NUMBER,
        "slug": _TEXT,
        "instance": _TEXT,
        "order": {"type": "object"},
    },
}
_SIGNED: Final[dict[str, Any]] = {
    "type": "string",
    "maxLength": 8192,
    "description": "A compact JWS which carries its public key (spec/payments.md, section 1).",
}
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_assertion_type": {
            "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        },
        "client_assertion": _TEXT,
        "scope": {"enum": ["participant"]},
    },
}


def taking(words: type[Struct]) -> type[Operation]:
    """An operation with a JSON body of these words."""
    _, components = msgspec.json.schema_components([words])
    assert set(components) == {words.__name__}, "the words of a body hold no others"
    return _operation("application/json", components[words.__name__])


def _operation(media_type: str, schema: dict[str, Any] | None) -> type[Operation]:
    @dataclass
    class Described(Operation):
        """As generated, with its body and with every other answer."""

        def __post_init__(self) -> None:
            if schema is not None:
                self.request_body = RequestBody(_content(media_type, schema), required=True)
            answers = dict(self.responses or {})
            answers.pop("400", None)  # the framework's own form, which is not what we answer
            problem = OpenAPIResponse(
                "A problem (RFC 9457).", content=_content("application/problem+json", _PROBLEM)
            )
            self.responses = answers | {"default": problem}

    return Described


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, OpenAPIMediaType]:
    return {media_type: OpenAPIMediaType(schema)}  # type: ignore[arg-type]


PLAIN: Final = _operation("", None)
SIGNED: Final = _operation("application/jose", _SIGNED)
FORM: Final = _operation("application/x-www-form-urlencoded", _FORM)
