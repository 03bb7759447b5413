from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.text import Text
from citybrain.notices.rota import Duty, Override, Rota, Shift, who_is_on
from tests.citybrain.notices.sample import ZONE

ROTA = Rota(
    Text("值班员", "Officer"),
    "2026-01-05",
    {"day": Shift("08:30", ("a", "b", "c")), "night": Shift("20:30", ("b", "c", "a"))},
    overrides=(Override("2026-01-07", "z", "day"), Override("2026-01-08", "y")),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "person", "shift"),
    [
        ("2026-01-05T08:30", "a", "day"),
        ("2026-01-05T20:29:59", "a", "day"),
        ("2026-01-05T20:30", "b", "night"),
        ("2026-01-06T08:29", "b", "night"),
        ("2026-01-07T12:00", "z", "day"),
        ("2026-01-07T22:00", "b", "night"),
        ("2026-01-08T12:00", "y", "day"),
        ("2026-01-09T03:00", "y", "night"),  # the night that began on the 8th
        ("2026-01-12T08:29", "b", "night"),  # the turn of the week ends with the night
        ("2026-01-12T08:30", "b", "day"),
        ("2026-01-26T12:00", "a", "day"),  # three weeks later
        ("2025-12-29T12:00", "c", "day"),  # the week before the first
    ],
)
def test_who_is_on_by_turn_shift_and_override(at: str, person: str, shift: str) -> None:
    duty = who_is_on(ROTA, local(at), ZONE)

    assert (duty.person, duty.shift) == (person, shift)


def test_who_is_on_tells_since_when_and_until_when() -> None:
    assert who_is_on(ROTA, datetime(2026, 1, 5, 19, 0, tzinfo=UTC), ZONE) == Duty(
        "b", "night", local("2026-01-05T20:30"), local("2026-01-06T08:30")
    )


def test_a_single_shift_lasts_until_the_same_time_of_the_next_day() -> None:
    rota = Rota(Text("", ""), "2026-01-05", {"all": Shift("09:00", ("a", "b"))}, turn_days=1)

    duty = who_is_on(rota, local("2026-01-06T08:00"), ZONE)

    assert duty == Duty("a", "all", local("2026-01-05T09:00"), local("2026-01-06T09:00"))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001  local
def test_somebody_is_on_at_every_instant_and_hands_over_without_a_gap(at: datetime) -> None:
    duty = who_is_on(ROTA, at.replace(tzinfo=ZONE), ZONE)

    assert duty.since <= at.replace(tzinfo=ZONE) < duty.until
    assert duty.until - duty.since == timedelta(hours=12)
    assert who_is_on(ROTA, duty.until, ZONE).since == duty.until
