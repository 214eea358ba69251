"""The supervisor: starts the parts of a country in order, brings back what dies, stops in order.

    start:  PostgreSQL, migrations, web processes, background worker
    stop:   web processes (no new work), background worker, PostgreSQL
It runs no event loop and no threads, so that forking it is safe. Whatever kills it takes the
children with it (the kernel tells them), and the next start recovers what is left.
"""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from nagara.cli import children
from nagara.cli.children import Parts
from nagara.cli.settings import Settings
from nagara.storage import Database, migrate
from nagara.storage.diskspace import DiskSpace
from nagara.storage.engine import Engine
from nagara.storage.lock import folder_lock

Say = Callable[[str], None]

READY_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 10.0
SHORT_LIFE_SECONDS: Final = 5.0
SHORT_LIVES_MAX: Final = 10
BACKOFF_SECONDS_MAX: Final = 5.0
PORT_WAIT_SECONDS_MAX: Final = 3.0
_LOOK_SECONDS: Final = 2.0
_FIRST_BACKOFF_SECONDS: Final = 0.05


class GivenUp(Exception):
    """A part of the country cannot be kept running; the text says which, and why."""


@dataclass(slots=True)
class Child:
    """One process that shall run. `pid` is 0 while it does not."""

    name: str
    body: Callable[[int], None]
    pid: int = 0
    ready: int = -1
    started: float = 0.0
    short_lives: int = 0
    due: float = 0.0


