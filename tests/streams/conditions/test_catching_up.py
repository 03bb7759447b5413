from __future__ import annotations

import pyarrow as pa

from citybrain.alerts.records import Episode
from citybrain.rules.rule import Rule, RuleEvent
from streams.ruling.intake.inputs import Excerpt, Pulse
from tests.streams.conditions.rig import episodes, records, rule


def speed(at: str, value: float) -> RuleEvent:
    return RuleEvent(at=at, subject="c0", value=value, feed="ndw_lanes", kind="traffic_flow")


def at_once(tested: Rule, events: list[RuleEvent]) -> list[Episode]:
    """Return what is told when all events come in one envelope, as of a feed read once an hour."""
    excerpts = [one for one in records(tested, events) if isinstance(one, Excerpt)]
    header = excerpts[-1].header
    whole = Excerpt(header, pa.concat_tables([one.table for one in excerpts]))
    reached = header.received_ms + 1000
    return episodes(tested, [whole, Pulse(reached, {"0": reached})])


def test_threshold_when_an_envelope_spans_more_than_the_lateness_then_its_beginning_counts():
    tested = rule("threshold", kinds=("traffic_flow",), by=("subject",), above={"yellow": "300"})
    events = [
        speed("08:00", 10),
        speed("08:05", 400),
        *(speed(f"08:{m}", 10) for m in ("06", "30")),
    ]

    (ended,) = at_once(tested, events)

    assert (ended.state, f"{ended.started_at:%H:%M}") == ("ended", "00:05")


def test_absence_when_an_envelope_spans_more_than_the_lateness_then_its_beginning_counts():
    tested = rule("absence", kinds=("traffic_flow",), by=("subject",), above={"yellow": "10m"})
    events = [speed("08:00", 1), *(speed(f"08:{minute}", 1) for minute in range(20, 36, 5))]

    (ended,) = at_once(tested, events)

    assert (ended.state, f"{ended.started_at:%H:%M}") == ("ended", "00:10")
