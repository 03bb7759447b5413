"""One rule's alert after another's, or missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEpisode, RuleTest
from streams.conditions.alert_sequence import KIND, AlertStep, Options
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.tools.rule_tests import run_rule_test
from tests.citybrain.alerts.sample import episode
from tests.repository import WUHAI

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
STREET = "150302003"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(WUHAI)


def rule(*steps: AlertStep, **given: Any) -> Rule:
    options = Options(steps, given.pop("within", timedelta(hours=1)), given.pop("any_", None))
    return Rule(
        id="s",
        theme="city_management",
        title=Text("先后", "Sequence"),
        summary=Text("{place}：{words}", "{place}: {words}"),
        condition=options,
        by=("street",),
        level="red",
        version="v",
        **given,
    )


def alert(name: str, at: str, until: str | None = None, area: str = STREET) -> RuleEpisode:
    return RuleEpisode(rule=name, at=at, until=until, area=area)


THEN = rule(AlertStep("a"), AlertStep("b"))
MISSING = rule(AlertStep("a"), AlertStep("b", absent=True))
ANY_TWICE = rule(AlertStep("a"), AlertStep("a"), any_=2)
ANY = rule(AlertStep("a"), AlertStep("b"), AlertStep("c"), any_=2)


@pytest.mark.parametrize(
    ("tested", "alerts", "expect"),
    [
        pytest.param(
            THEN,
            [alert("a", "08:00"), alert("b", "08:30")],
            [ExpectedAlert("red", at="08:30", state="ended", key={"street": STREET})],
            id="in-order",
        ),
        pytest.param(
            THEN,
            [alert("a", "08:00", until="08:01"), alert("b", "08:30")],
            [ExpectedAlert("red", at="08:30", state="ended")],
            id="the-first-is-over",
        ),
        pytest.param(THEN, [alert("b", "08:00"), alert("a", "08:30")], [], id="reversed"),
        pytest.param(THEN, [alert("a", "08:00"), alert("b", "09:01")], [], id="too-late"),
        pytest.param(
            THEN, [alert("a", "08:00"), alert("b", "08:30", area="150302004")], [], id="elsewhere"
        ),
        pytest.param(
            THEN,
            [alert("a", "08:00"), alert("b", "08:30"), alert("b", "08:50")],
            [ExpectedAlert("red", at="08:30", state="ended")],
            id="again-meanwhile",
        ),
        pytest.param(
            MISSING,
            [alert("a", "08:00")],
            [ExpectedAlert("red", at="09:00", state="firing")],
            id="missing",
        ),
        pytest.param(MISSING, [alert("a", "08:00"), alert("b", "08:59")], [], id="came"),
        pytest.param(
            MISSING,
            [alert("a", "08:00"), alert("b", "09:20")],
            [ExpectedAlert("red", at="09:00", state="ended")],
            id="came-after-all",
        ),
        pytest.param(
            MISSING,
            [alert("a", "08:00", until="08:05")],
            [ExpectedAlert("red", at="09:00", state="ended")],
            id="missing-and-the-first-is-over",
        ),
        pytest.param(
            ANY,
            [alert("c", "08:00"), alert("a", "08:10")],
            [ExpectedAlert("red", at="08:10", state="ended")],
            id="two-of-three",
        ),
        pytest.param(ANY, [alert("c", "08:00"), alert("c", "08:10")], [], id="one-twice"),
        pytest.param(
            ANY_TWICE,
            [alert("a", "08:00"), alert("a", "08:10")],
            [ExpectedAlert("red", at="08:10", state="ended")],
            id="the-same-twice",
        ),
        pytest.param(ANY_TWICE, [alert("a", "08:00")], [], id="the-same-once"),
    ],
)
def test_sequence_when_alerts_come_then_it_fires_as_expected(
    city: City, tested: Rule, alerts: Any, expect: Any
) -> None:
    test = RuleTest("test", alerts=tuple(alerts), until="11:00", expect=tuple(expect))

    assert run_rule_test(tested, test, city) == []


def of(name: str, minute: int, until: int | None = None) -> Episode:
    start = NOON + timedelta(minutes=minute)
    end = None if until is None else NOON + timedelta(minutes=until)
    state = "firing" if until is None else "ended"
    return episode(
        f"{name}{minute}", rule=name, state=state, started_at=start, fired_at=start, ended_at=end,
        area=STREET,
    )  # fmt: skip


def minutes(told: list[Episode]) -> list[tuple[str, float, float | None]]:
    return [
        (
            one.state,
            (one.started_at - NOON).total_seconds() / 60,
            None if one.ended_at is None else (one.ended_at - NOON).total_seconds() / 60,
        )
        for one in told
    ]


def test_take_when_alerts_come_in_any_order_then_the_same_stands(city: City) -> None:
    inputs = [of("a", 0, until=5), of("b", 10), of("a", 200), of("b", 230, until=240)]
    late = NOON + timedelta(minutes=400)
    results = set()
    for order in permutations(inputs):
        composer, stands = Composer([THEN], city), {}
        for one in order:
            stands |= {told.alert: told for told in composer.take(one, late)}
        left = [one for one in stands.values() if one.state != "revised"]
        results.add(tuple(sorted(minutes(left))))

    assert results == {(("ended", 10.0, 70.0), ("ended", 230.0, 290.0))}


def test_tick_when_the_time_for_a_missing_step_is_over_then_it_fires_once(city: City) -> None:
    composer = Composer([MISSING], city)
    composer.take(of("a", 0), NOON)

    assert composer.tick(NOON + timedelta(minutes=59)) == []
    assert minutes(composer.tick(NOON + timedelta(minutes=60))) == [("firing", 60.0, None)]
    assert composer.tick(NOON + timedelta(minutes=61)) == []


def test_take_when_the_missing_step_had_come_late_then_it_is_revised(city: City) -> None:
    composer = Composer([MISSING], city)
    composer.take(of("a", 0), NOON)
    composer.tick(NOON + timedelta(minutes=60))

    told = composer.take(of("b", 50), NOON + timedelta(minutes=61))

    assert minutes(told) == [("revised", 60.0, None)]


def test_tick_when_what_prevented_it_is_forgotten_then_it_stays_silent(city: City) -> None:
    composer = Composer([MISSING], city)
    composer.take(of("a", 0), NOON)
    composer.take(of("b", 10, until=20), NOON + timedelta(minutes=20))
    days = NOON + timedelta(days=3)

    assert composer.tick(days) == []
    assert composer.take(of("a", 0), days) == []


def test_tick_when_an_answered_alert_is_open_for_days_then_others_are_judged_apart(
    city: City,
) -> None:
    composer, day = Composer([MISSING], city), 24 * 60
    told = []

    def at(minute: int, *episodes: Episode) -> None:
        for one in episodes:
            told.extend(composer.take(one, NOON + timedelta(minutes=minute)))
        told.extend(composer.tick(NOON + timedelta(minutes=minute)))

    at(0, of("a", 0))
    at(10, of("b", 10), of("b", 10, until=11))
    at(60, of("a", 60), of("a", 60, until=62))
    for minute in (120, 180, 180 + day, 181 + day, 185 + day):
        at(minute)
    at(3 * day, of("a", 3 * day))
    at(3 * day + 60)
    at(3 * day + 90, of("a", 3 * day, until=3 * day + 90))
    at(3 * day + 120)

    assert minutes(told) == [
        ("firing", 120.0, None),
        ("ended", 120.0, 180.0),
        ("firing", 3 * day + 60.0, None),
        ("ended", 3 * day + 60.0, 3 * day + 120.0),
    ]


def test_restore_when_it_is_missing_for_days_then_it_goes_on(city: City) -> None:
    first = Composer([MISSING], city)
    first.take(of("a", 0), NOON)
    told = first.tick(NOON + timedelta(minutes=60))
    days = NOON + timedelta(days=3)
    second = Composer([MISSING], city)

    second.restore([of("a", 0), *told])

    assert second.tick(days) == []
    assert minutes(second.take(of("b", 4321), NOON + timedelta(minutes=4321))) == [
        ("ended", 60.0, 4321.0)
    ]


def test_restore_when_a_part_in_the_middle_is_forgotten_then_what_ended_stays_so(
    city: City,
) -> None:
    first, late = Composer([ANY], city), NOON + timedelta(minutes=300)
    taken = [of("a", 10), of("b", 20), of("c", 70, until=71), of("a", 120, until=121)]
    taken.append(of("b", 170, until=171))
    told = {one.alert: one for one in first.take_all(taken, late)}
    second, later = Composer([ANY], city), NOON + timedelta(days=1, minutes=100)

    second.restore([*taken[:2], *taken[3:], *told.values()])

    assert minutes(list(told.values())) == [("ended", 20.0, 230.0)]
    assert second.tick(later) == []


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        pytest.param(rule(AlertStep("a")), ["steps: 1 of them; give 2 to 16"], id="one"),
        pytest.param(
            rule(AlertStep("a"), AlertStep("b"), within=timedelta(hours=7)),
            ["within: 7h is impossible; give more than 0s, at most 6h"],
            id="long",
        ),
        pytest.param(
            rule(AlertStep("a"), AlertStep("s")),
            ["steps: 's' reads itself; take it away"],
            id="itself",
        ),
    ],
)
def test_check_when_a_sequence_is_impossible_then_it_says_why(
    tested: Rule, words: list[str]
) -> None:
    assert [f"{f.item}: {f.problem}; {f.remedy}" for f in KIND.check(tested)] == words
