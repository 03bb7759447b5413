"""What the sender tells Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from citybrain.notices.records import DeliveryReceipt

_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class NotifierMetrics:
    """Counters of one sender."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        self._outcomes = Counter(
            "citybrain_notify_attempts",
            "Attempts by receiver and outcome.",
            ("receiver", "outcome"),
            registry=self._registry,
        )
        self._took = Histogram(
            "citybrain_notify_attempt_seconds",
            "How long attempts took.",
            buckets=_BUCKETS_S,
            registry=self._registry,
        )

        self._set_aside = Counter(
            "citybrain_notify_set_aside",
            "Records that could not be carried out and went to the dead letters.",
            ("topic",),
            registry=self._registry,
        )

    def serve(self, port: int) -> None:
        """Serve them on `port`; 0: do not."""
        if port:
            start_http_server(port, registry=self._registry)

    def count_set_aside(self, topic: str) -> None:
        """Count a record of `topic` that could not be carried out."""
        self._set_aside.labels(topic).inc()

    def count(self, receipt: DeliveryReceipt) -> None:
        """Count an attempt."""
        self._outcomes.labels(receipt.receiver, receipt.outcome).inc()
        self._took.observe((receipt.at - receipt.started_at).total_seconds())
