from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.rules.rule import Rule, RuleEvent
from tests.streams.conditions.rig import episodes, faults, records, rule, told

Outline = list[tuple[str, str, str, str]]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def seen(at: str, value: float | None = 1.0, subject: str = "c0", **given: Any) -> RuleEvent:
    base = {"feed": "ndw_lanes", "kind": "traffic_flow", "area": "150302003"}
    return RuleEvent(at=at, value=value, subject=subject, **(base | given))


def flow(options: dict[str, Any] | None = None, **given: Any) -> Rule:
    base: dict[str, Any] = {"kinds": ("traffic_flow",), "by": ("area",)}
    return rule("threshold", options, **(base | given))


def outline(tested: Rule, events: list[RuleEvent], until: str) -> Outline:
    """Return when it was told, state, level and start of all that is told."""
    return [(one[0], *one[2:]) for one in told(tested, events, until)]


def test_threshold_when_a_reading_reaches_levels_then_it_fires_rises_sinks_and_ends():
    tested = flow(above={"yellow": "10", "orange": "20"}, clear="5")
    values = (9, 10, 25, 12, 7, 5)
    events = [seen(f"08:0{minute}", value) for minute, value in enumerate(values)]

    assert outline(tested, events, "08:10") == [
        ("08:01:00", "firing", "yellow", "08:01:00"),
        ("08:02:00", "firing", "orange", "08:01:00"),
        ("08:05:00", "firing", "yellow", "08:01:00"),
        ("08:07:00", "ended", "yellow", "08:01:00"),
    ]


def test_threshold_when_a_minute_begins_lower_then_the_level_waits_for_its_end():
    tested = flow(above={"yellow": "10", "orange": "20"})
    events = [
        seen(f"08:0{n}:{second}", 25 if second == "40" else 12)
        for n in range(4)
        for second in ("10", "40")
    ]

    assert outline(tested, events, "08:04") == [
        ("08:00:10", "firing", "yellow", "08:00:00"),
        ("08:00:40", "firing", "orange", "08:00:00"),
    ]


def test_threshold_when_five_come_in_an_hour_then_the_fifth_fires_at_once():
    tested = flow({"of": "count", "window": minutes(60)}, above={"yellow": "5"})
    four = [seen("08:00"), seen("08:20"), seen("08:30"), seen("08:59:30")]

    assert outline(tested, four, "10:30") == []
    assert outline(tested, [*four, seen("08:59:40")], "09:02") == [
        ("08:59:40", "firing", "yellow", "08:59:00"),
        ("09:01:30", "ended", "yellow", "08:59:00"),
    ]


def test_threshold_when_the_mean_of_a_window_is_high_then_it_is_judged_when_it_is_over():
    tested = flow({"of": "mean", "window": minutes(10), "every": minutes(10)}, above={"red": "20"})
    events = [seen("08:01", 10), seen("08:05", 20), seen("08:09", 36)]

    (fired,) = episodes(tested, records(tested, events, "08:12"))

    assert (fired.state, fired.evidence.value) == ("firing", 22.0)
    assert f"{fired.started_at:%H:%M} {fired.told_at:%H:%M:%S}" == "00:09 00:11:00"
    assert fired.evidence.measure == "mean of traffic_flow in 10m"


def test_threshold_when_some_events_of_a_mean_have_no_value_then_they_do_not_lower_it():
    tested = flow({"of": "mean", "window": minutes(10), "every": minutes(10)}, above={"red": "20"})
    events = [seen("08:01", 10), seen("08:03", None), seen("08:05", 36), seen("08:09", None)]

    (fired,) = episodes(tested, records(tested, events, "08:12"))

    assert (fired.state, fired.evidence.value) == ("firing", 23.0)


def test_threshold_when_tumbling_counts_then_no_window_is_missed_however_few_events_come():
    tested = flow({"of": "count", "window": minutes(5), "every": minutes(5)}, above={"red": "2"})
    events = [seen("08:00"), seen("08:01")]

    assert outline(tested, events, "08:11") == [
        ("08:05:30", "firing", "red", "08:04:00"),
        ("08:10:30", "ended", "red", "08:04:00"),
    ]


def test_threshold_when_windows_hop_then_each_is_judged_at_its_end():
    tested = flow({"of": "sum", "window": minutes(10), "every": minutes(5)}, above={"red": "30"})
    events = [seen("08:01", 20), seen("08:07", 10)]

    assert outline(tested, events, "08:20") == [
        ("08:10:30", "firing", "red", "08:09:00"),
        ("08:15:30", "ended", "red", "08:09:00"),
    ]


