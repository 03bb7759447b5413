from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.rules.rule import Rule, RuleEvent
from streams.ruling.intake.witnesses import Witness
from streams.ruling.memory.place_groups import PlaceGroups
from streams.ruling.memory.spotted_events import Group
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
    places = PlaceGroups(300, 20)
    places.add([witness(1, 0, 0), witness(1, 0, 0), witness(2, 1, 0)])
    places.add([witness(2, 1, 0)])

    (around,) = places.around(places.events)
    assert [one.witness.event for one in places.events] == ["001", "002"]
    assert around.times.tolist() == [0, 1]
    assert around.near.all()


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
    straight, shuffled = PlaceGroups(300, 20), PlaceGroups(300, 20)
    straight.add(events)
    mixed = list(events)
    chance.shuffle(mixed)
    for start in range(0, len(mixed), size):
        shuffled.add(mixed[start : start + size])

    def seeds(places: PlaceGroups) -> list[tuple[str, str]]:
        return [(one.witness.event, one.group.seed[1]) for one in places.events if one.group]

    assert len(seeds(straight)) == len(events)
    assert seeds(shuffled) == seeds(straight)


spots_and_times = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 800)), min_size=1, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(spots_and_times, st.randoms(use_true_random=False), st.integers(1, 6))
def test_places_when_crowds_come_in_any_order_then_the_same_is_kept_in_the_same_groups(
    spots: list[tuple[int, int]], chance: Any, size: int
):
    events = [witness(number, *spot) for number, spot in enumerate(spots)]
    straight, shuffled = PlaceGroups(300, 20, most=2), PlaceGroups(300, 20, most=2)
    straight.add(events)
    mixed = events + events[::3]
    chance.shuffle(mixed)
    for start in range(0, len(mixed), size):
        shuffled.add(mixed[start : start + size])

    def seeds(places: PlaceGroups) -> list[tuple[str, str]]:
        return [(one.witness.event, one.group.seed[1]) for one in places.events if one.group]

    assert seeds(shuffled) == seeds(straight)
    for one in shuffled.events:
        (around,) = shuffled.around([one])
        assert one.met >= around.near.sum()


@settings(max_examples=60, deadline=None)
@given(spots_and_times, st.integers(1, 4))
def test_places_when_only_a_part_of_a_crowd_is_kept_then_it_is_as_many_as_matter(
    spots: list[tuple[int, int]], most: int
):
    radius = 300.5  # spots lie whole metres apart, so none lies on the edge
    places = PlaceGroups(radius, 20, most=most)
    places.add(witness(number, *spot) for number, spot in enumerate(spots))
    instants = np.arange(0, 90)

    def busiest(at: int) -> int:
        now = [one for one in spots if at - 20 < one[0] <= at]
        return max((sum(abs(a[1] - b[1]) < radius for b in now) for a in now), default=0)

    found = np.zeros(len(instants), np.int64)
    for around in places.around(places.events):
        found = np.maximum(found, around.counts(instants, 20).max(axis=0))
    assert np.minimum(found, most).tolist() == [min(busiest(at), most) for at in range(90)]


def test_places_when_more_is_restored_than_has_room_then_what_goes_is_as_if_it_had_come():
    events = [witness(number, number, 0) for number in range(10)]
    came, restored = PlaceGroups(300, 20, most=2), PlaceGroups(300, 20, most=2)
    group = Group((0, "000"), "106.8000,39.6500")

    came.add(events)
    restored.restore([(one, group) for one in events])
    restored.forget(5)

    assert [one.witness.event for one in came.events] == ["000", "001", "008", "009"]
    assert [one.witness.event for one in restored.events] == ["008", "009"]
    assert group.members == restored.events


def test_places_when_very_many_are_at_one_spot_then_what_is_known_of_it_is_bounded():
    places = PlaceGroups(300, 1_000, most=10)

    for number in range(0, 5_000, 5):
        places.add([witness(number, number, number % 50)])

    assert len(places.events) == 5 * 20
    assert len({one.group for one in places.events}) == 1


def test_cluster_when_hundreds_come_to_one_place_then_it_is_one_alert():
    storm = clusters({"within": timedelta(minutes=10)})
    events = [matter(f"08:{second // 60:02}:{second % 60:02}") for second in range(400)]

    found = episodes(storm, records(storm, events, "09:00"))

    assert {one.alert for one in found} == {found[0].alert}
    assert [(one.state, one.level) for one in found] == [
        ("firing", "yellow"),
        ("firing", "orange"),
        ("ended", "yellow"),
    ]
    assert found[-1].ended_at is not None
    assert found[-1].ended_at - found[-1].started_at == timedelta(minutes=16, seconds=35)


@pytest.mark.parametrize(("degrees", "count"), [(0.0034, 2), (0.0036, 1)])
def test_places_when_300_m_to_the_east_then_near_as_on_the_map(degrees: float, count: int):
    places = PlaceGroups(300, 20)
    here, east = witness(1, 0, 0), witness(2, 0, 0)._replace(lon=106.8 + degrees)
    places.add([here, east])

    (around,) = places.around(places.events[:1])
    assert around.near.sum() == count
    assert [one.met for one in places.events] == [count, count]


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


@pytest.mark.parametrize("point", [(0.0, 0.0), (0.0, 39.67), (106.81, 0.0), (39.67, 16.81)])
def test_cluster_when_a_position_is_not_the_citys_then_nothing_is_near_it(
    point: tuple[float, float],
) -> None:
    lon, lat = point
    events = [
        RuleEvent(at=f"08:{minute:02}", area=area, lon=lon, lat=lat)
        for minute, area in ((0, "150302003"), (5, "150303001"), (10, "150304002"))
    ]
    options = {"radius_m": 500.0, "within": timedelta(hours=1)}
    tested = rule("cluster", options, kinds=("road_ponding",), above={"yellow": "3"})
    by_street = rule(
        "cluster", options | {"streets": True}, kinds=("road_ponding",), above={"yellow": "3"}
    )
    placed = rule(
        "threshold",
        {"of": "count", "window": timedelta(hours=1)},
        kinds=("road_ponding",),
        where={"lat": "<39.9"},
        above={"yellow": "1"},
    )

    assert told(tested, events, "09:00") == []
    assert told(by_street, events, "09:00") == []
    assert told(placed, events, "09:00") == []
