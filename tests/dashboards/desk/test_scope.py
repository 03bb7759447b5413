"""Who sees which alert."""

from __future__ import annotations

import pytest
from dashboards.desk.scope import Scope, scope_of

from tests.dashboards.desk.conftest import Make
from tests.dashboards.desk.house import Guest


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
def test_sees_when_an_alert_is_of_gas_in_one_street_then(
    scope: Scope, seen: bool, make: Make
) -> None:
    alert = make("a1", e_departments=("gas", "fire_rescue"), e_area="150302001003")
    assert scope.sees(alert) is seen


def test_sees_when_an_alert_has_no_place_or_department_then_only_who_sees_all(make: Make) -> None:
    alert = make("a1", e_departments=(), e_area="")
    assert Scope().sees(alert)
    assert not Scope(areas=("150302",)).sees(alert)
    assert not Scope(departments=("gas",)).sees(alert)


def test_scope_of_when_two_may_see_the_same_then_it_is_the_same() -> None:
    one, other = Guest(departments=("b", "a")), Guest(user="x", departments=("a", "b"))
    assert scope_of(one) == scope_of(other)
    assert hash(scope_of(one)) == hash(scope_of(other))


def test_condition_when_values_are_hostile_then_they_are_bound_and_not_spelled_out() -> None:
    condition, values = Scope(("'); DROP TABLE alerts; --",), ("' OR 1",)).condition()
    assert "DROP" not in condition
    assert values == {"departments": ["'); DROP TABLE alerts; --"], "areas": ["' OR 1"]}
