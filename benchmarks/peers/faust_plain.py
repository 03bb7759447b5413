"""Faust as its documents show it: one message an event, a windowed table, `table[key] += 1`.

With ``--dict`` the counts are kept in a plain dict instead: quicker, and lost with the process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import timedelta
from typing import Any

import faust
from report import Job, job_from_arguments


class Event(faust.Record, serializer="json"):
    """The fields that the counts need."""

    at: int
    department: str
    kind: str


class InTable:
    """Counts in a windowed table, with its changelog."""

    def __init__(self, app: faust.App, size_s: float) -> None:
        """Make the table."""
        table = app.Table("counts", default=int).tumbling(size_s, expires=timedelta(days=1))
        self._windows = table.relative_to(lambda event: event.value.at / 1000)
        self._table = table.table

    def add(self, event: Event) -> None:
        """Count one event."""
        self._windows[f"{event.department}:{event.kind}"] += 1

    def hand_over(self, job: Job) -> None:
        """Give the job all counts."""
        for (key, (start, _end)), events in self._table.data.items():
            job.count(key, round(start * 1000), events)


class InDict:
    """Counts in a dict of this process."""

    def __init__(self, size_ms: int) -> None:
        """Begin with none."""
        self._size_ms = size_ms
        self._counts: dict[tuple[str, int], int] = {}

    def add(self, event: Event) -> None:
        """Count one event."""
        spot = (f"{event.department}:{event.kind}", event.at - event.at % self._size_ms)
        self._counts[spot] = self._counts.get(spot, 0) + 1

    def hand_over(self, job: Job) -> None:
        """Give the job all counts."""
        for (key, start_ms), events in self._counts.items():
            job.count(key, start_ms, events)


def main(job: Job, in_dict: bool) -> None:
    app = faust.App(
        "peers-faust-dict" if in_dict else "peers-faust",
        broker=f"kafka://{job.brokers}",
        broker_credentials=faust.SASLCredentials(username=job.user, password=job.password),
        store="memory://",
        datadir=tempfile.mkdtemp(),
        web_enabled=False,
        topic_partitions=4,
    )
    counts = InDict(job.window_ms) if in_dict else InTable(app, job.window_ms / 1000)
    seen = 0

    @app.agent(app.topic(job.topic, value_type=Event))
    async def count(stream: Any) -> None:
        nonlocal seen
        async for event in stream:
            job.begin()
            counts.add(event)
            seen += event.at < job.sentinel_ms
            if seen == job.expected:
                counts.hand_over(job)
                job.finish()
                os._exit(0)

    sys.argv[1:] = []  # Faust reads the command line too
    faust.Worker(app, loglevel="warning").execute_from_commandline()


if __name__ == "__main__":
    main(job_from_arguments(), "--dict" in sys.argv)
