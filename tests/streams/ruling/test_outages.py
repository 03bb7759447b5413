"""Time jumps after an outage of everything: what was known is as if time had passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from citybrain.floor.clock import from_millis
from citybrain.rules.rule import Rule
from streams.ruling.condition import RuleTime
from tests.streams.ruling.rig import NOON, Record, Seen, engine, excerpt, pulse, rule

pytestmark = pytest.mark.slow

HOUR = 3600
BEFORE: list[Record] = [
    excerpt([Seen(0, 15.0), Seen(70, 15.0)], offset=0),
    pulse(75),
]


@pytest.mark.parametrize("hours", [1, 3, 30, 24 * 60])
@pytest.mark.parametrize(
    ("options", "ended_s"),
    [
        ({}, None),
        ({"of": "mean", "window": timedelta(minutes=1)}, None),
        ({"of": "count", "window": timedelta(minutes=30)}, 30 * 60),
        ({"of": "count", "session": timedelta(minutes=10)}, 12 * 60),
    ],
)
def test_outage_when_an_alert_was_open_then_it_is_not_undone_and_ends_when_it_would_have(
    options: dict[str, Any], ended_s: int | None, hours: int
) -> None:
    above = {"yellow": "2" if options.get("of") == "count" else "10"}
    running = engine([rule("threshold", options, above=above)])
    told = [one for record in BEFORE for one in running.take([record])]

    told += running.take([pulse(hours * HOUR)])

    assert {one.alert for one in told} == {told[0].alert}
    states = [one.state for one in told]
    if ended_s is None:  # open as before, but since when nothing is known is said
        assert states == ["firing", "firing"]
        assert [one.last_read_at for one in told] == [None, from_millis(NOON + 60_000)]
    else:
        assert states == ["firing", "ended"]
        assert told[-1].ended_at == from_millis(NOON + ended_s * 1000)


def test_new_rule_when_its_first_pulse_comes_then_time_is_not_walked_through_from_1970() -> None:
    running = engine([rule(above={"yellow": "10"})])
    running.take(BEFORE[:1])
    reached = RuleTime(NOON, NOON, NOON - 600_000)

    assert list(running.running["r"]._steps(reached, np.zeros(0, np.int64))) == [(reached, 0)]


@pytest.mark.parametrize("hours", [0.5, 1, 3])
@pytest.mark.parametrize("subject", ["s", "another"])
@pytest.mark.parametrize(
    "options", [{}, {"of": "mean", "window": timedelta(minutes=1)}], ids=["value", "mean"]
)
def test_outage_when_an_event_comes_before_any_pulse_then_nothing_is_undone(
    options: dict[str, Any], subject: str, hours: float
) -> None:
    running = engine([rule("threshold", options, above={"yellow": "10"})])
    told = [one for record in BEFORE for one in running.take([record])]
    after = int(hours * HOUR)

    later = running.take([excerpt([Seen(after, 15.0, subject)], offset=1), pulse(after + 120)])

    assert "revised" not in {one.state for one in later}
    assert {one.alert for one in later if one.key["subject"] == "s"} <= {told[0].alert}


CATCHING_UP: list[Record] = [
    record
    for minute in range(180)
    for record in (
        excerpt([Seen(minute * 60, 15.0 if 5 < minute < 30 else 1.0)], offset=minute),
        *([pulse(minute * 60 + 1)] if minute % 60 == 59 else []),
    )
]
"""Three hours of readings that were held up: between most of them no pulse came."""


@pytest.mark.parametrize(
    "tested",
    [
        pytest.param(rule(above={"yellow": "10"}), id="value"),
        pytest.param(rule(above={"yellow": "10"}, for_=timedelta(minutes=10)), id="for"),
        pytest.param(
            rule(options={"of": "mean", "window": timedelta(minutes=5)}, above={"yellow": "10"}),
            id="mean",
        ),
        pytest.param(
            rule(options={"of": "sum", "window": timedelta(minutes=5)}, above={"yellow": "20"}),
            id="sum",
        ),
        pytest.param(
            rule("change", {"of": "value", "per": timedelta(minutes=10)}, above={"yellow": "10"}),
            id="change",
        ),
    ],
)
@pytest.mark.parametrize("size", [2, 7, 45, 184])
def test_worker_that_catches_up_tells_the_same_however_much_it_takes_at_once(
    tested: Rule, size: int
) -> None:
    records = [*CATCHING_UP, pulse(180 * 60)]

    def told(size: int) -> set[tuple[Any, ...]]:
        running = engine([tested], history_ms=10**15)
        parts = [records[start : start + size] for start in range(0, len(records), size)]
        last = {one.alert: one for part in parts for one in running.take(part)}
        return {(one.alert, one.state, one.ended_at) for one in last.values()}

    assert told(size) == told(1)
    assert told(1)
