from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.places import Places
from streams.rules.rule import Rule, RuleEvent
from streams.rules.witnesses import Witness
from tests.streams.conditions.rig import episodes, faults, records, rule, told

HUNDRED_M = 0.0009
"""Degrees of latitude."""


def matter(at: str, north: float = 0.0, arrives: str | None = None) -> RuleEvent:
    lat = 39.65 + north * HUNDRED_M
    return RuleEvent(at=at, lon=106.8, lat=lat, area="150302003", arrives=arrives)


def clusters(options: dict[str, Any] | None = None, **given: object) -> Rule:
    wanted = {"radius_m": 300.0, "within": timedelta(minutes=30)} | (options or {})
    base = {"kinds": ("exposed_rubbish",), "above": {"yellow": "3", "orange": "5"}}
    return rule("cluster", wanted, **(base | given))


def test_cluster_when_three_are_near_then_one_alert_fires_and_ends_as_they_age():
    events = [matter("08:00"), matter("08:10", 1), matter("08:20", 2)]

    assert told(clusters(), events, "09:30") == [
        ("08:20:00", "106.8000,39.6500", "firing", "yellow", "08:20:00"),
        ("08:40:00", "106.8000,39.6500", "ended", "yellow", "08:20:00"),
    ]


def test_cluster_when_they_are_far_apart_in_place_or_time_then_nothing_is_told():
    apart = [matter("08:00"), matter("08:10", 4), matter("08:20", 8)]
    slow = [matter("08:00"), matter("08:20"), matter("08:31"), matter("08:51")]

    assert told(clusters(), apart, "09:30") == []
    assert told(clusters(), slow, "09:30") == []


def test_cluster_when_it_grows_along_a_street_then_it_stays_one_alert():
    events = [matter(f"08:{minute:02}", minute / 2) for minute in range(0, 20, 2)]

    found = told(clusters(), events, "08:20")

    assert {one[1] for one in found} == {"106.8000,39.6500"}
    assert [one[2:4] for one in found] == [("firing", "yellow"), ("firing", "orange")]


def test_cluster_when_two_are_far_from_each_other_then_each_is_an_alert():
    events = [matter("08:00"), matter("08:01", 50), matter("08:02"), matter("08:03", 50)]
    events += [matter("08:04"), matter("08:05", 50)]

    assert [one[:2] for one in told(clusters(), events, "08:10")] == [
        ("08:04:00", "106.8000,39.6500"),
        ("08:05:00", "106.8000,39.6950"),
    ]


def test_cluster_when_told_then_the_evidence_is_every_event_of_it():
    events = [matter("08:00"), matter("08:10", 1), matter("08:15", 40), matter("08:20", 2)]

    (fired,) = episodes(clusters(), records(clusters(), events, "08:21"))

    assert len(fired.evidence.events) == 3
    assert fired.evidence.value == 3.0
    assert fired.evidence.measure == "exposed_rubbish within 300 m and 30m"
    assert (fired.area, fired.lon, fired.lat) == ("150302003", 106.8, 39.6509)


def test_cluster_when_events_have_no_position_then_they_are_left_out_or_count_for_their_street():
    events = [RuleEvent(at=f"08:0{n}", area=area) for n, area in enumerate(("150302003",) * 3)]
    events += [RuleEvent(at="08:05", area="150302004001"), RuleEvent(at="08:06", area="150302")]

    streets = clusters({"streets": True})
    (fired,) = episodes(streets, records(streets, events, "08:10"))

    assert told(clusters(), events, "08:10") == []
    assert (fired.key, fired.area) == ({"place": "150302003"}, "150302003")
    assert (fired.lon, fired.lat, fired.evidence.value) == (None, None, 3.0)
    state = told(streets, events, "08:40")
    assert told(streets, events, "08:40", restart_at=4) == state


