"""For machines that watch: /livez (the process answers), /readyz (it can serve), /metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from nagara.kernel.errors import Fault
from nagara.web import meter
from nagara.wiring import Country


@get("/livez")
async def livez() -> Response[str]:
    """The process answers."""
    return Response("ok", media_type="text/plain")


@get("/readyz")
async def readyz(country: NamedDependency[Country]) -> Response[dict[str, Any]]:
    """The process can serve: the database answers."""
    try:
        async with country.database.read() as unit:
            await country.payments.directory.count_parties(unit)
    except Fault as fault:
        return Response({"ready": False, "reason": fault.slug}, status_code=503)
    return Response({"ready": True})


@get("/metrics")
async def metrics(
    country: NamedDependency[Country], meters: NamedDependency[Path]
) -> Response[bytes]:
    """The order histogram of all processes, in Prometheus' text format."""
    return Response(generate_latest(_Measured(country, meters)), media_type=CONTENT_TYPE_LATEST)


class _Measured:
    """What Prometheus is told, gathered when it asks."""

    def __init__(self, country: Country, meters: Path) -> None:
        self._country = country
        self._meters = meters

    def collect(self) -> Iterator[Metric]:
        """The families, as prometheus_client's registry would."""
        counts = meter.read(self._meters)
        running = list(accumulate(counts.buckets))
        limits = [_limit(meter.upper_seconds(place)) for place in range(meter.BUCKETS)]
        yield HistogramMetricFamily(
            "nagara_order_seconds",
            "Time to answer a payment order.",
            buckets=list(zip(limits, running, strict=True)),
            sum_value=counts.sum_seconds,
        )
        free = self._country.database.free_mb()
        if free is not None:
            yield GaugeMetricFamily("nagara_disk_free_bytes", "Room on the disk.", free << 20)


def _limit(seconds: float) -> str:
    return "+Inf" if seconds == math.inf else f"{seconds:.6g}"
