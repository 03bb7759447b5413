"""One thing after another, one missing, any of several."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from citybrain.config import City, Title, load_city
from streams.conditions.sequence import KIND, Options, Step
from streams.rules.cases import episodes_of, records_of, run_case
from streams.rules.engine import Engine
from streams.rules.rule import Expected, Rule, RuleEvent, RuleTest

RAIN, POND, FAULT = "precipitation", "road_ponding", "signal_fault"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(Path(__file__).parents[3] / "cities" / "wuhai")


def rule(*steps: Step, **given: Any) -> Rule:
    options = Options(steps, given.pop("within", timedelta(hours=1)), given.pop("any_", None))
    return Rule(
        id="rain_then_ponding",
        theme="city_management",
        title=Title("雨后积水", "Ponding after rain"),
        summary=Title("{place}", "{place}"),
        condition=options,
        kinds=tuple(dict.fromkeys(step.kind for step in steps)),
        by=("street",),
        level="orange",
        version="v",
        **given,
    )


def event(at: str, kind: str, value: float | None = None, **given: Any) -> RuleEvent:
    return RuleEvent(at=at, kind=kind, value=value, area="150302003", **given)


HEAVY = Step(RAIN, {"value": ">=5"})
THEN = rule(HEAVY, Step(POND))
MISSING = rule(Step(POND), Step("manhole_overflow", absent=True))
ANY = rule(HEAVY, Step(POND), Step("sewer_blocked"), any_=2)


@pytest.mark.parametrize(
    ("tested", "events", "expect"),
    [
        pytest.param(
            THEN,
            [event("08:00", RAIN, 6), event("08:30", POND)],
            [Expected("orange", at="08:30", state="ended")],
            id="in-order",
        ),
        pytest.param(THEN, [event("08:30", POND), event("08:40", RAIN, 6)], [], id="reversed"),
        pytest.param(THEN, [event("08:00", RAIN, 2), event("08:30", POND)], [], id="light-rain"),
        pytest.param(THEN, [event("08:00", RAIN, 6), event("09:01", POND)], [], id="too-late"),
        pytest.param(
            THEN,
            [event("08:30", POND), event("08:25", RAIN, 6, arrives="08:31")],
            [Expected("orange", at="08:30", state="ended")],
            id="rain-arrives-late",
        ),
        pytest.param(
            MISSING, [event("08:00", POND)], [Expected("orange", at="09:00")], id="missing"
        ),
        pytest.param(
            MISSING, [event("08:00", POND), event("08:20", "manhole_overflow")], [], id="came"
        ),
        pytest.param(
            ANY,
            [event("08:00", "sewer_blocked"), event("08:10", RAIN, 9)],
            [Expected("orange", at="08:10", state="ended")],
            id="two-of-three",
        ),
        pytest.param(ANY, [event("08:00", POND), event("08:10", POND)], [], id="one-twice"),
    ],
)
def test_sequence_when_events_come_then_it_fires_as_expected(
    city: City, tested: Rule, events: Any, expect: Any
) -> None:
    case = RuleTest("case", tuple(events), until="11:00", expect=tuple(expect))

    assert run_case(tested, case, city) == []


def test_sequence_when_events_come_in_any_order_then_the_same_stands(city: City) -> None:
    events = [event("08:05", RAIN, 6), event("08:06", POND), event("08:07", POND)]
    results = set()
    for order in permutations(events):
        late = [
            event(one.at, str(one.kind), one.value, arrives="08:08:0" + str(number))
            for number, one in enumerate(order)
        ]
        case = RuleTest("case", tuple(late), until="11:00")
        found = episodes_of(THEN, case, city)
        results.add(
            tuple(sorted((e.alert, e.state) for e in found.values() if e.state != "revised"))
        )

    assert len(results) == 1
    assert len(next(iter(results))) == 1


def test_sequence_when_packed_between_the_steps_then_it_goes_on(city: City) -> None:
    case = RuleTest("case", (event("08:00", RAIN, 6), event("08:30", POND)), until="08:35")
    records = list(records_of(THEN, case, city))
    first, told = Engine([THEN], city), []
    for record in records[: len(records) // 2]:
        told += first.take([record])
    second = Engine([THEN], city)
    second.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(first.pack())))
    for record in records[len(records) // 2 :]:
        told += second.take([record])

    assert [one.state for one in told] == ["firing"]


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        pytest.param(rule(Step(POND)), ["steps: 1 step; give two or more"], id="one"),
        pytest.param(
            rule(Step(RAIN, absent=True), Step(POND)),
            ["steps[0].absent: only the last step can be missing; move it"],
            id="missing-first",
        ),
        pytest.param(
            rule(Step(RAIN), Step(POND), any_=3),
            ["any: 3 of 2; give 2 up to all of them"],
            id="any",
        ),
        pytest.param(
            rule(Step(RAIN), Step(POND), within=timedelta(days=9)),
            ["within: 9 days, 0:00:00 is impossible; give up to 8d"],
            id="long",
        ),
    ],
)
def test_check_when_a_sequence_is_impossible_then_it_says_why(
    tested: Rule, words: list[str]
) -> None:
    assert [f"{f.item}: {f.problem}; {f.remedy}" for f in KIND.check(tested)] == words
