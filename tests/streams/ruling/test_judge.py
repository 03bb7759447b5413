"""A rulebook over records of the past: rules over events, and rules over their alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from citybrain.rules.rule import Rule
from streams.conditions import alert_sequence
from streams.ruling.rulebook import Rulebook
from streams.ruling.tools.backtest import Judge
from tests.streams.ruling.rig import NOON, Seen, excerpt, pulse, rule, wuhai

HIGH = rule(id="high", above={"yellow": "50"})
OTHER = rule(id="other", above={"yellow": "500"})


def over(name: str, condition: str, **options: Any) -> Rule:
    return rule(condition, options, id=name, kinds=(), by=(), level="red")


def judged(*rules: Rule) -> dict[str, tuple[str, float, float | None]]:
    """Return rule → state, begin and end in minutes, of a value that is high for ten minutes."""
    judge = Judge(Rulebook({one.id: one for one in rules}, {}), wuhai())
    for minute in range(121):
        value = 100 if minute < 10 else 10
        seen = [Seen(minute * 60, value=value)]
        judge.take([excerpt(seen, offset=minute), pulse(minute * 60 + 30)])
    found = judge.judged()
    assert not found.quarantined
    return {
        one.rule: (
            one.state,
            (one.started_at.timestamp() * 1000 - NOON) / 60_000,
            one.ended_at and (one.ended_at.timestamp() * 1000 - NOON) / 60_000,
        )
        for one in found.alerts.values()
    }


def test_judge_when_a_composite_reads_a_composite_then_time_alone_ends_both() -> None:
    found = judged(
        HIGH,
        OTHER,
        over("first", "composite", all_=("high",), none=("other",), within=timedelta(minutes=15)),
        over("second", "composite", all_=("first",)),
    )

    assert found == {
        "high": ("ended", 0.0, 10.0),
        "first": ("ended", 0.0, 25.0),
        "second": ("ended", 0.0, 25.0),
    }


def test_judge_when_an_alert_does_not_follow_then_time_alone_tells_that_it_is_missing() -> None:
    steps = (alert_sequence.AlertStep("high"), alert_sequence.AlertStep("other", absent=True))
    within = timedelta(minutes=30)

    found = judged(HIGH, OTHER, over("alone", "alert_sequence", steps=steps, within=within))

    assert found == {"high": ("ended", 0.0, 10.0), "alone": ("ended", 30.0, 60.0)}
