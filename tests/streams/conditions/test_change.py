from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.rules.rule import Rule, RuleEvent
from streams.conditions.change import step_between
from tests.streams.conditions.rig import episodes, faults, records, rule, told

FIVE = timedelta(minutes=5)
TEN = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE_MS = 60_000


def level(at: str, value: float, until: str | None = None, **given: Any) -> RuleEvent:
    every = timedelta(minutes=5) if until else None
    return RuleEvent(at=at, until=until, every=every, value=value, subject="s1", **given)


def reports(at: str, until: str, every_min: int) -> RuleEvent:
    every = timedelta(minutes=every_min)
    return RuleEvent(at=at, until=until, every=every, area="150302003")


def rising(options: dict[str, Any] | None = None, **given: Any) -> Rule:
    base = {"kinds": ("river_level",), "by": ("subject",), "above": {"yellow": "0.5"}}
    return rule("change", options or {"of": "value", "per": TEN}, **(base | given))


def weekly(of_the_day: dict[str, Any] | None = None, **given: Any) -> Rule:
    options = {"of": "count", "window": HOUR, "against": DAY, "as_": "ratio"}
    base = {"kinds": ("exposed_rubbish",), "by": ("street",), "above": {"blue": "2"}}
    return rule("change", options | (of_the_day or {}), **(base | given))


def test_change_when_a_reading_is_higher_than_ten_minutes_ago_then_it_fires():
    events = [level("08:00", 1.0, "08:20"), level("08:25", 1.6), level("08:30", 1.7)]
    events += [level("08:35", 1.7), level("08:40", 1.7), level("08:45", 1.7)]

    assert told(rising(), events) == [
        ("08:30:00", "s1", "firing", "yellow", "08:25:00"),
        ("08:40:00", "s1", "ended", "yellow", "08:25:00"),
    ]


def test_change_when_there_is_no_reading_old_enough_then_there_is_no_verdict():
    assert told(rising(), [level("08:00", 1.0), level("08:05", 9.0)], "09:00") == []


def test_change_when_told_then_the_words_say_both_sides():
    events = [level("08:00", 1.0, "08:20"), level("08:25", 1.6)]

    (fired, *_) = episodes(rising(), records(rising(), events, "08:40"))

    assert fired.summary.zh == "现为1.6，10分钟前为1"
    assert fired.summary.en == "1.6 now, 1 10m before"
    assert fired.evidence.measure == "difference of river_level to 10m before"
    assert fired.evidence.value == pytest.approx(0.6)


def test_change_when_the_older_reading_comes_late_then_the_alert_is_revised():
    events = [level("08:00", 1.0, "08:20"), level("08:25", 1.6), level("08:28", 1.6)]
    events.append(level("08:20", 1.9, arrives="08:29"))

    assert told(rising({"of": "value", "per": FIVE}), events, "08:30") == [
        ("08:28:00", "s1", "firing", "yellow", "08:25:00"),
        ("08:29:00", "s1", "revised", "yellow", "08:25:00"),
    ]


def test_change_when_an_hour_has_twice_as_many_as_yesterday_then_it_fires_and_ends():
    yesterday, today = reports("07:00", "20:00", 10), reports("+1d 08:00", "+1d 10:00", 4)

    found = told(weekly(), [yesterday, today], "+1d 12:00")

    assert found == [
        ("08:44:00", "150302003", "firing", "blue", "08:44:00"),
        ("10:28:21", "150302003", "ended", "blue", "08:44:00"),
    ]


def test_change_when_nothing_was_counted_yesterday_then_there_is_no_verdict():
    assert told(weekly(), [reports("08:00", "20:00", 4)], "21:00") == []


def test_change_when_both_sides_are_small_then_nothing_has_changed():
    events = [reports("07:00", "20:00", 30), reports("+1d 08:00", "+1d 10:00", 10)]

    assert told(weekly({"least": 10.0}), events, "+1d 11:00") == []
    assert len(told(weekly(), events, "+1d 11:00")) == 2


def test_change_when_a_count_falls_away_then_time_alone_shows_it():
    events = [reports("07:00", "20:00", 10), reports("+1d 06:00", "+1d 08:00", 10)]
    fallen = weekly(above={}, below={"orange": "0.4"})

    assert told(fallen, events, "+1d 09:00") == [
        ("08:52:12", "150302003", "firing", "orange", "08:40:00")
    ]


def test_change_when_the_shard_moves_at_any_record_then_the_same_is_told():
    events = [level("08:00", 1.0, "08:20"), level("08:25", 1.6), level("08:28", 1.6)]
    events.append(level("08:20", 1.9, arrives="08:29"))
    tested = rising({"of": "value", "per": FIVE})
    expected = told(tested, events, "08:45")

    assert [one[2] for one in expected] == ["firing", "revised"]
    for number in range(0, len(records(tested, events, "08:45")), 5):
        assert told(tested, events, "08:45", restart_at=number) == expected


@pytest.mark.parametrize(
    ("window_min", "lag_min", "step_min"),
    [(10, 10, 1), (60, 1440, 2), (60, 7 * 1440, 12), (5, 7 * 1440, 5)],
)
def test_step_between_when_windows_are_long_then_few_buckets_do(
    window_min: int, lag_min: int, step_min: int
):
    step = step_between(window_min * MINUTE_MS, lag_min * MINUTE_MS)

    assert step == step_min * MINUTE_MS


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            {"of": "counts", "per": TEN},
            ".of: unknown aggregate 'counts'; did you mean 'count'?",
        ),
        ({"per": TEN, "as_": "rate"}, ".as: unknown form 'rate'; did you mean 'ratio'?"),
        (
            {},
            ": compared with nothing; give one of per, for example 10m, and against, as 1d or 7d",
        ),
        (
            {"per": TEN, "against": DAY},
            ": compared with two times; give one of per, for example 10m, and against, as 1d or 7d",
        ),
        (
            {"per": timedelta(seconds=90)},
            ".per: 1m30s is impossible; give whole minutes, at most 8d",
        ),
        (
            {"against": DAY},
            ".of: one reading, against another day; say of: mean, and a window",
        ),
        (
            {"per": TEN, "window": HOUR},
            ".window: a reading has none; take it away, or say of: mean",
        ),
        (
            {"of": "count", "against": DAY},
            ".window: count of what time; give a window, for example 1h",
        ),
        (
            {"of": "count", "against": 7 * DAY, "window": timedelta(minutes=1)},
            ".window: too fine for 7d; give a longer one that divides it, for example 1h",
        ),
    ],
)
def test_change_when_options_cannot_be_then_the_fault_says_so(options: dict[str, Any], fault: str):
    wrong = rule("change", options, kinds=("river_level",), above={"yellow": "1"})

    assert faults(wrong) == [f"condition.change{fault}"]
