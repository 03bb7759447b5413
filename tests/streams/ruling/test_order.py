"""What is told in the end is a function of the set of events and of the pulses.

Any order within the feed's lateness, any split into envelopes and batches, any restart and any
envelope sent twice give the same alerts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citybrain.rules.rule import Rule
from streams.conditions.sequence import SequenceStep
from streams.ruling.condition import find_kinds
from tests.streams.ruling.rig import Record, Seen, engine, excerpt, outline, pulse, repacked, rule

LATENESS_S = 600
TEN, FIVE, TWO = (timedelta(minutes=minutes) for minutes in (10, 5, 2))
LEVELS = {"yellow": "10", "orange": "20", "red": "30"}
COUNTS = {"yellow": "2", "orange": "4", "red": "6"}
WATER = {"kinds": ("sewer_blocked", "road_ponding"), "by": ("area",)}
FAULTS = {"feed": "drainage_faults"}
_RULES = {
    "value": rule(above=LEVELS),
    "value_clear": rule(above=LEVELS, clear="5", hold=TWO),
    "value_below": rule(below={"yellow": "20", "red": "5"}, clears_after=2),
    "value_for": rule(above=LEVELS, for_=TWO),
    "value_fires_after": rule(above=LEVELS, fires_after=3, clears_after=2),
    "count": rule(options={"of": "count", "window": FIVE}, above=COUNTS),
    "sum": rule(options={"of": "sum", "window": FIVE}, above={"yellow": "40", "red": "90"}),
    "mean": rule(options={"of": "mean", "window": FIVE}, above=LEVELS, hold=TWO),
    "max": rule(options={"of": "max", "window": TWO}, above=LEVELS),
    "min": rule(options={"of": "min", "window": TWO}, above=LEVELS),
    "tumbling_mean": rule(options={"of": "mean", "window": FIVE, "every": FIVE}, above=LEVELS),
    "tumbling_count": rule(options={"of": "count", "window": FIVE, "every": FIVE}, above=COUNTS),
    "hopping": rule(options={"of": "count", "window": TEN, "every": FIVE}, above=COUNTS),
    "quantile": rule(options={"of": "quantile", "quantile": 0.9, "window": FIVE}, above=LEVELS),
    "distinct": rule(options={"of": "distinct", "window": FIVE}, by=(), above={"yellow": "2"}),
    "session_count": rule(options={"of": "count", "session": TWO}, above=COUNTS),
    "session_mean": rule(options={"of": "mean", "session": TWO}, above=LEVELS),
    "session_quantile": rule(options={"of": "quantile", "session": TWO}, above=LEVELS),
    "change": rule("change", {"of": "value", "per": TWO}, above={"yellow": "10", "red": "20"}),
    "change_count": rule("change", {"of": "count", "per": FIVE}, above={"yellow": "1"}),
    "absence": rule("absence", above={"yellow": "3m", "red": "20m"}),
    "absence_cadences": rule("absence", {"cadences": True}, above={"yellow": "6"}),
    "absence_keys": rule("absence", {"keys": ("a", "z")}, above={"yellow": "3m"}),
    "cluster_streets": rule(
        "cluster", {"radius_m": 300.0, "within": FIVE, "streets": True}, by=(), above=COUNTS
    ),
    "feed_silence": rule("feed_silence", kinds=(), by=("feed",), above={"yellow": "20m"}),
    "deadline": rule(
        "deadline",
        {"due": "attrs.due", "closed_by": ("permit_decided",)},
        above={"yellow": "-5m", "red": "0s"},
        kinds=("permit_application", "permit_decided"),
    ),
    "open_now": rule("open_now", above={"yellow": "2", "red": "4"}, **WATER),
    "open_for": rule("open_for", above={"yellow": "5m", "red": "20m"}, **WATER),
    "cluster": rule("cluster", {"radius_m": 300.0, "within": FIVE}, by=(), above=COUNTS),
    "sequence": rule(
        "sequence",
        {"steps": (SequenceStep("sewer_blocked"), SequenceStep("road_ponding")), "within": FIVE},
        level="orange",
        **WATER,
    ),
    "sequence_missing": rule(
        "sequence",
        {
            "steps": (SequenceStep("sewer_blocked"), SequenceStep("road_ponding", absent=True)),
            "within": FIVE,
        },
        level="orange",
        **WATER,
    ),
    "anomaly": rule("anomaly", {"of": "mean", "every": FIVE}, above={"yellow": "0.5"}),
}
KINDS = {"deadline": ("permit_application", "permit_decided")}
every_rule = pytest.mark.parametrize("name", sorted(_RULES))
few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_rules_when_listed_here_then_every_kind_over_events_has_one() -> None:
    wanted = {kind.options for kind in find_kinds().values() if kind.reads != "alerts"}

    assert {type(one.condition) for one in _RULES.values()} == wanted


def rule_named(name: str) -> Rule:
    return _RULES[name]


@st.composite
def events(draw: st.DrawFn, name: str) -> list[Seen]:
    """Return events that are all within the lateness of each other, each different."""
    instants = draw(st.lists(st.integers(0, LATENESS_S - 1), min_size=1, max_size=16, unique=True))
    return [draw(event(name, at)) for at in instants]


@st.composite
def event(draw: st.DrawFn, name: str, at: int) -> Seen:
    given: dict[str, Any] = {
        "at_s": at,
        "value": float(draw(st.sampled_from([0, 7, 12, 25, 40]))),
        "subject": draw(st.sampled_from(["a", "b"])),
    }
    if name.startswith("sequence"):
        given |= {"kind": draw(st.sampled_from(WATER["kinds"])), **FAULTS}
    if name == "cluster":
        given |= {"lon": 106.8 + draw(st.integers(0, 4)) / 500, "lat": 39.6}
    if name == "deadline":
        given |= {"kind": draw(st.sampled_from(KINDS[name])), "feed": "permits"}
        minute = draw(st.integers(0, 40))
        given |= {"attrs": {"due": f"2026-03-02T12:{minute:02d}:00"}}
    if name.startswith("open_"):
        given |= {"status": draw(st.sampled_from(["open", "closed"]))}
    return Seen(**given)


@st.composite
def shuffled(draw: st.DrawFn, found: list[Seen]) -> list[Record]:
    """Return the events in any order, in any envelopes; all came in the second after the last."""
    order = draw(st.permutations(found))
    edges = sorted(draw(st.sets(st.integers(1, len(order)), max_size=6)) | {len(order)})
    return [
        excerpt(order[start:end], offset=number, received_s=LATENESS_S)
        for number, (start, end) in enumerate(zip([0, *edges], edges, strict=False))
        if start < end
    ]


@st.composite
def batches(draw: st.DrawFn, records: list[Record]) -> list[Sequence[Record]]:
    edges = sorted(draw(st.sets(st.integers(1, len(records)), max_size=5)) | {len(records)})
    return [records[a:b] for a, b in zip([0, *edges], edges, strict=False) if a < b]


PULSES: list[Record] = [pulse(LATENESS_S + 180 * number) for number in range(16)]
"""45 minutes: all windows close, all silences are noticed, all deadlines pass."""


def in_order(found: list[Seen]) -> list[Record]:
    """Return the events one by one in the order of time."""
    return [
        excerpt([one], offset=number, received_s=LATENESS_S)
        for number, one in enumerate(sorted(found, key=lambda one: one.at_s))
    ]


def end_of(tested: Rule, *taken: Sequence[Record]) -> set[tuple[Any, ...]]:
    running = engine([tested])
    told = [one for batch in taken for one in running.take(batch)]
    assert not running.quarantined, running.quarantined
    return outline(told)


@every_rule
@few
@given(data=st.data())
def test_engine_when_events_come_in_any_order_and_split_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    tested, found = rule_named(name), data.draw(events(name))
    records = data.draw(shuffled(found))

    mixed = end_of(tested, *data.draw(batches(records)), PULSES)

    assert mixed == end_of(tested, in_order(found), PULSES)


@every_rule
@few
@given(data=st.data())
def test_engine_when_packed_at_any_point_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    tested = rule_named(name)
    records = data.draw(shuffled(data.draw(events(name)))) + PULSES
    at = data.draw(st.integers(0, len(records)))
    running = engine([tested])
    told = running.take(records[:at])
    told += repacked(running, [tested]).take(records[at:])

    assert outline(told) == end_of(tested, records)


@every_rule
@few
@given(data=st.data())
def test_engine_when_every_excerpt_comes_twice_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    tested = rule_named(name)
    records = data.draw(shuffled(data.draw(events(name))))

    twice = end_of(tested, records, records, PULSES, records)

    assert twice == end_of(tested, records, PULSES)


@every_rule
@few
@given(data=st.data())
def test_engine_when_events_are_later_than_allowed_then_they_change_nothing(
    name: str, data: st.DataObject
) -> None:
    tested, found = rule_named(name), data.draw(events(name))
    late_s = -data.draw(st.integers(0, 3 * LATENESS_S))
    newest = max(one.at_s for one in found)
    one = data.draw(event(name, newest - LATENESS_S - 1 + late_s))
    late = excerpt([one], offset=99, received_s=LATENESS_S)

    assert end_of(tested, in_order(found), [late], PULSES) == end_of(
        tested, in_order(found), PULSES
    )


TWO_FEEDS = [name for name in sorted(_RULES) if not name.startswith(("sequence", "deadline"))]


@st.composite
def flow(draw: st.DrawFn, name: str) -> list[Record]:
    """Return a log: envelopes of two feeds, some events beyond their lateness, and pulses."""
    records: list[Record] = []
    now = 0
    for offset in range(draw(st.integers(3, 20))):
        now += draw(st.sampled_from([1, 20, 60, 200]))
        if draw(st.booleans()):
            records.append(pulse(now))
            continue
        feed = draw(st.sampled_from(["ndw_lanes", "pems_detector"]))
        ages = draw(st.lists(st.sampled_from([0, 5, 100, 500, 1200]), min_size=1, max_size=3))
        seen = [replace(draw(event(name, max(now - age, 0))), feed=feed) for age in ages]
        records.append(excerpt(seen, offset=offset, received_s=now))
    return records + [pulse(now + 180 * number) for number in range(1, 16)]


@pytest.mark.parametrize("name", TWO_FEEDS)
@few
@given(data=st.data())
def test_engine_when_one_log_is_read_in_any_batches_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    tested, log = rule_named(name), data.draw(flow(name))

    by_chance = end_of(tested, *data.draw(batches(log)))

    assert by_chance == end_of(tested, log)
    assert by_chance == end_of(tested, *[[record] for record in log])


def test_engine_when_a_new_key_has_no_value_then_the_series_of_others_go_on() -> None:
    known = [Seen(at_s=600 * number, value=5.0, subject="a") for number in range(20)]
    records: list[Record] = [
        excerpt([one], offset=number, received_s=one.at_s) for number, one in enumerate(known)
    ]
    records.append(excerpt([Seen(at_s=12_000, subject="b")], offset=99, received_s=12_000))
    running = engine([rule_named("anomaly")])

    running.take([*records, pulse(13_000), pulse(15_000)])

    assert running.quarantined.problems == {}
