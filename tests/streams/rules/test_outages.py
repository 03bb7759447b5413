"""Time jumps after an outage of everything: what was known is as if time had passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.clock import from_millis
from streams.rules.condition import RuleTime
from tests.streams.rules.rig import NOON, Record, Seen, engine, excerpt, pulse, rule

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
    if ended_s is None:
        assert states == ["firing"]
    else:
        assert states == ["firing", "ended"]
        assert told[-1].ended_at == from_millis(NOON + ended_s * 1000)


def test_new_rule_when_its_first_pulse_comes_then_time_is_not_walked_through_from_1970() -> None:
    running = engine([rule(above={"yellow": "10"})])
    running.take(BEFORE[:1])
    reached = RuleTime(NOON, NOON, NOON - 600_000)

    assert list(running.running["r"]._steps(reached)) == [reached]
