"""A series that is not as it usually is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule, RuleEvent, RuleTest
from streams.conditions.anomaly import Options
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt
from streams.ruling.tools.rule_tests import records_of
from tests.repository import WUHAI
from tests.streams.conditions.rig import faults


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(WUHAI)


RULE = Rule(
    id="inflow_strange",
    theme="city_management",
    title=Text("进水异常", "Strange inflow"),
    summary=Text("{words}", "{words}"),
    condition=Options("mean", timedelta(minutes=30)),
    kinds=("sewage_inflow",),
    by=("subject",),
    above={"yellow": "0.5"},
    version="v",
)


def series(jump: float | None) -> RuleTest:
    """Return ten days of half hours that go up and down by day, perhaps with a jump on the last."""
    events = []
    for day in range(10):
        for hour in range(24):
            value = 1000 + (400 if 8 <= hour < 20 else 0) + (hour * 7 + day * 3) % 11
            strange = jump is not None and day == 9 and hour in (14, 15)
            at = f"+{day}d {hour:02d}:05"
            events.append(RuleEvent(at=at, value=jump if strange else float(value), subject="w1"))
    return RuleTest("test", tuple(events), until="+10d 02:00")


def told(
    test: RuleTest, city: City, *, packed_at: int | None = None, rule: Rule = RULE
) -> list[Episode]:
    engine, found = RuleEngine([rule], city, history_ms=10**15), []
    for number, record in enumerate(records_of(rule, test, city)):
        if number == packed_at:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(engine.pack()))
            engine = RuleEngine([rule], city, history_ms=10**15)
            engine.unpack(state)
        found += engine.take([record])
    return found


def test_anomaly_when_a_series_jumps_then_it_says_against_what(city: City) -> None:
    found = told(series(5000.0), city)

    assert found[0].state == "firing"
    assert found[0].key == {"subject": "w1"}
    assert found[0].evidence.words == Text("平常 14:00 的 3.6 倍", "3.6× the usual 14:00")
    assert found[0].summary.zh == "平常 14:00 的 3.6 倍"


def test_anomaly_when_a_series_is_as_ever_then_it_is_silent(city: City) -> None:
    assert told(series(None), city) == []


def test_anomaly_when_events_are_counted_then_a_sudden_rush_is_told_and_silence_is_a_count(
    city: City,
) -> None:
    steady = series(None)
    rush = tuple(RuleEvent(at=f"+9d 14:06:{one:02d}", value=1.0, subject="w1") for one in range(40))
    counted = replace(RULE, condition=Options("count", timedelta(minutes=30)))

    assert told(steady, city, rule=counted) == []
    (found, *_) = told(replace(steady, events=(*steady.events, *rush)), city, rule=counted)
    assert found.evidence.measure == "strangeness of count of sewage_inflow every 30m"
    assert found.evidence.points[-1][1] == 41.0
    assert 0.0 in [value for _, value in found.evidence.points]


def test_anomaly_when_a_value_is_beyond_all_numbers_then_it_is_as_if_it_had_not_come(
    city: City,
) -> None:
    beyond = series(1e31)
    without = replace(beyond, events=tuple(one for one in beyond.events if one.value != 1e31))

    found, expected = (
        [(one.peak, one.fired_at, one.evidence.points) for one in told(case, city)]
        for case in (beyond, without)
    )
    assert found == expected


def test_anomaly_when_packed_in_the_middle_then_the_same_is_told(city: City) -> None:
    whole = told(series(5000.0), city)

    assert [(one.alert, one.state) for one in told(series(5000.0), city, packed_at=500)] == [
        (one.alert, one.state) for one in whole
    ]


def test_anomaly_when_detectors_are_of_an_earlier_version_then_the_series_is_learnt_anew(
    city: City,
) -> None:
    engine = RuleEngine([RULE], city, history_ms=10**15)
    for record in list(records_of(RULE, series(None), city))[:300]:
        engine.take([record])
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(engine.pack()))
    assert make_old(state) > 0

    after = RuleEngine([RULE], city, history_ms=10**15)
    after.unpack(state)
    found = [
        change
        for record in list(records_of(RULE, series(5000.0), city))[300:]
        for change in after.take([record])
    ]

    assert "firing" in {one.state for one in found}


def make_old(state: Any) -> int:
    """Take the form out of all detectors in `state`, as if they were of before; count them."""
    if isinstance(state, list):
        return sum(make_old(one) for one in state)
    if not isinstance(state, dict):
        return 0
    made = 1 if state.pop("form", None) is not None else 0
    return made + sum(make_old(one) for one in state.values())


def test_anomaly_when_an_envelope_spans_more_than_is_held_then_all_of_it_is_judged(
    city: City,
) -> None:
    records = list(records_of(RULE, series(5000.0), city))
    excerpts = [one for one in records if isinstance(one, Excerpt)]
    table = pa.concat_tables([one.table for one in excerpts])
    upside_down = table.take(pa.array(range(table.num_rows - 1, -1, -1)))
    engine = RuleEngine([RULE], city, history_ms=10**15)

    at_once = engine.take([Excerpt(excerpts[-1].header, upside_down), records[-1]])

    one_by_one = {one.alert: one for one in told(series(5000.0), city)}
    assert one_by_one
    assert {one.alert: one.peak for one in at_once} == {
        alert: one.peak for alert, one in one_by_one.items()
    }


def test_anomaly_when_events_come_for_a_judged_bucket_then_nothing_changes(city: City) -> None:
    test = series(5000.0)
    late = RuleEvent(at="+9d 10:05", value=90_000.0, subject="w1", arrives="+9d 23:00")

    found = told(replace(test, events=(*test.events, late)), city)

    assert [(one.alert, one.state) for one in found] == [
        (one.alert, one.state) for one in told(test, city)
    ]


def test_anomaly_when_there_are_more_keys_than_most_then_the_first_are_watched(city: City) -> None:
    test = series(5000.0)
    other = tuple(replace(one, subject="w0") for one in test.events)
    whole = replace(
        test, events=tuple(pair for both in zip(test.events, other, strict=True) for pair in both)
    )
    options = Options("mean", timedelta(minutes=30), most=1)

    found = told(whole, city, rule=replace(RULE, condition=options))

    assert {one.key["subject"] for one in found} == {"w1"}


@pytest.mark.parametrize(
    ("options", "given", "words"),
    [
        pytest.param(
            Options(of="value"),
            {},
            "condition.anomaly.of: unknown aggregate 'value'; known are count, max, mean, min, sum",
            id="of",
        ),
        pytest.param(
            Options(every=timedelta(seconds=90)),
            {},
            "condition.anomaly.every: 1m30s is impossible; give whole minutes, at most 1h",
            id="half-minutes",
        ),
        pytest.param(
            Options(every=timedelta(hours=2)),
            {},
            "condition.anomaly.every: 2h is impossible; give whole minutes, at most 1h",
            id="long",
        ),
        pytest.param(
            Options(most=501),
            {},
            "condition.anomaly.most: 501 is impossible; give 1 to 500",
            id="most",
        ),
        pytest.param(
            Options(),
            {"above": {}, "below": {"yellow": "0.5"}},
            "condition.anomaly.of: a score is not below; give 'above', from 0.5 to 0.86",
            id="below",
        ),
    ],
)
def test_check_when_an_anomaly_is_impossible_then_it_says_why(
    options: Options, given: dict[str, Any], words: str
) -> None:
    assert faults(replace(RULE, condition=options, tests=(RuleTest("one"),), **given)) == [words]
