"""A real Chromium, and a real server for the application of a test.

A test asks for `serve` and `page_at`: `screen = page_at(320, language="lo")`, then
`screen.page.goto(serve(app) + "/wallet")`, `screen.assert_sound()` and
`screen.take_picture("wallet-lo")`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.sync_api import Browser, sync_playwright

from tests.browser.screen import Screen
from tests.cli.running_country import RunningCountry

_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_START_SECONDS: Final = 10


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window; `NAGARA_CHROMIUM` names another one.

    It ends with its module: while it lives, an event loop runs in this thread, and no other test
    of the process could start one.
    """
    chromium = os.environ.get("NAGARA_CHROMIUM") or shutil.which("chromium")
    assert chromium, "no Chromium: apt-get install chromium, or set NAGARA_CHROMIUM"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page_at(browser: Browser) -> Iterator[Callable[..., Screen]]:
    """Opens an empty page of a width: `page_at(320, language="lo", scripts=True, dark=False)`."""
    contexts = []

    def opened(
        width: int,
        *,
        language: str = "lo",
        scripts: bool = True,
        dark: bool = False,
        offline: bool = False,
    ) -> Screen:
        context = browser.new_context(
            viewport={"width": width, "height": 700 if width < 640 else 800},
            locale=language,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            offline=offline,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        screen = Screen(context.new_page(), width)
        screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        screen.page.on(
            "console",
            lambda said: screen.complaints.append(said.text) if said.type == "error" else None,
        )
        return screen

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def living() -> Iterator[str]:
    """The address of a whole country, started by `nagara up` on a folder of its own."""
    begin = "from nagara.cli.up import up; up()"
    # A short path: PostgreSQL's socket lies in it.
    with tempfile.TemporaryDirectory(prefix="nagara-") as folder:
        country = RunningCountry(Path(folder), "--workers=1", code=begin)
        try:
            country.wait_until_up()
            yield f"http://127.0.0.1:{country.port}"
            country.signal(signal.SIGTERM)
        finally:
            country.end()


class _Served:
    """One application on a free port, in a thread with a loop of its own."""

    def __init__(self, app: Litestar) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = Server(app, port=self.port, interface=Interfaces.ASGI, log_enabled=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._await_start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._server.serve())
        finally:
            self._loop.close()

    def _await_start(self) -> None:
        pause = threading.Event()
        for _ in range(_START_SECONDS * 20):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                pause.wait(0.05)
            else:
                return
        raise RuntimeError("the application did not start")

    def stop(self) -> None:
        """Ends the server and its thread."""
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(timeout=10)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Litestar], str]]:
    """Serves an application until the session ends: `serve(app)` is its address, the same again."""
    running: dict[int, tuple[Litestar, _Served]] = {}

    def served(app: Litestar) -> str:
        if id(app) not in running:
            running[id(app)] = (app, _Served(app))
        return running[id(app)][1].url

    yield served
    for _, server in running.values():
        server.stop()
