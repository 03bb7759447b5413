"""Which rules a backtest of some rules needs."""

from __future__ import annotations

from datetime import timedelta

from streams.conditions.alert_sequence import AlertStep
from streams.ruling.rulebook import Rulebook
from streams.ruling.tools.backtest_command import narrowed
from tests.streams.ruling.rig import rule


def test_narrowed_when_a_rule_reads_rules_then_those_are_kept_too() -> None:
    hour = timedelta(hours=1)
    rules = {
        "a": rule(id="a", above={"yellow": "1"}),
        "b": rule(id="b", above={"yellow": "1"}),
        "other": rule(id="other", above={"yellow": "1"}),
        "both": rule("composite", {"all_": ("a", "b")}, id="both", kinds=(), level="red"),
        "then": rule(
            "alert_sequence",
            {"steps": (AlertStep("both"), AlertStep("a")), "within": hour},
            id="then",
            kinds=(),
            level="red",
        ),
    }

    found = narrowed(Rulebook(rules, {}), ["then"])

    assert sorted(found.rules) == ["a", "b", "both", "then"]
