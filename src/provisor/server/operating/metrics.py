"""What this process has done, in numbers that a Prometheus server reads (`/metrics`).

Requests are counted by method, kind of path and status. None of these is taken from a client as it stands: what is not
known is `other`, so the number of series is bounded. Nothing names a person, a token or a tenant. Each process counts
for itself and from zero; whoever runs several scrapes each.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends in seconds."""
PREFIX = "provisor_"
SEARCH = ".search"

Route = tuple[str, str]
"""A method and a kind of path."""
Read = Callable[[], Awaitable[float]]

_log = structlog.get_logger()


@dataclass(slots=True)
class _Series:
    """Requests of one route with one status."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


@dataclass(frozen=True, slots=True)
class _Gauge:
    name: str
    meaning: str
    read: Read
    is_counter: bool


class Metrics(Collector):
    """Counts requests. `endpoints` are the first segments of known paths, such as `Users`."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._endpoints = frozenset(endpoints)
        self._series: dict[tuple[str, str, int], _Series] = {}
        self._gauges: list[_Gauge] = []
        self._values: list[tuple[_Gauge, float]] = []
        self._counts: dict[tuple[str, str], int] = {}
        self._meanings: dict[str, tuple[str, str]] = {}
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._registry.register(self)

    def observe(self, method: str, segments: Sequence[str], status: int, seconds: float) -> None:
        """Count one request."""
        key = (method if method in METHODS else OTHER, self._kind_of_path(segments), status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series()
        series.count += 1
        series.seconds += seconds
        series.buckets[bisect_left(BUCKETS, seconds)] += 1

    def count(self, name: str, label: str, value: str, meaning: str) -> None:
        """Count one event of a kind, such as a delivery that failed. Values must be few, and ours."""
        self._meanings[name] = (label, meaning)
        self._counts[name, value] = self._counts.get((name, value), 0) + 1

    def watch(self, name: str, meaning: str, read: Read, *, is_counter: bool = False) -> None:
        """Ask for a number at each scrape; it is left out where that fails."""
        self._gauges.append(_Gauge(PREFIX + name, meaning, read, is_counter))

    async def render(self) -> bytes:
        """The text that a Prometheus server reads."""
        values: list[tuple[_Gauge, float]] = []
        for gauge in self._gauges:
            try:
                values.append((gauge, await gauge.read()))
            except Exception as fault:  # noqa: BLE001 - the other numbers are wanted most when something is broken
                _log.warning("metric_unknown", name=gauge.name, reason=str(fault))
        self._values = values
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The numbers, as the library asks for them."""
        labels = ["method", "route", "status"]
        total = CounterMetricFamily(f"{PREFIX}scim_requests", "Requests answered.", labels=labels)
        took = HistogramMetricFamily(
            f"{PREFIX}scim_request_seconds", "How long answering took.", labels=["method", "route"]
        )
        routes: dict[Route, _Series] = {}
        for (method, route, status), series in sorted(self._series.items()):
            total.add_metric([method, route, str(status)], series.count)
            merged = routes.setdefault((method, route), _Series())
            merged.seconds += series.seconds
            merged.buckets = [ours + more for ours, more in zip(merged.buckets, series.buckets, strict=True)]
        for names, merged in routes.items():
            took.add_metric(list(names), _cumulative(merged.buckets), merged.seconds)
        yield total
        yield took
        for name, (label, meaning) in self._meanings.items():
            family = CounterMetricFamily(PREFIX + name, meaning, labels=[label])
            for (of, value), number in sorted(self._counts.items()):
                if of == name:
                    family.add_metric([value], number)
            yield family
        for gauge, now in self._values:
            kind = CounterMetricFamily if gauge.is_counter else GaugeMetricFamily
            yield kind(gauge.name, gauge.meaning, value=now)

    def _kind_of_path(self, segments: Sequence[str]) -> str:
        """The path with ids left out; `other` for one that is not ours."""
        if not segments:
            return "/"
        first = segments[0]
        if first == SEARCH and len(segments) == 1:
            return "/.search"
        if first not in self._endpoints or len(segments) > 3:
            return OTHER
        if len(segments) == 1:
            return f"/{first}"
        if len(segments) == 2:
            return f"/{first}/.search" if segments[1] == SEARCH else f"/{first}/{{id}}"
        return f"/{first}/{{id}}/.search" if segments[2] == SEARCH else OTHER


def _cumulative(buckets: Sequence[int]) -> list[tuple[str, float]]:
    total = 0.0
    found: list[tuple[str, float]] = []
    for end, number in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
        total += number
        found.append((end, total))
    return found
