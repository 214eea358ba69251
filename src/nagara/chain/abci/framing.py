"""Frames of ABCI's socket: the length as an unsigned varint, then that many bytes of protobuf.

Pure: bytes in, frames out. A length is believed only up to a limit, and nothing is set aside for
bytes which have not arrived. Format: CometBFT v0.38.25, spec/abci/abci++_client_server.md.
"""

from __future__ import annotations

from typing import Final

LENGTH_BYTES_MAX: Final = 5  # enough for 2**31 - 1, the longest message of CometBFT itself


class FrameBroken(ValueError):
    """What arrived is no frame, or a longer one than is allowed. Nothing after it can be read."""


def uvarint(number: int) -> bytes:
    """A number from 0 as an unsigned varint: 7 bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def frame(message: bytes) -> bytes:
    """A message with its length before it."""
    return uvarint(len(message)) + message


class Frames:
    """What has arrived on one connection: bytes are put in as they come, whole frames taken out."""

    __slots__ = ("_arrived", "_at", "_frame_bytes_max")

    def __init__(self, frame_bytes_max: int) -> None:
        self._arrived = bytearray()
        self._at = 0
        self._frame_bytes_max = frame_bytes_max

    def put(self, arrived: bytes) -> None:
        """Add what has just arrived."""
        if self._at:
            del self._arrived[: self._at]
            self._at = 0
        self._arrived += arrived

    def take(self) -> bytes | None:
        """The message of the next frame; None where it has not arrived as a whole.

        Raises FrameBroken.
        """
        length, start = self._length()
        end = start + length
        if length < 0 or end > len(self._arrived):
            return None
        self._at = end
        return bytes(self._arrived[start:end])

    @property
    def begun(self) -> bool:
        """Whether bytes are left over: of a frame that has begun, or of whole ones not taken."""
        return self._at < len(self._arrived)

    def _length(self) -> tuple[int, int]:
        """The length that the next frame says, and where its message begins; -1 if not yet said."""
        length = 0
        for count, byte in enumerate(self._arrived[self._at : self._at + LENGTH_BYTES_MAX]):
            length |= (byte & 0x7F) << 7 * count
            if byte < 0x80:
                if byte == 0 and count:
                    raise FrameBroken("a length is written with more bytes than it needs")
                if length > self._frame_bytes_max:
                    raise FrameBroken(
                        f"a frame of {length} bytes; {self._frame_bytes_max} are allowed"
                    )
                return length, self._at + count + 1
        if len(self._arrived) - self._at >= LENGTH_BYTES_MAX:
            raise FrameBroken(f"a length of more than {LENGTH_BYTES_MAX} bytes")
        return -1, self._at
