"""A rule that says something else goes on; one that judges otherwise begins anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from tests.streams.ruling.rig import Record, Seen, engine, excerpt, pulse, repacked, rule

IN_AN_HOUR = {"of": "count", "window": timedelta(hours=1)}
TWO: list[Record] = [excerpt([Seen(0), Seen(10)], offset=1), pulse(20)]
THREE: list[Record] = [excerpt([Seen(0), Seen(10), Seen(20)], offset=1), pulse(30)]


def three(**given: Any) -> Rule:
    """Return a rule that fires at three in an hour."""
    return rule("threshold", IN_AN_HOUR, **({"above": {"yellow": "3"}} | given))


def test_reload_when_only_words_change_then_the_rule_goes_on() -> None:
    running = engine([three()])
    running.take(TWO)

    running.rules([three(title=Text("新", "new"), version="v2")])
    told = running.take([excerpt([Seen(30)], offset=2), pulse(40)])

    assert [(one.title.en, one.version, one.level) for one in told] == [("new", "v2", "yellow")]


def test_reload_when_only_words_change_then_open_alerts_stay_open() -> None:
    running = engine([three()])
    running.take(THREE)
    before = running.standing()

    running.rules([three(response=Text("新", "new"), version="v2")])

    assert len(before) == 1
    assert running.standing() == before


@pytest.mark.parametrize(
    "changed",
    [
        {"above": {"yellow": "4"}},
        {"where": {"severity": ">=2"}},
        {"clears_after": 2},
        {"by": ("street",)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_reload_when_it_judges_otherwise_then_it_begins_anew(changed: dict[str, Any]) -> None:
    running = engine([three()])
    running.take(THREE)

    running.rules([three(version="v2", **changed)])

    assert running.standing() == []


def test_snapshot_when_only_words_changed_since_then_taken_over() -> None:
    before = engine([three()])
    before.take(THREE)

    reworded = repacked(before, [three(summary=Text("新", "new"), version="v2")])
    changed = repacked(before, [three(above={"yellow": "4"}, version="v2")])

    assert reworded.standing() == before.standing()
    assert changed.standing() == []
