"""A country of its own for each module that shakes one."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.up_country import UpCountry

NewCountry = Callable[[int], UpCountry]


@pytest.fixture
def new_country() -> Iterator[NewCountry]:
    """Makes countries with so many web processes, not started yet; ends them after the test."""
    made: list[UpCountry] = []

    def new(workers: int) -> UpCountry:
        folder = Path(tempfile.mkdtemp(prefix="nagara-chaos-"))
        folder.chmod(0o755)
        made.append(UpCountry(folder, workers))
        return made[-1]

    yield new
    for country in made:
        country.end()
        sys.stdout.write(country.log[-6000:])  # shown where the test failed
        shutil.rmtree(country.data)