def test_threshold_when_a_minimum_sinks_then_below_fires_at_once():
    tested = flow({"of": "min", "window": minutes(2)}, below={"orange": "5"})

    assert outline(tested, [seen("08:00", 6), seen("08:01", 4)], "08:05") == [
        ("08:01:00", "firing", "orange", "08:01:00")
    ]


def test_threshold_when_the_sum_of_tenths_is_reached_exactly_then_it_fires():
    tested = flow({"of": "sum", "window": minutes(5)}, above={"yellow": "0.8"})
    events = [seen(f"08:0{minute}", 1e6 if minute == 0 else 0.1) for minute in range(9)]

    found = outline(tested, events, "08:09")

    assert [one[1] for one in found] == ["firing", "ended"]
    assert outline(
        flow({"of": "sum", "window": minutes(8)}, above={"yellow": "0.8"}), events, "08:20"
    )[1:] == [("08:10:30", "ended", "yellow", "08:00:00")]


def test_quantile_when_one_in_twenty_is_high_then_the_rest_decide():
    tested = flow(
        {"of": "quantile", "quantile": 0.9, "window": minutes(10)}, above={"yellow": "50"}
    )
    few = [seen(f"08:00:{second:02}", 99 if second < 2 else 10) for second in range(20)]
    more = [seen(f"08:00:{second:02}", 99 if second < 3 else 10) for second in range(20)]

    assert outline(tested, few, "08:30") == []
    (fired,) = episodes(tested, records(tested, more, "08:05"))
    assert (fired.state, fired.evidence.value) == ("firing", 99.0)
    assert fired.evidence.measure == "0.9 quantile of traffic_flow in 10m"


def test_quantile_when_below_then_a_low_median_fires():
    tested = flow({"of": "quantile", "window": minutes(5)}, below={"yellow": "3"})
    events = [seen(f"08:00:0{second}", value) for second, value in enumerate((-7, 2, 40))]

    (fired,) = episodes(tested, records(tested, events, "08:03"))

    assert fired.evidence.value == 2.0


def test_distinct_when_five_sensors_report_then_it_fires_however_often_one_does():
    tested = flow({"of": "distinct", "window": minutes(10)}, above={"yellow": "5"})
    four = [seen(f"08:00:{second:02}", None, f"c{second % 4}") for second in range(40)]

    assert outline(tested, four, "08:20") == []
    assert outline(tested, [*four, seen("08:05", None, "c9")], "08:12") == [
        ("08:05:00", "firing", "yellow", "08:05:00"),
        ("08:11:30", "ended", "yellow", "08:05:00"),
    ]


def test_distinct_when_of_an_attribute_then_events_without_it_do_not_count():
    tested = flow(
        {"of": "distinct", "column": "attrs.lane", "window": minutes(10)}, above={"yellow": "3"}
    )
    lanes = [seen(f"08:00:0{n}", attrs={"lane": lane}) for n, lane in enumerate("1122")]

    assert outline(tested, [*lanes, seen("08:01")], "08:05") == []
    (fired,) = episodes(
        tested, records(tested, [*lanes, seen("08:01", attrs={"lane": "3"})], "08:05")
    )
    assert (fired.evidence.value, fired.evidence.unit) == (3.0, "")
    assert fired.evidence.measure == "distinct of lane in traffic_flow in 10m"


def test_session_when_events_follow_each_other_then_one_alert_grows_and_ends_with_the_pause():
    tested = flow({"of": "count", "session": minutes(5)}, above={"yellow": "3", "orange": "5"})
    events = [seen(f"08:{minute:02}") for minute in (0, 4, 9, 13, 18, 30)]

    assert outline(tested, events, "08:40") == [
        ("08:09:00", "firing", "yellow", "08:09:00"),
        ("08:18:00", "firing", "orange", "08:09:00"),
        ("08:25:30", "ended", "orange", "08:09:00"),
    ]


def test_session_when_a_pause_is_longer_then_the_count_begins_anew():
    tested = flow({"of": "count", "session": minutes(5)}, above={"yellow": "3"})
    events = [seen("08:00"), seen("08:01"), seen("08:07"), seen("08:08")]

    assert outline(tested, events, "08:20") == []


def test_session_when_a_late_event_joins_two_then_they_are_one():
    tested = flow({"of": "count", "session": minutes(5)}, above={"yellow": "5"})
    events = [seen(f"08:{minute:02}") for minute in (0, 1, 8, 9)]

    assert outline(tested, [*events, seen("08:05", arrives="08:12")], "08:13") == [
        ("08:12:00", "firing", "yellow", "08:09:00")
    ]


