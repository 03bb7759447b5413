"""One place, one incident."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from citybrain.alerts import incidents, lifecycle
from citybrain.alerts.incidents import Incidents, metres
from citybrain.alerts.labels import labels
from citybrain.alerts.records import Alert, Evidence
from citybrain.floor.origins import ORIGINS
from tests.citybrain.alerts.sample import at, episode


def alert(name: str, *, minute: float = 0, incident: str = "", **given: Any) -> Alert:
    found = lifecycle.told(None, episode(name, **given), at(minute), "e")[0].after
    return replace(found, incident=incident or name)


def of(new: Alert, *open_alerts: Alert) -> str:
    where = Incidents()
    for one in open_alerts:
        where.add(one)
    return where.of(new)


STREET = alert("a1", area="150302003")
SPOT = alert("b1", area="", lon=106.8000, lat=39.6600)


@pytest.mark.parametrize(
    ("new", "incident"),
    [
        pytest.param(alert("n", area="150302003004"), "a1", id="same-street"),
        pytest.param(alert("n", area="150302004"), "n", id="other-street"),
        pytest.param(alert("n", area="150302"), "n", id="district-only"),
        pytest.param(alert("n", area="150302003", theme="traffic"), "n", id="other-theme"),
        pytest.param(alert("n", area="", lon=106.8000, lat=39.6626), "b1", id="290-m"),
        pytest.param(alert("n", area="", lon=106.8000, lat=39.6628), "n", id="311-m"),
        pytest.param(alert("n", area="150302003", lon=106.8, lat=39.66), "b1", id="spot-first"),
    ],
)
def test_of_when_an_alert_opens_then_its_place_decides(new: Alert, incident: str) -> None:
    assert of(new, STREET, SPOT) == incident


GAS = {"labels": {"hazard": "gas"}}


@pytest.mark.parametrize(
    ("open_one", "new", "joins"),
    [
        pytest.param({"rule": "gas"}, {"rule": "manhole"}, False, id="theme-and-street-alone"),
        pytest.param({"rule": "gas"}, {"rule": "gas"}, True, id="rule"),
        pytest.param({"rule": "gas", **GAS}, {"rule": "drop", **GAS}, True, id="hazard"),
        pytest.param(
            {"rule": "gas", **GAS},
            {"rule": "calls", "theme": "governance", **GAS},
            True,
            id="hazard-of-another-theme",
        ),
        pytest.param(
            {"rule": "gas", **GAS},
            {"rule": "m", "labels": {"hazard": "flood"}},
            False,
            id="other-hazard",
        ),
        pytest.param(
            {"rule": "a", "kinds": ("leak",)}, {"rule": "b", "kinds": ("leak",)}, True, id="kind"
        ),
        pytest.param(
            {"rule": "a", "kinds": ("leak", "pipe")},
            {"rule": "b", "kinds": ("leak",)},
            False,
            id="one-of-many-kinds",
        ),
        pytest.param(
            {"rule": "a", "subject": "g1"},
            {"rule": "b", "subject": "g1"},
            True,
            id="subject",
        ),
        pytest.param(
            {"rule": "a", "evidence": Evidence(measure="n", events=("e1", "e2"))},
            {"rule": "b", "evidence": Evidence(measure="n", events=("e2",))},
            True,
            id="event",
        ),
    ],
)
def test_of_when_in_one_street_then_the_cause_decides(
    open_one: dict[str, Any], new: dict[str, Any], *, joins: bool
) -> None:
    assert of(alert("n", **new), alert("o", **open_one)) == ("o" if joins else "n")


@pytest.mark.parametrize(("open_one", "new"), list(product(ORIGINS, ORIGINS)))
def test_of_when_of_any_origin_then_its_own_is_gathered_alone(open_one: str, new: str) -> None:
    joins = open_one == new

    assert of(alert("n", origin=new), alert("o", origin=open_one)) == ("o" if joins else "n")


def test_of_when_of_another_run_of_drills_then_it_is_apart() -> None:
    first = alert("o", origin="exercise", shard="0-exercise-one")

    assert of(alert("n", origin="exercise", shard="0-exercise-one"), first) == "o"
    assert of(alert("n", origin="exercise", shard="0-exercise-two"), first) == "n"


def test_of_when_several_are_there_then_the_first_that_opened_decides() -> None:
    late, early = alert("a1", minute=5), alert("a2", minute=1, incident="a0")

    assert of(alert("n", minute=9), late, early) == "a0"


def test_of_when_the_first_is_closed_then_the_next_one_decides() -> None:
    where, first = Incidents(), alert("a1")
    where.add(first)
    where.add(alert("a2", minute=1, incident="a1"))
    where.drop(first)

    assert where.of(alert("n")) == "a1"
    where.drop(alert("a2", minute=1))
    assert where.of(alert("n")) == "n"


def test_apart_when_the_first_of_an_incident_is_split_off_then_nobody_joins_it() -> None:
    first = alert("a1")
    split = replace(first, incident=incidents.apart(first))

    assert split.incident == "a1~2"
    assert of(alert("n"), first, split) == "n"


def test_metres_when_a_degree_apart_then_as_on_the_sphere() -> None:
    assert round(metres(106.8, 39.0, 106.8, 40.0)) == 111_195
    assert round(metres(106.0, 39.5, 107.0, 39.5)) == 85_801


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_of_when_alerts_come_in_another_order_then_the_answer_is_the_same(
    order: list[int], closed: set[int]
) -> None:
    found = [
        alert(f"a{n}", minute=n % 3, lon=106.8 + n / 1000, lat=39.66, incident=f"i{n}")
        for n in range(6)
    ]
    where = Incidents()
    for number in order:
        where.add(found[number])
    for number in closed:
        where.drop(found[number])

    left = [found[number] for number in range(6) if number not in closed]
    assert where.of(SPOT) == of(SPOT, *left)


def test_labels_when_an_alert_is_about_a_street_then_its_district_is_one_too() -> None:
    found = labels(alert("a1", area="150302003004", labels={"team": "gas", "rule": "no"}))

    assert (found["district"], found["street"], found["area"]) == (
        ("150302",),
        ("150302003",),
        ("150302003004",),
    )
    assert (found["rule"], found["team"], found["exercise"]) == (("gas_leak",), ("gas",), ("no",))
    assert labels(alert("a1", area="150302"))["street"] == ()
