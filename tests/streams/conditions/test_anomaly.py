"""A series that is not as it usually is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from citybrain.alerts.records import Episode
from citybrain.config import City, Title, load_city
from streams.conditions.anomaly import Options
from streams.rules.cases import records_of
from streams.rules.engine import Engine
from streams.rules.rule import Rule, RuleEvent, RuleTest


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(Path(__file__).parents[3] / "cities" / "wuhai")


RULE = Rule(
    id="inflow_strange",
    theme="city_management",
    title=Title("进水异常", "Strange inflow"),
    summary=Title("{words}", "{words}"),
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
    return RuleTest("case", tuple(events), until="+10d 02:00")


def told(case: RuleTest, city: City, *, packed_at: int | None = None) -> list[Episode]:
    engine, found = Engine([RULE], city, history_ms=10**15), []
    for number, record in enumerate(records_of(RULE, case, city)):
        if number == packed_at:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(engine.pack()))
            engine = Engine([RULE], city, history_ms=10**15)
            engine.unpack(state)
        found += engine.take([record])
    return found


def test_anomaly_when_a_series_jumps_then_it_says_against_what(city: City) -> None:
    found = told(series(5000.0), city)

    assert found[0].state == "firing"
    assert found[0].key == {"subject": "w1"}
    assert found[0].evidence.words.en.endswith(("of late", "14:00", "14:00"))
    assert "倍" in found[0].summary.zh


def test_anomaly_when_a_series_is_as_ever_then_it_is_silent(city: City) -> None:
    assert told(series(None), city) == []


def test_anomaly_when_packed_in_the_middle_then_the_same_is_told(city: City) -> None:
    whole = told(series(5000.0), city)

    assert [(one.alert, one.state) for one in told(series(5000.0), city, packed_at=500)] == [
        (one.alert, one.state) for one in whole
    ]