def test_cluster_when_an_earlier_event_comes_late_then_it_is_told_under_the_earlier_place():
    events = [matter("08:10", 1), matter("08:11"), matter("08:12")]
    events.append(matter("08:05", 2, arrives="08:13"))

    assert told(clusters(), events, "08:14") == [
        ("08:12:00", "106.8000,39.6509", "firing", "yellow", "08:12:00"),
        ("08:13:00", "106.8000,39.6509", "revised", "yellow", "08:12:00"),
        ("08:13:00", "106.8000,39.6518", "firing", "yellow", "08:11:00"),
    ]


def test_cluster_when_the_shard_moves_at_any_record_then_the_same_is_told():
    events = [matter("08:10", 1), matter("08:11"), matter("08:12"), matter("08:50")]
    events.append(matter("08:05", 2, arrives="08:13"))
    expected = told(clusters(), events, "08:55")

    assert [one[2] for one in expected] == ["firing", "revised", "firing", "ended"]
    for number in range(0, len(records(clusters(), events, "08:55")), 5):
        assert told(clusters(), events, "08:55", restart_at=number) == expected


def test_cluster_when_it_is_held_open_then_its_end_still_knows_where_it_was():
    held = clusters(hold=timedelta(hours=2))
    events = [matter("08:00"), matter("08:10", 1), matter("08:20", 2)]

    (_, ended) = episodes(held, records(held, events, "12:00"))

    assert (ended.state, ended.area, len(ended.evidence.events)) == ("ended", "150302003", 3)


def witness(number: int, at_ms: int, north_m: int) -> Witness:
    words = ("f", "d", "k", "", "", "live")
    return Witness(at_ms, f"{number:03}", *words, 106.8, 39.65 + north_m / 111_320)


def test_places_when_an_event_comes_twice_then_it_counts_once():
    places = Places(300, 20)
    places.add([witness(1, 0, 0), witness(1, 0, 0), witness(2, 1, 0)])
    places.add([witness(2, 1, 0)])

    assert [(one.witness.event, one.times) for one in places.events] == [
        ("001", [0, 1]),
        ("002", [0, 1]),
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2000)), min_size=1, max_size=25),
    st.randoms(use_true_random=False),
    st.integers(1, 6),
)
def test_places_when_events_come_in_any_order_then_the_groups_are_the_same(
    spots: list[tuple[int, int]], chance: Any, size: int
):
    events = [witness(number, *spot) for number, spot in enumerate(spots)]
    straight, shuffled = Places(300, 20), Places(300, 20)
    straight.add(events)
    mixed = list(events)
    chance.shuffle(mixed)
    for start in range(0, len(mixed), size):
        shuffled.add(mixed[start : start + size])

    def seeds(places: Places) -> list[tuple[str, str]]:
        return [(one.witness.event, one.group.seed[1]) for one in places.events if one.group]

    assert len(seeds(straight)) == len(events)
    assert seeds(shuffled) == seeds(straight)


@pytest.mark.parametrize(("degrees", "count"), [(0.0034, 2), (0.0036, 1)])
def test_places_when_300_m_to_the_east_then_near_as_on_the_map(degrees: float, count: int):
    places = Places(300, 20)
    here, east = witness(1, 0, 0), witness(2, 0, 0)._replace(lon=106.8 + degrees)
    around, _ = places.add([here, east])

    assert len(around[1]) == count
    assert [len(one.times) for one in places.events] == [count, count]


@pytest.mark.parametrize(
    ("options", "given", "fault"),
    [
        ({"radius_m": 0.0}, {}, ".radius_m: 0 is impossible; give metres, at most 5000"),
        (
            {"within": timedelta(days=2)},
            {},
            ".within: 2d is impossible; give a time, at most 1d",
        ),
        ({}, {"by": ("street",)}, ": finds its places by itself; take by away"),
        (
            {},
            {"above": {"yellow": "1"}},
            ": yellow at 1: one alone is no cluster; give 2 or more",
        ),
        (
            {},
            {"above": {}, "below": {"yellow": "2"}},
            ": few matters are no cluster; give above instead of below",
        ),
    ],
)
def test_cluster_when_a_rule_says_what_cannot_be_then_the_fault_says_so(
    options: dict[str, Any], given: dict[str, Any], fault: str
):
    assert faults(clusters(options, **given)) == [f"condition.cluster{fault}"]
