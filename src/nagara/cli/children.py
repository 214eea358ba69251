"""What runs in the processes under the supervisor: web servers and the background worker.

They are forked from a supervisor which has loaded the code already, so they share its memory and
are back within a tenth of a second when one is killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import resource
import signal
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, NoReturn, cast

import uvloop
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from nagara.storage.worker import Worker

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Background = Callable[[], AbstractAsyncContextManager[Worker]]

BACKLOG: Final = 1024
# a batch of orders makes thousands of objects and no ring: look for rings more seldom
_COLLECT: Final = (20_000, 20, 50)
# Requests of one process that may be open at once. Whoever listens to events holds one for hours,
# so this is far above live.LISTENERS_MAX: beyond it the server takes no connection at all.
OPEN_REQUESTS_MAX: Final = 8192
HEADER_MILLISECONDS_MAX: Final = 10_000
HEADER_BYTES_MAX: Final = 32_768
_SET_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of prctl(2)
_READY: Final = b"ready"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the country is found, as `module:name`, and which packages have migrations."""

    app: str  # () -> ASGI application with lifespan
    background: str  # () -> async context manager of a Worker, filled and open
    rooms: tuple[str, ...]

    def load(self) -> None:
        """Import everything now, in the process that forks."""
        named(self.app)
        named(self.background)


def named(place: str) -> Callable[[], Any]:
    """The callable at `module:name`."""
    module, _, name = place.partition(":")
    found: Callable[[], Any] = getattr(import_module(module), name)
    return found


def fork(body: Callable[[int], None], inherited: tuple[int, ...]) -> tuple[int, int]:
    """Run `body(ready)` in a child; its process id, and where it says that it is ready.

    `inherited` descriptors are the supervisor's own and are closed in the child. The child is
    killed by the kernel when this process ends, however it ends.
    """
    parent = os.getpid()
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    pid = os.fork()
    if pid == 0:
        _become_child(parent, (*inherited, reading), lambda: body(writing))
    os.close(writing)
    return pid, reading


def _become_child(parent: int, inherited: tuple[int, ...], body: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        _die_with(parent)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to hear
        for descriptor in inherited:
            os.close(descriptor)
        body()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 nothing may climb into the supervisor's own code
        traceback.print_exc()
    finally:
        os._exit(status)


def _die_with(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it ended before the bond was made
        raise SystemExit(1)


def serve(parts: Parts, host: str, port: int, ready: int) -> None:
    """One web process: the application behind granian until SIGTERM."""
    gc.set_threshold(*_COLLECT)
    uvloop.run(_serve(cast(App, named(parts.app)()), host, port, ready))


async def _serve(app: App, host: str, port: int, ready: int) -> None:
    _allow_files(2 * OPEN_REQUESTS_MAX)
    server = Server(
        announced(app, ready),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=OPEN_REQUESTS_MAX,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_MILLISECONDS_MAX, max_buffer_size=HEADER_BYTES_MAX
        ),
        websockets=False,
        runtime_blocking_threads=2,
        log_level=LogLevels.error,
    )
    stopping = False

    def stop() -> None:
        nonlocal stopping
        stopping = True
        server.stop()  # type: ignore[no-untyped-call]

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    await server.serve()
    if not stopping:
        raise SystemExit(1)


def _allow_files(wanted: int) -> None:
    """As many open files as we may have, up to `wanted`: many systems begin with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def announced(app: App, ready: int) -> App:
    """The same application, which says so when its start-up is complete."""

    async def lifespan(scope: Message, receive: Receive, send: Send) -> None:
        async def heard(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                os.write(ready, _READY)

        try:
            await app(scope, receive, heard)
        except Exception as error:
            traceback.print_exc()
            # silence would mean that the application knows no lifespan, and serve it unopened
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            raise

    def wrapped(scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return lifespan(scope, receive, send)
        return app(scope, receive, send)

    return wrapped


def work(parts: Parts, ready: int) -> None:
    """The background process: the worker which wiring has filled, until SIGTERM."""
    uvloop.run(_work(cast(Background, named(parts.background)), ready))


async def _work(background: Background, ready: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with background() as worker:
        os.write(ready, _READY)
        await worker.run(stop)
