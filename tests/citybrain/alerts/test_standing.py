"""Where an alert stands among others: by what is known of it, and since when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.alerts.records import Alert, Evidence
from citybrain.alerts.standing import MADE_LATE, gravity, stands_at
from tests.citybrain.notices.sample import NOW, alert


def opened(name: str, behind: timedelta, **more: Any) -> Alert:
    """Return an alert that opened now and whose data is as old as `behind`."""
    at = NOW - behind
    return alert(name, opened_at=NOW, started_at=at, fired_at=at, told_at=NOW, **more)


FRESH, OLD = timedelta(seconds=5), timedelta(minutes=50)


def test_stands_when_made_by_old_data_then_where_the_data_is() -> None:
    assert stands_at(opened("a", OLD)) == NOW - OLD


@pytest.mark.parametrize("behind", [FRESH, MADE_LATE])
def test_stands_when_the_data_is_of_now_then_where_it_opened(behind: timedelta) -> None:
    assert stands_at(opened("a", behind)) == NOW


def test_stands_when_it_began_long_ago_and_goes_on_then_where_it_opened() -> None:
    points = ((NOW - OLD, 1.0), (NOW - FRESH, 2.0))
    goes_on = opened("a", OLD, evidence=Evidence(measure="m", points=points))
    assert stands_at(goes_on) == NOW
    assert stands_at(opened("a", OLD, rule="external_disk")) == NOW


def test_gravity_when_one_was_made_by_old_data_then_it_does_not_stand_at_the_top() -> None:
    seen = alert("b", opened_at=NOW - timedelta(minutes=5), fired_at=NOW - timedelta(minutes=5))
    assert sorted([opened("a", OLD), seen], key=gravity)[0] is seen
    assert sorted([opened("a", FRESH), seen], key=gravity)[1] is seen
