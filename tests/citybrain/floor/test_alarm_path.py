"""Who makes and sends alarms is missed when it gives no sign of life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.alarm_path import (
    NOTIFIER,
    RULER,
    SILENT,
    AlarmPath,
    SignOfLife,
    StandingProcess,
    read_sign,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def after(**ages_s: float) -> AlarmPath:
    """Return a path of which each named process gave its last sign so many seconds before NOW."""
    path = AlarmPath(NOW - timedelta(hours=1))
    for process, age_s in ages_s.items():
        path.hear(SignOfLife(process, NOW - timedelta(seconds=age_s)))
    return path


@pytest.mark.parametrize(
    ("ages", "standing"),
    [
        ({"ruler": 3, "notify": 4}, []),
        ({"ruler": 46, "notify": 4}, [RULER]),
        ({"ruler": 3, "notify": 46}, [NOTIFIER]),
        ({"ruler": 600, "notify": 46}, [RULER, NOTIFIER]),
        ({"ruler": 45, "notify": 45}, []),
        ({"ruler": 3}, [NOTIFIER]),
        ({}, [RULER, NOTIFIER]),
    ],
)
def test_standing_by_the_age_of_the_last_sign(ages: dict[str, float], standing: list[str]) -> None:
    assert [one.process for one in after(**ages).standing(NOW)] == standing


def test_standing_says_since_when() -> None:
    path = after(ruler=600, notify=1)
    assert path.standing(NOW) == [StandingProcess(RULER, NOW - timedelta(seconds=600))]
    assert after(notify=1).standing(NOW) == [StandingProcess(RULER, None)]


def test_nobody_is_missed_before_it_could_have_been_heard() -> None:
    path = AlarmPath(NOW)
    assert path.standing(NOW + SILENT) == []
    assert len(path.standing(NOW + SILENT + timedelta(seconds=1))) == 2


@given(st.permutations([600, 50, 3]))
def test_signs_in_any_order_then_the_newest_counts(ages: list[int]) -> None:
    path = after(notify=1)
    for age in ages:
        path.hear(SignOfLife(RULER, NOW - timedelta(seconds=age)))
    assert path.standing(NOW) == []


def test_noise_on_the_topic_is_no_sign() -> None:
    sign = SignOfLife(RULER, NOW)
    assert read_sign(msgspec.json.encode(sign)) == sign
    assert [read_sign(value) for value in (b"", b"noise", b"{}", b'{"process": 1}')] == [None] * 4
