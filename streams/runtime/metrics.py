"""What the worker tells Prometheus."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

log = structlog.get_logger(__name__)


class StreamMetrics:
    """The worker's metrics, in a registry of their own."""

    def __init__(self) -> None:
        """Start all at zero."""
        self.registry = CollectorRegistry()
        self.events = Counter(
            "citybrain_stream_events", "events reduced to partials", registry=self.registry
        )
        self.envelopes = Counter(
            "citybrain_stream_envelopes", "envelopes reduced to partials", registry=self.registry
        )
        self.undecodable = Counter(
            "citybrain_stream_undecodable",
            "records that could not be read and were skipped",
            ["topic"],
            registry=self.registry,
        )
        self.set_aside = Counter(
            "citybrain_stream_set_aside",
            "records that could not be carried out and went to the dead letters",
            ["topic"],
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "citybrain_stream_batch_seconds",
            "time from a batch of envelopes to its acknowledged partials",
            registry=self.registry,
        )
        self.results = Counter(
            "citybrain_stream_window_results", "window results sent", registry=self.registry
        )
        self.late = Gauge(
            "citybrain_stream_late_events",
            "events beyond their allowed lateness, by partition of city.partials",
            ["partition"],
            registry=self.registry,
        )
        self.lag = Gauge(
            "citybrain_stream_lag_records",
            "records not processed yet",
            ["topic", "partition"],
            registry=self.registry,
        )

    def serve(self, port: int) -> None:
        """Answer Prometheus on `port`; 0: do not."""
        if port:
            start_http_server(port, registry=self.registry)
            log.info("metrics_served", port=port)