class Supervisor:
    """Holds one country up, from `run` until a signal."""

    def __init__(self, settings: Settings, parts: Parts, say: Say) -> None:
        self._settings = settings
        self._parts = parts
        self._say = say
        self._engine: Engine | None = None
        self._space: DiskSpace | None = None
        self._was_short = False
        self._own: tuple[int, ...] = ()
        self._wakeups: socket.socket | None = None
        self._stopping = False
        web = [
            Child(f"web {n}", partial(children.serve, parts, settings.host, settings.port))
            for n in range(1, settings.workers + 1)
        ]
        self._web = web
        self._children = [*web, Child("worker", partial(children.work, parts))]

    def run(self, announce: Callable[[float], None]) -> None:
        """Up until SIGTERM or SIGINT. `announce(seconds)` is called when everything is ready.

        Raises FolderHeld, EngineFailed, SchemaNewer, MigrationBroken and GivenUp, each after
        everything which was started has been stopped again.
        """
        began = time.monotonic()
        self._settings.data.mkdir(parents=True, exist_ok=True)
        with folder_lock(self._settings.data) as lock:
            wakeups, sending = socket.socketpair()
            with wakeups, sending:
                self._listen_for_signals(wakeups, sending)
                self._own = (lock, wakeups.fileno(), sending.fileno())
                try:
                    self._start()
                    if not self._stopping:
                        announce(time.monotonic() - began)
                    self._keep_up()
                finally:
                    self._stop()
                    signal.set_wakeup_fd(-1)

    def _listen_for_signals(self, wakeups: socket.socket, sending: socket.socket) -> None:
        wakeups.settimeout(0)
        sending.settimeout(0)
        self._wakeups = wakeups
        signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._heard)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only wakes the loop

    def _heard(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> None:
        _await_free_port(self._settings.host, self._settings.port)
        environment = self._settings.environment()
        if self._settings.database_url is None:
            self._engine = Engine(self._settings.data)
            self._engine.start()
            self._space = DiskSpace(self._settings.data)
            environment["NAGARA_DATABASE_URL"] = self._engine.url()
            environment["NAGARA_DATABASE_FOLDER"] = str(self._settings.data)
        os.environ.update(environment)
        self._look_at_disk()
        asyncio.run(_migrate(environment["NAGARA_DATABASE_URL"], self._parts.rooms))
        self._parts.load()
        gc.collect()
        gc.freeze()  # pages which the collector never touches again stay shared with the children
        for child in self._children:
            self._spawn(child)
        self._await_ready()

    def _spawn(self, child: Child) -> None:
        child.pid, child.ready = children.fork(child.body, self._own)
        child.started = time.monotonic()

    def _await_ready(self) -> None:
        waiting = {child.ready: child for child in self._children}
        end = time.monotonic() + READY_SECONDS_MAX
        while waiting and not self._stopping:
            left = end - time.monotonic()
            if left <= 0:
                names = ", ".join(child.name for child in waiting.values())
                raise GivenUp(f"not ready after {READY_SECONDS_MAX:.0f} seconds: {names}")
            for descriptor in select.select([*waiting, *self._own[1:2]], [], [], left)[0]:
                child = waiting.pop(descriptor, None)
                if child is not None and not os.read(descriptor, 16):
                    raise GivenUp(f"{child.name} ended while starting; its words are above")
            self._drain_wakeups(0)

    def _keep_up(self) -> None:
        while not self._told_to_stop():
            self._bring_back_engine()
            self._bury()
            now = time.monotonic()
            for child in self._children:
                if not child.pid and child.due <= now:
                    self._spawn(child)
            self._look_at_disk()

    def _told_to_stop(self) -> bool:
        self._drain_wakeups(self._next_look())
        return self._stopping

    def _next_look(self) -> float:
        now = time.monotonic()
        dues = [child.due - now for child in self._children if not child.pid]
        return max(0.0, min([_LOOK_SECONDS, *dues]))

    def _drain_wakeups(self, seconds: float) -> None:
        assert self._wakeups is not None
        if select.select([self._wakeups], [], [], seconds)[0]:
            self._wakeups.recv(4096)

    def _bring_back_engine(self) -> None:
        if self._engine is not None and self._engine.has_died():
            self._say("PostgreSQL ended unexpectedly; it is being started again.")
            self._engine.restart()
            self._say("PostgreSQL is back.")

    def _bury(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if not child.pid or not (status := _ended(child.pid)):
                continue
            os.close(child.ready)
            child.pid = 0
            lived = now - child.started
            child.short_lives = child.short_lives + 1 if lived < SHORT_LIFE_SECONDS else 0
            if child.short_lives >= SHORT_LIVES_MAX:
                raise GivenUp(
                    f"{child.name} ended {child.short_lives} times in a row, each time within "
                    f"{SHORT_LIFE_SECONDS:.0f} seconds; the last time with {status}"
                )
            pause = _FIRST_BACKOFF_SECONDS * 2**child.short_lives if child.short_lives > 1 else 0
            child.due = now + min(pause, BACKOFF_SECONDS_MAX)
            self._say(f"{child.name} ended with {status}; it is being started again.")

    def _look_at_disk(self) -> None:
        if self._space is None or self._space.is_short() == self._was_short:
            return
        self._was_short = not self._was_short
        if self._was_short:
            self._say(
                f"The disk is full ({self._space.free_mb()} MB left in {self._settings.data}): "
                "nothing can be written until there is room. Reading goes on."
            )
        else:
            self._say(f"There is room on the disk again ({self._space.free_mb()} MB).")

    def _stop(self) -> None:
        self._stopping = True
        for group in (self._web, self._children):
            running = [child for child in group if child.pid]
            _end(running)
        if self._engine is not None:
            self._engine.stop()


def _ended(pid: int) -> str:
    # how a child ended, or nothing while it runs
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return ""
    code = os.waitstatus_to_exitcode(status)
    return f"status {code}" if code >= 0 else signal.Signals(-code).name


def _end(running: list[Child]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in running:
            os.kill(child.pid, number)  # still ours: only we bury it
        end = time.monotonic() + STOP_SECONDS_MAX
        while running and time.monotonic() < end:
            for child in list(running):
                if _ended(child.pid):
                    os.close(child.ready)
                    child.pid = 0
                    running.remove(child)
            time.sleep(0.01)


async def _migrate(url: str, rooms: tuple[str, ...]) -> None:
    async with Database.open(url, pool_max=1) as database:
        await migrate(database, rooms)


def _await_free_port(host: str, port: int) -> None:
    # processes of an earlier life, just killed, may need a moment to let go of it
    end = time.monotonic() + PORT_WAIT_SECONDS_MAX
    while True:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() > end:
                    reason = f"cannot listen on {host}, port {port}: {error.strerror}"
                    raise GivenUp(reason) from None
            else:
                return
        time.sleep(0.05)
