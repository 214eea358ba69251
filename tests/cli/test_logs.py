"""The log tells where something went wrong, and nothing of whom."""

from __future__ import annotations

import json
import subprocess
import sys

BREAKS = """
import structlog
from nagara.cli.logs import configure

class Quoting(Exception):
    class diag:
        message_primary = "value too long"

    def __str__(self):
        return "DETAIL: Failing row contains (+8562055551234)"

def inner(token):
    passphrase = "local-" + "secret"
    raise Quoting

configure()
log = structlog.get_logger("nagara.web")
try:
    try:
        inner("bearer-" + "secret")
    except Quoting as error:
        raise ValueError("outer") from error
except ValueError as error:
    log.error("unforeseen", path="/a\\nb", exc_info=error)
"""


def logged() -> str:
    done = subprocess.run(
        [sys.executable, "-c", BREAKS], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stderr


def test_a_trace_tells_no_local_variable_and_no_row() -> None:
    said = logged()
    assert "local-secret" not in said
    assert "bearer-secret" not in said
    assert "5551234" not in said


def test_an_event_is_one_line_of_json_with_its_trace() -> None:
    lines = logged().splitlines()
    assert len(lines) == 1
    event = json.loads(lines[0])
    assert (event["event"], event["level"], event["path"]) == ("unforeseen", "error", "/a\nb")
    assert [one["message"] for one in event["trace"]] == ["outer", "value too long"]
    assert "inner" in event["trace"][1]["frames"][-1]