@pytest.mark.parametrize(
    ("of", "level", "value"),
    [("max", {"above": {"red": "30"}}, 30.0), ("min", {"below": {"red": "4"}}, 4.0)],
)
def test_session_when_it_has_an_extreme_then_it_stays_till_the_session_is_over(
    of: str, level: dict[str, Any], value: float
):
    tested = flow({"of": of, "session": minutes(2)}, **level)
    events = [seen(f"08:0{n}", v) for n, v in enumerate((10, 30, 4, 10, 10))]

    first, last = episodes(tested, records(tested, events, "08:15"))

    assert (first.evidence.value, last.state) == (value, "ended")
    assert f"{last.ended_at:%H:%M}" == "00:07"


def test_session_when_it_is_long_then_only_its_last_part_counts():
    tested = flow(
        {"of": "count", "session": minutes(5), "window": minutes(10)}, above={"yellow": "4"}
    )
    events = [seen(f"08:{minute:02}") for minute in range(0, 40, 4)]

    assert outline(tested, events, "08:40") == []


@pytest.mark.parametrize("of", ["mean", "quantile", "distinct", "sum"])
def test_session_when_of_anything_then_it_ends_when_the_session_does(of: str):
    tested = flow({"of": of, "session": minutes(5)}, above={"yellow": "2"})
    events = [seen(f"08:0{n}", 6, f"c{n}") for n in range(3)]

    found = outline(tested, events, "08:20")

    assert [one[1:3] for one in found] == [("firing", "yellow"), ("ended", "yellow")]
    assert found[-1][0] == "08:09:30"


@pytest.mark.parametrize("of", ["quantile", "distinct", "count", "mean"])
@pytest.mark.parametrize("span", [{"window": minutes(5)}, {"session": minutes(3)}])
def test_threshold_when_the_shard_moves_at_any_record_then_the_same_is_told(
    of: str, span: dict[str, timedelta]
):
    tested = flow({"of": of, **span}, above={"yellow": "2", "red": "4"})
    events = [seen(f"08:0{n}", n, f"c{n}") for n in (0, 1, 3, 4, 5)]
    events += [seen("08:02", 8, "c2", arrives="08:07"), seen("08:12", 1)]
    expected = told(tested, events, "08:14")

    assert "ended" in [one[2] for one in expected]
    for number in range(0, len(records(tested, events, "08:14")), 3):
        assert told(tested, events, "08:14", restart_at=number) == expected


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            {"of": "median", "window": minutes(5)},
            ".of: unknown aggregate 'median'; did you mean 'mean'?",
        ),
        ({"of": "count"}, ".window: count of what time; give a window, for example 1h"),
        (
            {"of": "count", "window": minutes(0.5)},
            ".window: 30s is impossible; give whole minutes, at most 8d",
        ),
        (
            {"of": "count", "window": timedelta(days=9)},
            ".window: 9d is impossible; give whole minutes, at most 8d",
        ),
        (
            {"every": minutes(7)},
            ".every: of what window; give a window, for example 1h, or take every away",
        ),
        (
            {"of": "count", "window": minutes(60), "every": minutes(7)},
            ".every: does not divide the window; give a part of the window",
        ),
        (
            {"of": "quantile", "quantile": 95.0, "window": minutes(5)},
            ".quantile: 95 is impossible; give a number between 0 and 1, for example 0.95",
        ),
        (
            {"of": "mean", "quantile": 0.95, "window": minutes(5)},
            ".quantile: mean has none; say of: quantile, or take it away",
        ),
        (
            {"of": "distinct", "column": "subjet", "window": minutes(5)},
            ".column: unknown column 'subjet'; did you mean 'subject'?",
        ),
        (
            {"of": "count", "column": "street", "window": minutes(5)},
            ".column: count has none; say of: distinct, or take it away",
        ),
        (
            {"of": "count", "session": minutes(1.5)},
            ".session: 1m30s is impossible; give whole minutes, at most 8d",
        ),
        (
            {"of": "count", "session": minutes(5), "window": minutes(60), "every": minutes(5)},
            ".every: sessions begin and end by themselves; take every away",
        ),
        (
            {"of": "count", "session": minutes(5), "window": minutes(4)},
            ".window: shorter than the pause inside a session; give a longer one",
        ),
        (
            {"of": "count", "session": minutes(5), "window": timedelta(days=2)},
            ".window: too long for so short a session; give at most 1d1h, or a longer session",
        ),
    ],
)
def test_threshold_when_a_rule_says_what_cannot_be_then_the_fault_says_so(
    options: dict[str, Any], fault: str
):
    assert faults(flow(options, above={"yellow": "2"})) == [f"condition.threshold{fault}"]
