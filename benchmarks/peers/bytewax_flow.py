"""Bytewax as its documents show it: Kafka operators, an event clock, `count_window`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, TumblingWindower, count_window
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from report import Job, job_from_arguments

EPOCH = datetime.fromtimestamp(0, UTC)


class Collect(DynamicSink[tuple[str, int, int]], StatelessSinkPartition[tuple[str, int, int]]):
    """Hand each window's count to the job."""

    def __init__(self, take: Callable[[str, int, int], bool]) -> None:
        """Hand rows to `take`."""
        self._take = take

    def build(self, *_where: Any) -> Collect:
        """Every worker shares this one."""
        return self

    def write_batch(self, items: list[tuple[str, int, int]]) -> None:
        """Hand a batch on."""
        for item in items:
            self._take(*item)


def main(job: Job) -> None:
    def parse(message: Any) -> Any:
        job.begin()
        return orjson.loads(message.value)

    size_s = job.window_ms // 1000
    flow = Dataflow("peers")
    where = {"brokers": [job.brokers], "topics": [job.topic], "add_config": job.client()}
    raw = kop.input("in", flow, tail=False, **where)
    events = op.map("parse", raw.oks, parse)
    counted = count_window(
        "count",
        events,
        EventClock(
            lambda event: datetime.fromtimestamp(event["at"] / 1000, UTC),
            wait_for_system_duration=timedelta(seconds=10),
        ),
        TumblingWindower(length=timedelta(seconds=size_s), align_to=EPOCH),
        key=lambda event: f"{event['department']}:{event['kind']}",
    )
    rows = op.map(
        "row", counted.down, lambda item: (item[0], item[1][0] * job.window_ms, item[1][1])
    )
    op.output("out", rows, Collect(job.count))
    run_main(flow)
    job.finish()


if __name__ == "__main__":
    main(job_from_arguments())
