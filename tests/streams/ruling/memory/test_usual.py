"""What is usual, in words, and which day is like which."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from citybrain.city.work_calendar import Holiday, WorkCalendar
from citybrain.floor.text import Text
from streams.ruling.memory.usual import compared, slot_of, weekday_like

CALENDAR = WorkCalendar(
    holidays=(Holiday("2026-10-01", "2026-10-07", Text("国庆节", "National Day")),),
    working_days=("2026-09-20", "2026-10-10"),
)
MONDAY = datetime(2026, 3, 2, 8, 5)  # noqa: DTZ001  a local time
THURSDAY_OFF = datetime(2026, 10, 1, 8, 5)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param("2026-03-02", 0, id="an-ordinary-monday"),
        pytest.param("2026-03-07", 5, id="an-ordinary-saturday"),
        pytest.param("2026-10-01", 6, id="a-holiday-is-like-a-sunday"),
        pytest.param("2026-10-03", 5, id="a-saturday-in-a-holiday-is-one"),
        pytest.param("2026-10-10", 4, id="a-saturday-that-is-worked-is-like-a-friday"),
        pytest.param("2026-09-20", 0, id="a-sunday-that-is-worked-is-like-a-monday"),
    ],
)
def test_weekday_like_when_the_calendar_says_so_then_a_day_is_like_another(
    day: str, expected: int
) -> None:
    assert weekday_like(date.fromisoformat(day), CALENDAR) == expected


def test_slot_of_when_a_day_is_as_ever_then_it_has_none() -> None:
    assert slot_of(MONDAY, CALENDAR) is None


def test_slot_of_when_a_day_is_a_holiday_then_it_is_the_hour_of_a_sunday() -> None:
    assert slot_of(THURSDAY_OFF, CALENDAR) == 6 * 24 + 8


@pytest.mark.parametrize(
    ("value", "expected", "basis", "local", "like", "said"),
    [
        pytest.param(
            31.0,
            10.0,
            "slot",
            MONDAY,
            0,
            Text("平常周一 08:00 的 3.1 倍", "3.1× the usual Monday 08:00"),
            id="hour-of-the-week",
        ),
        pytest.param(
            30.0,
            10.0,
            "hour",
            MONDAY,
            0,
            Text("平常 08:00 的 3 倍", "3× the usual 08:00"),
            id="hour-of-all-days",
        ),
        pytest.param(
            3.14,
            10.0,
            "recent",
            MONDAY,
            0,
            Text("近来水平的 0.31 倍", "0.31× the usual of late"),
            id="of-late",
        ),
        pytest.param(
            3100.0,
            10.0,
            "slot",
            THURSDAY_OFF,
            6,
            Text(
                "（如当日的）平常周日 08:00 的 310 倍",
                "310× the usual Sunday 08:00 (which this day is like)",
            ),
            id="a-holiday",
        ),
        pytest.param(
            -5.0,
            10.0,
            "slot",
            MONDAY,
            0,
            Text("与平常周一 08:00 相差 -15", "-15 from the usual Monday 08:00"),
            id="below-zero",
        ),
        pytest.param(
            12345.0,
            0.0,
            "hour",
            MONDAY,
            0,
            Text("与平常 08:00 相差 +12345", "+12345 from the usual 08:00"),
            id="of-nothing",
        ),
    ],
)
def test_compared_when_a_value_is_unusual_then_says_against_what(
    value: float, expected: float, basis: str, local: datetime, like: int, said: Text
) -> None:
    assert compared(value, expected, basis, local, like) == said
