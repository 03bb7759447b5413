"""What rules over alerts tell in the end is a function of the set of alerts, not of their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from citybrain.alerts.records import Episode
from citybrain.rules.rule import Rule
from streams.conditions.alert_sequence import AlertStep
from streams.ruling.over_alerts.composer import Composer
from tests.citybrain.alerts.sample import episode
from tests.streams.ruling.rig import rule, wuhai

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
LATER = NOON + timedelta(hours=8)
HOUR = timedelta(hours=1)
A, B, C = AlertStep("a"), AlertStep("b"), AlertStep("c")
_RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("composite", {"all_": ("a", "b")}),
    "all_within": ("composite", {"all_": ("a", "b"), "within": HOUR}),
    "any_but": ("composite", {"any_": ("a", "b"), "none": ("c",)}),
    "then": ("alert_sequence", {"steps": (A, B), "within": HOUR}),
    "then_then": ("alert_sequence", {"steps": (A, B, C), "within": HOUR}),
    "again": ("alert_sequence", {"steps": (A, A), "within": HOUR}),
    "missing": ("alert_sequence", {"steps": (A, AlertStep("b", absent=True)), "within": HOUR}),
    "two_of_three": ("alert_sequence", {"steps": (A, B, C), "within": HOUR, "any_": 2}),
}
every_rule = pytest.mark.parametrize("name", sorted(_RULES))


def rule_named(name: str) -> Rule:
    kind, options = _RULES[name]
    return rule(kind, options, id=name, kinds=(), by=("district",), level="red")


@st.composite
def alerts(draw: st.DrawFn, least: int = 0, most: int = 6) -> list[list[Episode]]:
    """Return what is told of each of some alerts: that it fires, then how it went on."""
    starts = draw(st.lists(st.integers(0, 240), min_size=least, max_size=most, unique=True))
    return [_tellings(start, *draw(_course)) for start in starts]


_course = st.tuples(
    st.sampled_from(["a", "b", "c"]), st.sampled_from([None, 0, 20, 90]), st.booleans()
)


def _tellings(minute: int, name: str, lasts: int | None, revised: Any) -> list[Episode]:
    start = NOON + timedelta(minutes=minute)
    firing = episode(f"{name}{minute}", rule=name, started_at=start, fired_at=start)
    if revised:
        return [firing, replace(firing, state="revised")]
    if lasts is None:
        return [firing]
    return [firing, replace(firing, state="ended", ended_at=start + timedelta(minutes=lasts))]


@st.composite
def interleaved(draw: st.DrawFn, found: list[list[Episode]]) -> list[Episode]:
    """Return all tellings, those of one alert in their order, some twice."""
    waiting = [list(one) for one in found if one]
    told = []
    while waiting:
        one = draw(st.sampled_from(waiting))
        told += [one[0]] * draw(st.integers(1, 2))
        one.pop(0)
        waiting = [left for left in waiting if left]
    return told


def outline(composer: Composer, taken: Sequence[Episode]) -> set[tuple[Any, ...]]:
    """Return what stands in the end of what `composer` tells."""
    last: dict[str, Episode] = {}
    for given_ in taken:
        last |= {one.alert: one for one in composer.take(given_, LATER)}
    last |= {one.alert: one for one in composer.tick(LATER)}
    return {
        (one.alert, one.state, one.started_at, one.ended_at, one.evidence.words.en)
        for one in last.values()
        if one.state != "revised"
    }


@every_rule
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_composer_when_alerts_come_in_any_order_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    found = data.draw(alerts())
    tested = rule_named(name)

    mixed = outline(Composer([tested], wuhai()), data.draw(interleaved(found)))

    inputs = [one[-1] for one in found if one[-1].state != "revised"]
    assert {one[:4] for one in mixed} == {
        one[:4] for one in outline(Composer([tested], wuhai()), inputs)
    }


@every_rule
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_composer_when_restored_at_any_point_then_the_same_is_told(
    name: str, data: st.DataObject
) -> None:
    tested, taken = rule_named(name), data.draw(interleaved(data.draw(alerts())))
    at = data.draw(st.integers(0, len(taken)))
    first, second = Composer([tested], wuhai()), Composer([tested], wuhai())
    known: dict[str, Episode] = {}
    for one in taken[:at]:
        known |= {one.alert: one}
        known |= {told.alert: told for told in first.take(one, LATER)}
    second.restore(known.values())
    for one in taken[at:]:
        known |= {told.alert: told for told in second.take(one, LATER)}
    known |= {told.alert: told for told in second.tick(LATER)}

    assert {
        (one.alert, one.state, one.started_at, one.ended_at)
        for one in known.values()
        if one.rule == name and one.state != "revised"
    } == {one[:4] for one in outline(Composer([tested], wuhai()), taken)}


def _days(tested: Rule, taken: Sequence[Episode], restarts: set[int]) -> set[tuple[Any, ...]]:
    """Return what stands after two days, in which a new composer takes over at some hours."""
    composer, known = Composer([tested], wuhai()), dict[str, Episode]()
    waiting = sorted(taken, key=lambda one: one.told_at)
    for hour in range(48):
        now = NOON + hour * HOUR
        if hour in restarts:
            composer = Composer([tested], wuhai())
            composer.restore(one for one in known.values() if not _forgotten(one, now))
        while waiting and waiting[0].told_at <= now:
            known[waiting[0].alert] = waiting[0]
            known |= {told.alert: told for told in composer.take(waiting.pop(0), now)}
        known |= {told.alert: told for told in composer.tick(now)}
    return {
        (one.alert, one.state, one.started_at, one.ended_at)
        for one in known.values()
        if one.rule == tested.id and one.state != "revised"
    }


def _forgotten(one: Episode, now: datetime) -> bool:
    """Whether the owner has let go of an alert."""
    over = one.told_at if one.state == "revised" else one.ended_at
    return over is not None and over < now - 24 * HOUR


@every_rule
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_composer_when_restored_over_days_then_what_is_forgotten_changes_nothing(
    name: str, data: st.DataObject
) -> None:
    found = [
        replace(one, told_at=max(one.told_at, one.ended_at or one.started_at))
        for tellings in data.draw(alerts(least=6, most=15))
        for one in tellings
    ]
    restarts = data.draw(st.sets(st.integers(22, 32), min_size=1, max_size=4))

    assert _days(rule_named(name), found, restarts) == _days(rule_named(name), found, set())
