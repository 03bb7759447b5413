"""The index of inhibition that is kept in step says the same as one that is made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import parse
from citybrain.alerts.records import Alert
from citybrain.floor.clock import monotonic
from citybrain.floor.origins import ORIGINS, Deed, permits
from citybrain.floor.text import NOTHING
from citybrain.notices.inhibitions import BUILT_IN
from citybrain.notices.open_alerts import OpenAlerts
from citybrain.notices.routing import Inhibition
from tests.citybrain.notices.sample import NOW, alert

some_alerts = st.builds(
    alert,
    st.sampled_from("abcd"),
    level=st.sampled_from(["red", "blue", "yellow"]),
    rule=st.sampled_from(["feed_silent", "jam"]),
    state=st.sampled_from(["pending", "firing", "acknowledged"]),
    area=st.sampled_from(["", "150302", "150302001"]),
    feeds=st.sampled_from([(), ("radar",), ("bus",), ("radar", "bus")]),
    origin=st.sampled_from(ORIGINS),
    shard=st.sampled_from(["0", "0-exercise-one", "0-exercise-two"]),
    labels=st.sampled_from([{}, {"hazard": "gas"}, {"hazard": "flood"}]),
    subject=st.sampled_from(["", "g1", "g2"]),
    opened_at=st.sampled_from([NOW, NOW + timedelta(minutes=1)]),
)
changes = st.lists(st.one_of(some_alerts, st.sampled_from("abcd")), max_size=12)


def quiet(alerts: OpenAlerts, rules: Sequence[Inhibition] = BUILT_IN) -> set[tuple[str, str]]:
    """Return (alert, rule) of all that are kept quiet."""
    return {
        (name, rule.id)
        for name, one in alerts.items()
        for rule, _ in alerts.sources(one, labels(one), rules)
    }


def inhibition(name: str, source: str, target: str, **same: Any) -> Inhibition:
    return Inhibition(name, (parse(source),), (parse(target),), NOTHING, **same)


CIRCLES = (
    inhibition("gas", "rule=jam", "rule=feed_silent", equal=("street",)),
    inhibition("jam", "rule=feed_silent", "rule=jam", equal=("street",)),
    inhibition("red", "level=red", "level!=red", equal=("subject",)),
    inhibition("blue", "level=blue", "level!=blue", equal=("subject",)),
    inhibition("feed", 'rule=~".+"', "level=yellow", covers="feed"),
)
"""Each can go round with another one."""


@given(changes)
def test_index_after_any_changes_equals_a_new_one(found: list[Alert | str]) -> None:
    kept = OpenAlerts()
    quiet(kept)
    for change in found:
        if isinstance(change, str):
            kept.pop(change, None)
        else:
            kept[change.id] = change
            quiet(kept)

    assert quiet(kept) == quiet(OpenAlerts(dict(kept)))


def test_nothing_keeps_itself_quiet() -> None:
    red = alert("a", level="red")

    assert quiet(OpenAlerts({"a": red})) == set()


@pytest.mark.timed
def test_storm_of_open_alerts_costs_microseconds_each() -> None:
    kept = OpenAlerts()
    storm = [alert(f"a{n}", level="blue", area="150302001") for n in range(5_000)]
    started = monotonic()
    for one in storm:
        kept[one.id] = one
        assert list(kept.sources(one, labels(one), BUILT_IN)) == []

    assert monotonic() - started < 2.0
    assert len(kept) == 5_000


@given(changes)
def test_index_after_any_changes_of_circles_equals_a_new_one(found: list[Alert | str]) -> None:
    kept = OpenAlerts()
    for change in found:
        if isinstance(change, str):
            kept.pop(change, None)
        else:
            kept[change.id] = change
            quiet(kept, CIRCLES)

    assert quiet(kept, CIRCLES) == quiet(OpenAlerts(dict(kept)), CIRCLES)


@given(changes)
def test_circle_when_inhibitions_go_round_then_what_keeps_quiet_ends_at_one_that_is_told(
    found: list[Alert | str],
) -> None:
    alerts = OpenAlerts({one.id: one for one in found if isinstance(one, Alert)})
    by = {
        name: source.id
        for name, one in alerts.items()
        for _, source in alerts.sources(one, labels(one), CIRCLES)
    }

    for name in by:
        chain = [name]
        while chain[-1] in by:
            assert by[chain[-1]] not in chain, f"nobody is told of {chain}"
            chain.append(by[chain[-1]])
    for name, source in by.items():
        assert permits(Deed.QUIETEN, alerts[source].episode.world, alerts[name].episode.world)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"level": "red"}, {"level": "blue"}, "a"),
        ({"level": "blue"}, {"level": "red"}, "b"),
        ({"opened_at": NOW + timedelta(seconds=1)}, {}, "b"),
        ({}, {"opened_at": NOW + timedelta(seconds=1)}, "a"),
        ({}, {}, "a"),
    ],
)
def test_circle_when_two_name_each_other_then_the_higher_or_earlier_is_told(
    one: dict[str, Any], other: dict[str, Any], told: str
) -> None:
    both = CIRCLES[:2]
    found = [alert("a", rule="jam", **one), alert("b", rule="feed_silent", **other)]

    for order in (found, found[::-1]):
        names = {name for name, _ in quiet(OpenAlerts({a.id: a for a in order}), both)}
        assert {"a", "b"} - names == {told}


def test_source_when_no_circle_is_there_then_a_lower_one_keeps_a_higher_one_quiet() -> None:
    silent = alert("s", rule="feed_silent", level="yellow", subject="g1", labels={"hazard": "gas"})
    red = alert("r", subject="g1", labels={"hazard": "gas"})

    assert quiet(OpenAlerts({"s": silent, "r": red})) == {("s", "red_same_cause")}
    other = alert("o", subject="g2")
    assert quiet(OpenAlerts({"s": silent, "o": other})) == {("o", "feed_silent")}


@pytest.mark.parametrize(("source", "target"), list(product(ORIGINS, ORIGINS)))
def test_source_when_of_any_origin_then_only_its_own_or_a_lesser_one_is_kept_quiet(
    source: str, target: str
) -> None:
    red = alert("r", subject="g1", labels={"hazard": "gas"}, origin=source)
    blue = alert("b", level="blue", subject="g1", labels={"hazard": "gas"}, origin=target)

    kept_quiet = ORIGINS.index(source) <= ORIGINS.index(target)
    assert bool(quiet(OpenAlerts({"r": red, "b": blue}))) is kept_quiet
