"""Times in which no alarm could come become alerts, once each, and end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from citybrain.alerts.alarm_gaps import RULE, AlarmGaps
from citybrain.floor.alarm_path import NOTIFIER, RULER, StandingProcess

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=5)
STANDS = [StandingProcess(NOTIFIER, SINCE)]


def test_gap_is_told_once_and_once_that_it_is_over() -> None:
    gaps = AlarmGaps()
    (told,) = gaps.look(STANDS, NOW)
    assert (told.rule, told.key, told.state) == (RULE, {"process": "notify"}, "firing")
    assert (told.started_at, told.fired_at) == (SINCE, NOW)
    assert gaps.look(STANDS, NOW + timedelta(seconds=5)) == []
    later = NOW + timedelta(minutes=1)
    (over,) = gaps.look([], later)
    assert over == msgspec.structs.replace(told, state="ended", ended_at=later, told_at=later)
    assert gaps.look([], later) == []


def test_same_gap_seen_after_a_restart_is_the_same_alert_and_ends() -> None:
    (told,) = AlarmGaps().look(STANDS, NOW)
    (again,) = AlarmGaps().look(STANDS, NOW + timedelta(minutes=1))
    assert again.alert == told.alert
    after = AlarmGaps()
    after.recall([told, msgspec.structs.replace(told, rule="other")])
    assert after.look(STANDS, NOW) == []
    assert [one.state for one in after.look([], NOW)] == ["ended"]


def test_another_gap_is_another_alert() -> None:
    (told,) = AlarmGaps().look(STANDS, NOW)
    (other,) = AlarmGaps().look([StandingProcess(NOTIFIER, NOW)], NOW + timedelta(minutes=1))
    (ruler,) = AlarmGaps().look([StandingProcess(RULER, SINCE)], NOW)
    assert len({told.alert, other.alert, ruler.alert}) == 3


def test_who_was_never_heard_of_had_no_gap() -> None:
    assert AlarmGaps().look([StandingProcess(NOTIFIER, None)], NOW) == []
