"""What every peer's program tells the benchmark: when it began, when it was done, what it counted.

Needs nothing but the standard library, because it runs in each peer's own environment.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Job:
    """What to read, and where to put the answer.

    Attributes:
        brokers: Kafka's address.
        topic: topic of one JSON object per message, keyed ``<department>:<kind>``.
        expected: events to count; the sentinels that close the last windows are beyond them.
        sentinel_ms: event time of the sentinels.
        answer: file that the result goes to.
        user, password: who signs in at Kafka.
        window_ms: size of the tumbling window.
    """

    brokers: str
    topic: str
    expected: int
    sentinel_ms: int
    answer: Path
    user: str
    password: str
    window_ms: int = 60_000
    began: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def client(self) -> dict[str, str]:
        """Return how librdkafka signs in."""
        return {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": self.user,
            "sasl.password": self.password,
        }

    def begin(self) -> None:
        """Note the time of the first event, once."""
        if not self.began:
            self.began = time.time()

    def count(self, key: str, start_ms: int, events: int) -> bool:
        """Take the final (or newest) count of one window; tell whether all events are counted."""
        if start_ms + self.window_ms <= self.sentinel_ms:
            name = f"{key}@{start_ms}"
            self.total += events - self.counts.get(name, 0)
            self.counts[name] = events
        return self.total >= self.expected

    def finish(self) -> None:
        """Write the answer."""
        result = {"began": self.began, "ended": time.time(), "counts": self.counts}
        self.answer.write_text(json.dumps(result))


def job_from_arguments() -> Job:
    """Return the job that the command line describes."""
    brokers, topic, expected, sentinel_ms, answer, user, secret = sys.argv[1:8]
    password = Path(secret).read_text().strip()
    return Job(brokers, topic, int(expected), int(sentinel_ms), Path(answer), user, password)
