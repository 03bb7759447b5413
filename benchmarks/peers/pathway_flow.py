"""Pathway as its documents show it: `pw.io.kafka.read` with a schema, `windowby`, `subscribe`."""

from __future__ import annotations

import os
import time
from typing import Any

import pathway as pw
from report import Job, job_from_arguments


class Event(pw.Schema):
    """The columns that the counts need."""

    at: int
    department: str
    kind: str


def main(job: Job) -> None:
    settings = {
        "bootstrap.servers": job.brokers,
        **job.client(),
        "group.id": "peers-pathway",
        "auto.offset.reset": "earliest",
    }
    events = pw.io.kafka.read(settings, topic=job.topic, schema=Event, format="json")
    windows = events.windowby(
        events.at,
        window=pw.temporal.tumbling(duration=job.window_ms),
        instance=pw.make_tuple(events.department, events.kind),
    ).reduce(
        key=pw.this._pw_instance,  # noqa: SLF001
        start=pw.this._pw_window_start,  # noqa: SLF001
        events=pw.reducers.count(),
    )

    def take(key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
        del key, time
        if is_addition:
            job.count(":".join(row["key"]), row["start"], row["events"])

    def settle(time: int) -> None:
        del time
        if job.total >= job.expected:
            job.finish()
            os._exit(0)  # a Kafka source never ends by itself

    pw.io.subscribe(windows, on_change=take, on_time_end=settle)
    job.began = time.time()  # the engine reads without calling Python, so there is no first event
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main(job_from_arguments())
