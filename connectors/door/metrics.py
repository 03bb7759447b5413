"""What Prometheus can ask the gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.fetch.fetching import FetchState
from connectors.mapping.feed_pace import FeedPace
from connectors.mapping.noticed import OUTSIDE, ZERO

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_UNPLACED = "Rows whose position was 0, 0 or none of the city's"
_NOTICED = "Rows that something was noticed about: expired, late, where they say that they are"
_SHIFT = "Seconds by which a feed's times are wrong, where that is the offset of a time zone"
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class GatewayMetrics:
    """The gateway's measures, in a registry of their own."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "citybrain_door_events_accepted", "Events pushed", ["feed"], registry=self.registry
        )
        self.rejected = Counter(
            "citybrain_door_rows_rejected", "Rows refused", ["feed"], registry=self.registry
        )
        self.known = Counter(
            "citybrain_door_rows_known",
            "Rows that had been delivered before, just the same",
            ["feed"],
            registry=self.registry,
        )
        self.requests = Counter(
            "citybrain_door_requests", "Pushes answered", ["status"], registry=self.registry
        )
        self.seconds = Histogram(
            "citybrain_door_request_seconds",
            "Time from the first byte of a push to its answer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "citybrain_door_in_flight_bytes", "Bytes of bodies at work", registry=self.registry
        )
        self._held = Gauge(
            "citybrain_door_held", "1 while the door answers 429", registry=self.registry
        )
        self._lag = Gauge(
            "citybrain_sink_lag_rows", "Rows the sink is behind", registry=self.registry
        )

    def watch(self, in_flight: Callable[[], float], held: Callable[[], bool]) -> None:
        """Ask `in_flight` and `held` whenever Prometheus asks."""
        self._in_flight.set_function(in_flight)
        self._held.set_function(lambda: float(held()))

    def watch_lag(self, lag: Callable[[], float]) -> None:
        """Ask `lag` whenever Prometheus asks."""
        self._lag.set_function(lag)

    def watch_fetching(self, states: Callable[[], Iterable[FetchState]]) -> None:
        """Ask `states` of the fetched feeds whenever Prometheus asks."""
        self.registry.register(_Fetched(states))

    def watch_paces(self, way: str, paces: Callable[[], Mapping[str, FeedPace]]) -> None:
        """Ask `paces` of what came by `way` (door, fetched), by feed, whenever Prometheus asks."""
        self.registry.register(_Noticed(f"citybrain_{way}", paces))

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Noticed(Collector):
    def __init__(self, prefix: str, paces: Callable[[], Mapping[str, FeedPace]]) -> None:
        self._prefix, self._paces = prefix, paces

    def collect(self) -> Iterable[Metric]:
        prefix = self._prefix
        unplaced = CounterMetricFamily(f"{prefix}_unplaced", _UNPLACED, labels=["feed"])
        noticed = CounterMetricFamily(f"{prefix}_noticed", _NOTICED, labels=["feed", "what"])
        shift = GaugeMetricFamily(f"{prefix}_clock_shift_seconds", _SHIFT, labels=["feed"])
        for feed, pace in self._paces().items():
            totals = pace.totals.copy()
            if rows := totals[ZERO] + totals[OUTSIDE]:
                unplaced.add_metric([feed], rows)
            for word, rows in totals.items():
                if rows:
                    noticed.add_metric([feed, word], rows)
            if pace.watch.shift_ms:
                shift.add_metric([feed], pace.watch.shift_ms / 1000)
        return [unplaced, noticed, shift]


class _Fetched(Collector):
    def __init__(self, states: Callable[[], Iterable[FetchState]]) -> None:
        self._states = states

    def collect(self) -> Iterable[Metric]:
        labels = ["feed", "source"]
        events = CounterMetricFamily("citybrain_fetched_events", "Events fetched", labels=labels)
        rejected = CounterMetricFamily("citybrain_fetched_rejected", "Rows refused", labels=labels)
        known = CounterMetricFamily(
            "citybrain_fetched_known", "Rows that had been delivered before", labels=labels
        )
        outdated = CounterMetricFamily(
            "citybrain_fetched_outdated", "Rows older than what was delivered before", labels=labels
        )
        outages = CounterMetricFamily("citybrain_source_outages", "Outages", labels=labels)
        running = GaugeMetricFamily("citybrain_source_up", "1 while running", labels=labels)
        for state in self._states():
            names = [state.feed, state.source]
            events.add_metric(names, state.events)
            rejected.add_metric(names, state.rejected)
            known.add_metric(names, state.known)
            outdated.add_metric(names, state.outdated)
            outages.add_metric(names, state.outages)
            running.add_metric(names, float(state.state in ("running", "held")))
        return [events, rejected, known, outdated, outages, running]
