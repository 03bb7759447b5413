"""What a sink counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

ROWS = Counter("citybrain_sink_rows_total", "Rows inserted", ["table"])
INSERTS = Counter("citybrain_sink_inserts_total", "Inserts", ["table"])
INSERT_S = Histogram(
    "citybrain_sink_insert_seconds",
    "Seconds that an insert took, its claim included",
    ["table"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20, 60),
)
SETTLED = Counter("citybrain_sink_settled_total", "Claims completed beside the flow", ["table"])
FAILED = Counter(
    "citybrain_sink_claim_failures_total", "Failures while the store answers", ["table"]
)
MENDED = Counter("citybrain_sink_mended_total", "Tables mended after a store was killed", ["table"])
UNREADABLE = Counter("citybrain_sink_unreadable_total", "Records that became letters", ["topic"])
