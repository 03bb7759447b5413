"""One thing after another, one missing, any of several."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from citybrain.city import City, load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEvent, RuleTest
from streams.conditions.sequence import KIND, Options, SequenceStep
from streams.ruling.engine import RuleEngine
from streams.ruling.tools.rule_tests import episodes_of, records_of, run_rule_test
from tests.repository import WUHAI

RAIN, POND, FAULT = "precipitation", "road_ponding", "signal_fault"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(WUHAI)


def rule(*steps: SequenceStep, **given: Any) -> Rule:
    options = Options(steps, given.pop("within", timedelta(hours=1)), given.pop("any_", None))
    return Rule(
        id="rain_then_ponding",
        theme="city_management",
        title=Text("雨后积水", "Ponding after rain"),
        summary=Text("{place}：{words}", "{place}: {words}"),
        condition=options,
        kinds=tuple(dict.fromkeys(step.kind for step in steps)),
        by=("street",),
        level="orange",
        version="v",
        **given,
    )


def event(at: str, kind: str, value: float | None = None, **given: Any) -> RuleEvent:
    return RuleEvent(at=at, kind=kind, value=value, area="150302003", **given)


HEAVY = SequenceStep(RAIN, {"value": ">=5"})
THEN = rule(HEAVY, SequenceStep(POND))
MISSING = rule(SequenceStep(POND), SequenceStep("manhole_overflow", absent=True))
ANY = rule(HEAVY, SequenceStep(POND), SequenceStep("sewer_blocked"), any_=2)
TWICE = rule(SequenceStep(POND), SequenceStep(POND))
ANY_INSIDE = rule(SequenceStep(POND), SequenceStep(POND, {"severity": ">=3"}), any_=2)
NOT_AGAIN = rule(SequenceStep(POND), SequenceStep(POND, absent=True))


@pytest.mark.parametrize(
    ("tested", "events", "expect"),
    [
        pytest.param(
            THEN,
            [event("08:00", RAIN, 6), event("08:30", POND)],
            [ExpectedAlert("orange", at="08:30", state="ended")],
            id="in-order",
        ),
        pytest.param(THEN, [event("08:30", POND), event("08:40", RAIN, 6)], [], id="reversed"),
        pytest.param(THEN, [event("08:00", RAIN, 2), event("08:30", POND)], [], id="light-rain"),
        pytest.param(THEN, [event("08:00", RAIN, 6), event("09:01", POND)], [], id="too-late"),
        pytest.param(
            THEN,
            [event("08:30", POND), event("08:25", RAIN, 6, arrives="08:31")],
            [ExpectedAlert("orange", at="08:30", state="ended")],
            id="rain-arrives-late",
        ),
        pytest.param(
            MISSING, [event("08:00", POND)], [ExpectedAlert("orange", at="09:00")], id="missing"
        ),
        pytest.param(
            MISSING, [event("08:00", POND), event("08:20", "manhole_overflow")], [], id="came"
        ),
        pytest.param(
            ANY,
            [event("08:00", "sewer_blocked"), event("08:10", RAIN, 9)],
            [ExpectedAlert("orange", at="08:10", state="ended")],
            id="two-of-three",
        ),
        pytest.param(ANY, [event("08:00", POND), event("08:10", POND)], [], id="one-twice"),
        pytest.param(
            ANY_INSIDE,
            [event("08:00", POND), event("08:10", POND, severity=4)],
            [ExpectedAlert("orange", at="08:10", state="ended")],
            id="any-inside-another",
        ),
        pytest.param(
            ANY_INSIDE,
            [event("08:00", POND, severity=4), event("08:10", POND)],
            [ExpectedAlert("orange", at="08:10", state="ended")],
            id="any-that-makes-room",
        ),
        pytest.param(ANY_INSIDE, [event("08:00", POND, severity=4)], [], id="any-one-counts-once"),
        pytest.param(
            TWICE,
            [event("08:00", POND), event("08:40", POND)],
            [ExpectedAlert("orange", at="08:40", state="ended")],
            id="the-same-again",
        ),
        pytest.param(TWICE, [event("08:00", POND)], [], id="one-is-not-two"),
        pytest.param(
            NOT_AGAIN, [event("08:00", POND)], [ExpectedAlert("orange", at="09:00")], id="not-again"
        ),
        pytest.param(
            NOT_AGAIN,
            [event("08:00", POND), event("08:40", POND)],
            [ExpectedAlert("orange", at="09:40")],
            id="again-and-not-again",
        ),
        pytest.param(
            MISSING,
            [event("08:00", POND), event("10:30", "manhole_overflow")],
            [ExpectedAlert("orange", at="09:00", state="ended")],
            id="came-after-all",
        ),
        pytest.param(
            MISSING,
            [event("08:00", POND), event("08:59", "manhole_overflow", arrives="09:15")],
            [ExpectedAlert("orange", at="09:00", state="revised")],
            id="came-in-time-and-was-told-late",
        ),
        pytest.param(
            THEN,
            [event("08:00", RAIN, 6), event("08:30", POND), event("09:00", POND)],
            [ExpectedAlert("orange", at="08:30", state="ended")],
            id="completed-again-is-the-same-alert",
        ),
    ],
)
def test_sequence_when_events_come_then_it_fires_as_expected(
    city: City, tested: Rule, events: Any, expect: Any
) -> None:
    test = RuleTest("test", tuple(events), until="11:00", expect=tuple(expect))

    assert run_rule_test(tested, test, city) == []


def test_sequence_when_events_come_in_any_order_then_the_same_stands(city: City) -> None:
    events = [event("08:05", RAIN, 6), event("08:06", POND), event("08:07", POND)]
    results = set()
    for order in permutations(events):
        late = [
            event(one.at, str(one.kind), one.value, arrives="08:08:0" + str(number))
            for number, one in enumerate(order)
        ]
        test = RuleTest("test", tuple(late), until="11:00")
        found = episodes_of(THEN, test, city)
        results.add(
            tuple(sorted((e.alert, e.state) for e in found.values() if e.state != "revised"))
        )

    assert len(results) == 1
    assert len(next(iter(results))) == 1


def test_sequence_when_packed_between_the_steps_then_it_goes_on(city: City) -> None:
    test = RuleTest("test", (event("08:00", RAIN, 6), event("08:30", POND)), until="08:35")
    records = list(records_of(THEN, test, city))
    first, told = RuleEngine([THEN], city), []
    for record in records[: len(records) // 2]:
        told += first.take([record])
    second = RuleEngine([THEN], city)
    second.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(first.pack())))
    for record in records[len(records) // 2 :]:
        told += second.take([record])

    assert [one.state for one in told] == ["firing"]


@pytest.mark.parametrize(
    ("tested", "events", "zh", "en"),
    [
        pytest.param(
            THEN,
            [event("08:00", RAIN, 6), event("08:10", RAIN, 1), event("08:30", POND)],
            "08:00 降水量 → 08:30 道路积水",
            "08:00 Precipitation → 08:30 Water on the road",
            id="in-order",
        ),
        pytest.param(
            MISSING,
            [event("08:00", POND)],
            "08:00 道路积水；1小时内未见检查井溢水",
            "08:00 Water on the road; no Manhole overflow within 1h",
            id="missing",
        ),
        pytest.param(
            ANY,
            [event("08:00", "sewer_blocked"), event("08:10", RAIN, 9)],
            "08:00 下水道堵塞 → 08:10 降水量",
            "08:00 Blocked sewer → 08:10 Precipitation",
            id="any",
        ),
    ],
)
def test_sequence_when_it_fires_then_the_evidence_is_its_steps(
    city: City, tested: Rule, events: Any, zh: str, en: str
) -> None:
    test = RuleTest("test", tuple(events), until="09:30")
    found = next(iter(episodes_of(tested, test, city).values()))

    assert (found.evidence.words.zh, found.evidence.words.en) == (zh, en)
    steps = [one for one in events if one.value is None or one.value >= 5]
    assert len(found.evidence.events) == len(steps)
    assert len(found.evidence.points) == len(steps)


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        pytest.param(rule(SequenceStep(POND)), ["steps: 1 of them; give 2 to 16"], id="one"),
        pytest.param(
            rule(SequenceStep(RAIN, absent=True), SequenceStep(POND)),
            ["steps[0].absent: only the last step can be; move it there"],
            id="missing-first",
        ),
        pytest.param(
            rule(SequenceStep(RAIN), SequenceStep(POND), any_=3),
            ["any: 3 of 2 steps; give 2 up to all of them"],
            id="any",
        ),
        pytest.param(
            rule(SequenceStep(RAIN), SequenceStep(POND), within=timedelta(days=9)),
            ["within: 9d is impossible; give more than 0s, at most 8d"],
            id="long",
        ),
        pytest.param(
            rule(SequenceStep(RAIN), SequenceStep(POND), within=timedelta()),
            ["within: 0s is impossible; give more than 0s, at most 8d"],
            id="no-time",
        ),
        pytest.param(
            rule(SequenceStep(RAIN), SequenceStep(POND, absent=True), any_=2),
            ["steps[1].absent: any of several cannot be missing; take any or absent away"],
            id="missing-any",
        ),
        pytest.param(
            replace(rule(SequenceStep(RAIN), SequenceStep(POND)), kinds=(RAIN,)),
            [
                "steps[1].kind: the rule does not read 'road_ponding'; "
                "add 'road_ponding' to the rule's kinds"
            ],
            id="kind-not-read",
        ),
        pytest.param(
            replace(rule(SequenceStep(RAIN), SequenceStep(POND)), kinds=(RAIN, POND, FAULT)),
            ["steps: no step is a 'signal_fault'; take 'signal_fault' out of the kinds"],
            id="kind-for-nothing",
        ),
        pytest.param(
            rule(HEAVY, SequenceStep(POND, {"value": "deep"})),
            ["steps[1].where.value: 'deep' compares nothing; give for example '>=2'"],
            id="where",
        ),
    ],
)
def test_check_when_a_sequence_is_impossible_then_it_says_why(
    tested: Rule, words: list[str]
) -> None:
    assert [f"{f.item}: {f.problem}; {f.remedy}" for f in KIND.check(tested)] == words
