"""Where the application listens, in CometBFT's words: `unix://PATH`, `tcp://HOST:PORT`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

_UNIX: Final = "unix://"
_TCP: Final = "tcp://"
_UNIX_PATH_BYTES_MAX: Final = 107  # what the kernel keeps of it, less the zero at its end


class AddressTaken(OSError):
    """Somebody is listening there already: a second application on one state is never right."""


def bound(address: str) -> socket.socket:
    """A socket bound there. One in the file system is for this user only.

    A file that a killed application left behind is replaced, one that answers is not. Raises
    AddressTaken; ValueError for an address of another form; OSError.
    """
    if address.startswith(_UNIX):
        return _bound_in_folder(Path(address.removeprefix(_UNIX)))
    host, _, port = address.removeprefix(_TCP).rpartition(":")
    if not address.startswith(_TCP) or not host or not port.isdecimal():
        raise ValueError(f"an address is unix://PATH or tcp://HOST:PORT, not {address!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bind(listening, (host.strip("[]"), int(port)))


def written(listening: socket.socket) -> str:
    """The address of a bound socket, as CometBFT takes it."""
    name = listening.getsockname()
    if isinstance(name, str):
        return f"{_UNIX}{name}"
    host, port = name[:2]
    return f"{_TCP}[{host}]:{port}" if ":" in host else f"{_TCP}{host}:{port}"


def leave(address: str) -> None:
    """Take away the file of a socket that was bound there and is closed."""
    if address.startswith(_UNIX):
        Path(address.removeprefix(_UNIX)).unlink(missing_ok=True)


def _bound_in_folder(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _UNIX_PATH_BYTES_MAX:
        raise ValueError(f"a socket's path has at most {_UNIX_PATH_BYTES_MAX} bytes: {path}")
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as asking:
            if asking.connect_ex(str(path)) == 0:
                raise AddressTaken(f"another application answers at {path}")
        path.unlink()
    mask = os.umask(0o177)  # chmod afterwards would leave a moment in which others may connect
    try:
        return _bind(socket.socket(socket.AF_UNIX), str(path))
    finally:
        os.umask(mask)


def _bind(unbound: socket.socket, place: str | tuple[str, int]) -> socket.socket:
    try:
        unbound.bind(place)
    except BaseException:
        unbound.close()
        raise
    return unbound
