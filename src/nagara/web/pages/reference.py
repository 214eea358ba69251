"""`/docs`: the OpenAPI contract as a list to read, without a script and without another host.

Taken from the application itself when it is first asked for, so it cannot be out of date. Only
what a caller needs is drawn from the document: operations, parameters, bodies, and the fields of
the schemas they name. The document itself is at `/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency

from nagara.web.pages.templating import Pages

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_DEPTH_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a member: its name, its type in words, whether it must be given."""

    name: str
    type: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `answers` are (status, name of the schema or empty)."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema with a name."""

    name: str
    about: str
    fields: tuple[Field, ...]


@get("/docs")
async def docs(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[bytes]:
    """The contract as a page."""
    document = request.app.openapi_schema.to_schema()
    named = shapes(document)
    names = {shape.name for shape in named}
    groups: dict[str, list[Operation]] = {}
    for group, operation in operations(document):
        groups.setdefault(group, []).append(operation)
    return pages.render(request, "docs.html", groups=groups, shapes=named, shape_names=names)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Every operation with the tag it stands under (its first path segments, where it has none)."""
    for path, methods in document.get("paths", {}).items():
        for method in _METHODS:
            if method not in methods:
                continue
            told = methods[method]
            yield (
                _group(path, told),
                Operation(
                    anchor=told.get("operationId", f"{method}-{path}"),
                    method=method.upper(),
                    path=path,
                    summary=told.get("summary", ""),
                    about=told.get("description", ""),
                    parameters=tuple(_parameter(each) for each in told.get("parameters", ())),
                    body=_content(told.get("requestBody", {})),
                    answers=tuple(
                        (status, _content(answer)) for status, answer in told["responses"].items()
                    ),
                ),
            )


def shapes(document: Mapping[str, Any]) -> list[Shape]:
    """The named schemas, by name."""
    named: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return [
        Shape(name, schema.get("description", ""), tuple(_members(schema)))
        for name, schema in sorted(named.items())
    ]


def _group(path: str, told: Mapping[str, Any]) -> str:
    if tags := told.get("tags"):
        return str(tags[0])
    return "/" + "/".join(path.strip("/").split("/")[:2])


def _parameter(told: Mapping[str, Any]) -> Field:
    name = f"{told['name']} ({told['in']})"
    kind = _type(told.get("schema", {}))
    return Field(name, kind, bool(told.get("required")), told.get("description", ""))


def _members(schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield Field(name, _type(member), name in required, member.get("description", ""))


def _content(told: Mapping[str, Any]) -> str:
    for content in told.get("content", {}).values():
        return _type(content.get("schema", {}))
    return ""


def _type(schema: Mapping[str, Any], depth: int = 0) -> str:
    """A schema in a few words: `string`, `Account`, `list of Account`, `integer or null`."""
    if depth > _DEPTH_MAX:
        return "…"
    if reference := schema.get("$ref"):
        return str(reference).rpartition("/")[2]
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return " | ".join(_type(choice, depth + 1) for choice in choices)
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{_type(schema.get('items', {}), depth + 1)}]"
    return " | ".join(kind) if isinstance(kind, list) else str(kind)
