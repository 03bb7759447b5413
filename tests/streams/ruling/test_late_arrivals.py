"""Late events between pulses: what was told is corrected until it is as if they had been in time.

Unlike in `test_order`, windows close, alerts fire and end while events of that time are still on
their way; so what was told has to be revised, superseded or told anew. The shard moves meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.streams.ruling import test_order as order
from tests.streams.ruling.rig import Record, Seen, engine, excerpt, outline, pulse, repacked

LATENESS_S = 600
SPAN_S = 2_400
"""Events occur in 40 minutes, four times the lateness."""
END_S = SPAN_S + LATENESS_S
Arrival = tuple[int, Seen]

many = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
every_rule = pytest.mark.parametrize("name", sorted(set(order._RULES) - {"feed_silence"}))


@st.composite
def arrivals(draw: st.DrawFn, name: str) -> list[Arrival]:
    """Return (when it arrives, event), each less than the lateness after it occurred."""
    instants = draw(st.lists(st.integers(0, SPAN_S - 1), min_size=1, max_size=25, unique=True))
    found = [draw(order.event(name, at)) for at in instants]
    delay = st.one_of(st.just(0), st.integers(0, LATENESS_S - 1))
    return [(one.at_s + draw(delay), one) for one in found]


def records_of(found: Sequence[Arrival], pulses: Sequence[int]) -> list[Record]:
    """Return events as they arrive, a pulse every minute and at the seconds `pulses`."""
    beats = {*range(0, END_S + 1_800, 60), *pulses}
    steps = sorted([(at, 1, one) for at, one in found] + [(at, 0, None) for at in beats], key=_when)
    return [
        pulse(at) if one is None else excerpt([one], offset=number, received_s=at)
        for number, (at, _, one) in enumerate(steps)
    ]


def _when(step: tuple[int, int, Any]) -> tuple[int, int, int]:
    at, first, seen = step
    return at, first, 0 if seen is None else seen.at_s


def told(name: str, records: Sequence[Record], *, restart_at: int | None = None) -> set[Any]:
    tested = order._RULES[name]
    running, found = engine([tested], history_ms=10**15), []
    for number, record in enumerate(records):
        if number == restart_at:
            running = repacked(running, [tested], history_ms=10**15)
        found += running.take([record])
    assert not running.quarantined, running.quarantined
    return outline(found)


@every_rule
@many
@given(data=st.data())
def test_engine_when_events_come_late_between_pulses_then_as_if_they_had_been_in_time(
    name: str, data: st.DataObject
) -> None:
    found = data.draw(arrivals(name))
    in_time = [(one.at_s, one) for _, one in found]
    late = records_of(found, data.draw(st.lists(st.integers(0, END_S), max_size=5)))
    moves = data.draw(st.integers(0, len(late)))

    assert told(name, late, restart_at=moves) == told(name, records_of(in_time, ()))
