"""Tests beside a rule: what is said when they come out differently."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from citybrain.rules.rule import ExpectedAlert, RuleEvent, RuleTest
from streams.ruling.tools.rule_tests import run_rule_test
from tests.streams.ruling.rig import rule, wuhai

RULE = rule(above={"yellow": "10", "red": "30"})
JAM = RuleEvent(at="08:00", value=15.0, subject="a")
FREE = RuleEvent(at="08:05", value=1.0, subject="a")


def failures(*events: RuleEvent, expect: tuple[ExpectedAlert, ...] = (), **given: Any) -> list[str]:
    test = RuleTest("test", events, expect=expect, **given)
    return [str(one) for one in run_rule_test(RULE, test, wuhai())]


def test_run_rule_test_when_it_is_as_expected_then_nothing_failed() -> None:
    yellow = ExpectedAlert("yellow", {"subject": "a"}, at="08:00", state="ended")

    assert failures(JAM, FREE, expect=(yellow,), until="08:20") == []
    assert failures(FREE) == []


def test_run_rule_test_when_nothing_came_then_says_silence() -> None:
    assert failures(FREE, expect=(ExpectedAlert("red", {"subject": "a"}, at="08:00"),)) == [
        "r: test: expected red subject=a at 08:00, got silence"
    ]


def test_run_rule_test_when_the_level_is_another_then_says_what_came() -> None:
    assert failures(JAM, expect=(ExpectedAlert("red"),)) == [
        "r: test: expected red, got yellow subject=a at 08:00:00 firing"
    ]


def test_run_rule_test_when_more_came_than_expected_then_says_what() -> None:
    assert failures(JAM) == [
        "r: test: expected nothing more, got yellow subject=a at 08:00:00 firing"
    ]


def test_run_rule_test_when_two_are_expected_then_one_alert_is_not_both() -> None:
    assert failures(JAM, expect=(ExpectedAlert("yellow"), ExpectedAlert("yellow"))) == [
        "r: test: expected yellow, got silence"
    ]


def test_run_rule_test_when_events_are_a_series_then_each_has_its_value() -> None:
    rising = RuleEvent(
        at="08:00", until="08:10", every=timedelta(minutes=5), value=5.0, step=15.0, subject="a"
    )

    assert failures(rising, expect=(ExpectedAlert("red", at="08:05"),)) == []


def test_run_rule_test_when_an_event_comes_later_than_allowed_then_it_counts_for_nothing() -> None:
    now = RuleEvent(at="09:00", value=1.0, subject="b")
    late = RuleEvent(at="08:00", arrives="09:01", value=50.0, subject="a")

    assert failures(now, late) == []
