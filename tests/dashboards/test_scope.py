"""Who sees which alert."""

from __future__ import annotations

import pytest

from citybrain.workflow.scope import Scope, Sealed
from dashboards.alert_queries import ALERTS
from tests.dashboards.desk.house import Guest
from tests.dashboards.making import Make


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(), True),
        (Scope(departments=("gas",)), True),
        (Scope(departments=("water", "gas")), True),
        (Scope(departments=("water",)), False),
        (Scope(areas=("150302",)), True),
        (Scope(areas=("150303", "150302001")), True),
        (Scope(areas=("150302002",)), False),
        (Scope(departments=("gas",), areas=("150303",)), False),
    ],
    ids=str,
)
def test_covers_when_an_alert_is_of_gas_in_one_street_then(
    scope: Scope, seen: bool, make: Make
) -> None:
    alert = make("a1", e_departments=("gas", "fire_rescue"), e_area="150302001003")
    assert scope.covers(alert) is seen


def test_covers_when_an_alert_has_no_place_or_department_then_only_who_sees_all(make: Make) -> None:
    alert = make("a1", e_departments=(), e_area="")
    assert Scope().covers(alert)
    assert not Scope(areas=("150302",)).covers(alert)
    assert not Scope(departments=("gas",)).covers(alert)


def test_of_when_two_may_see_the_same_then_it_is_the_same() -> None:
    one, other = Guest(departments=("b", "a")), Guest(user="x", departments=("a", "b"))
    assert Scope.of(one) == Scope.of(other)
    assert hash(Scope.of(one)) == hash(Scope.of(other))


def test_condition_when_values_are_hostile_then_they_are_bound_and_not_spelled_out() -> None:
    condition, values = Scope(("'); DROP TABLE alerts; --",), ("' OR 1",)).condition(ALERTS)
    assert "DROP" not in condition
    assert values == {"departments": ["'); DROP TABLE alerts; --"], "areas": ["' OR 1"]}


def test_sealed_when_somebody_looks_then_only_what_the_scope_covers(make: Make) -> None:
    gas, water = make("a1", e_departments=("gas",)), make("a2", e_departments=("water",))
    sealed = Sealed([gas, water])
    assert list(sealed.seen_by(Scope(departments=("water",)))) == [water]
    assert list(sealed.seen_by(Scope())) == [gas, water]
