"""From the bytes of a request to the bytes of its answer, framed.

The envelope of an answer is written by hand (tag, length, message): the message inside, which may
be a whole block's results, is then serialised once and copied never.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from google.protobuf.message import DecodeError, Message

from nagara.chain.abci import messages as m
from nagara.chain.abci.application import Application
from nagara.chain.abci.framing import uvarint

_ANSWERS: Final = m.Response.DESCRIPTOR.fields_by_name
_WIRE_BYTES: Final = 2  # protobuf's wire type of an embedded message
_OWN: Final = {"echo", "flush"}


class RequestUnknown(ValueError):
    """The frame holds no request, or one that neither v0.38.25 nor v0.40.0 sends."""


class ApplicationBroken(Exception):
    """The application raised, or answered with something else. The node must not go on."""

    def __init__(self, method: str, cause: str) -> None:
        super().__init__(f"the application broke in {method}: {cause}")


class Answers:
    """An application behind the words of the socket."""

    def __init__(self, application: Application) -> None:
        # The fields of both envelopes are called as the methods are.
        self._methods: dict[str, Callable[[Message], Message]] = {
            field.name: getattr(application, field.name)
            for field in m.Request.DESCRIPTOR.fields
            if field.name not in _OWN
        }

    def answer(self, message: bytes) -> bytes:
        """The framed answer to a request.

        Raises RequestUnknown, after which the connection should be closed, and ApplicationBroken,
        after which the application must not be called again.
        """
        try:
            request = m.Request.FromString(message)
        except DecodeError:
            raise RequestUnknown("the frame holds no protobuf of a request") from None
        name = request.WhichOneof("value")
        if name is None:
            raise RequestUnknown("the frame holds no request that is known here")
        if name == "flush":
            return _FLUSHED
        if name == "echo":
            return enveloped("echo", m.ResponseEcho(message=request.echo.message))
        return self._asked(name, getattr(request, name))

    def _asked(self, name: str, request: Message) -> bytes:
        try:
            answer = self._methods[name](request)
        except Exception as error:
            # Only the kind of error goes to the peer: its words may hold what is nobody's business.
            raise ApplicationBroken(name, type(error).__name__) from error
        if not isinstance(answer, _KINDS[name]):
            raise ApplicationBroken(name, f"it answered with {type(answer).__name__}")
        return enveloped(name, answer)


def enveloped(name: str, answer: Message) -> bytes:
    """A frame which holds a Response with this field."""
    body = answer.SerializeToString()
    head = _TAGS[name] + uvarint(len(body))
    return b"".join((uvarint(len(head) + len(body)), head, body))


def exception(error: Exception) -> bytes:
    """A frame which tells the peer that this is the end; CometBFT stops when it reads it."""
    return enveloped("exception", m.ResponseException(error=str(error)))


_TAGS: Final = {name: uvarint(field.number << 3 | _WIRE_BYTES) for name, field in _ANSWERS.items()}
_KINDS: Final[dict[str, type[Message]]] = {
    name: getattr(m, field.message_type.name)
    for name, field in _ANSWERS.items()
    if field.message_type is not None
}
_FLUSHED: Final = enveloped("flush", m.ResponseFlush())
