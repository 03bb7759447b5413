"""Quix Streams as its documents show it: a streaming dataframe, a tumbling window, `final()`."""

from __future__ import annotations

import tempfile
from typing import Any

from quixstreams import Application
from quixstreams.kafka.configuration import ConnectionConfig
from report import Job, job_from_arguments


def main(job: Job) -> None:
    app = Application(
        broker_address=ConnectionConfig(
            bootstrap_servers=job.brokers,
            security_protocol="sasl_plaintext",
            sasl_mechanism="PLAIN",
            sasl_username=job.user,
            sasl_password=job.password,
        ),
        consumer_group="peers-quix",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(),
        loglevel="WARNING",
    )

    def event_time(value: Any, _headers: Any, _timestamp: float, _kind: Any) -> int:
        job.begin()
        return int(value["at"])

    def collect(value: Any, key: Any, _timestamp: int, _headers: Any) -> None:
        name = key.decode() if isinstance(key, bytes) else key
        if job.count(name, value["start"], value["value"]):
            job.finish()
            app.stop()

    topic = app.topic(job.topic, value_deserializer="json", timestamp_extractor=event_time)
    frame = app.dataframe(topic)
    frame = frame.tumbling_window(job.window_ms).count().final()
    frame.update(collect, metadata=True)
    app.run()


if __name__ == "__main__":
    main(job_from_arguments())
