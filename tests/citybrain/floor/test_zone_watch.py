"""Times that are wrong by a time zone are told; backfills, coarse figures and outages are not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from citybrain.floor.zone_watch import ZoneWatch

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000)
EIGHT = 8 * HOUR


def shifts(lags: Iterable[tuple[int, int]], zone: str = "Asia/Shanghai") -> set[int]:
    """Return every shift that was told while batches came: (time, delay in the middle)."""
    watch, told = ZoneWatch((zone, "Asia/Shanghai")), set()
    for at, lag in lags:
        if watch.is_due(START + at):
            watch.see(START + at, lag)
        told.add(watch.shift_ms)
    return told - {0}


def steady(every: int, lag: int, hours: int = 12) -> list[tuple[int, int]]:
    return [(at, lag + at % (7 * MINUTE)) for at in range(0, hours * HOUR, every)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC"])
@pytest.mark.parametrize("every", [1_000, MINUTE, 15 * MINUTE, HOUR])
def test_feed_when_its_delay_stays_at_eight_hours_then_is_told(every: int, zone: str) -> None:
    assert shifts(steady(every, EIGHT), zone) == {-EIGHT}
    assert shifts(steady(every, -EIGHT), zone) == {EIGHT}


@pytest.mark.parametrize(
    "lags",
    [
        pytest.param(steady(MINUTE, 0), id="in time"),
        pytest.param([(at * MINUTE, 0) for at in range(600)], id="at once"),
        pytest.param(steady(MINUTE, EIGHT + 40 * MINUTE), id="late by something else"),
        pytest.param(steady(MINUTE, 7 * HOUR), id="late by another zone's offset"),
        pytest.param(
            [(at * MINUTE, 4 * 365 * DAY - at * DAY) for at in range(4 * 365)], id="backfill"
        ),
        pytest.param(
            [(at, max(0, EIGHT - 9 * at)) for at in range(0, 3 * HOUR, 10_000)],
            id="eight hours of outage made up for",
        ),
        pytest.param([(day * DAY, EIGHT) for day in range(60)], id="figures of the day at eight"),
        pytest.param([(n * EIGHT, EIGHT) for n in range(60)], id="figures of each eight hours"),
        pytest.param(
            [(at, at % DAY) for at in range(0, 3 * DAY, 10 * MINUTE)], id="since midnight, often"
        ),
        pytest.param(
            [(at, EIGHT // 2 + at % DAY) for at in range(0, 3 * DAY, DAY)], id="yesterday's hours"
        ),
    ],
)
def test_feed_when_it_is_late_for_another_reason_then_is_not_blamed(
    lags: list[tuple[int, int]],
) -> None:
    assert shifts(lags) == set()


def test_feed_when_delays_are_any_then_it_is_hardly_ever_blamed() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(200):
        lag = chance.randrange(2 * DAY)
        walk = []
        for at in range(0, DAY, 10 * MINUTE):
            lag = max(0, lag + chance.randrange(-HOUR, HOUR))
            walk.append((at, lag))
        assert shifts(walk) == set()


def test_feed_when_its_clock_is_mended_then_it_is_over() -> None:
    watch = ZoneWatch(("Asia/Shanghai",))
    for at, lag in steady(10 * MINUTE, EIGHT, hours=2):
        watch.see(START + at, lag)
    assert watch.shift_ms == -EIGHT

    watch.see(START + 3 * HOUR, MINUTE)

    assert watch.shift_ms == 0


def test_suspect_when_a_batch_lies_ahead_then_it_shows_at_once_and_else_never() -> None:
    watch = ZoneWatch(("Asia/Shanghai",))

    assert watch.suspect(START, -EIGHT + MINUTE) == EIGHT
    assert watch.suspect(START, -HOUR) == 0
    assert watch.suspect(START, EIGHT) == 0
    assert ZoneWatch(("UTC",)).suspect(START, 0) == 0


def test_words_say_what_is_wrong_and_what_to_do() -> None:
    watch = ZoneWatch(("UTC", "Asia/Shanghai"))

    assert watch.words(START, EIGHT) == (
        "the times are 8 hours ahead, the offset of Asia/Shanghai: local time is marked as UTC; "
        "send the offset with the times, or none and set time_zone: Asia/Shanghai"
    )
    assert watch.words(START, -EIGHT) == (
        "the events come 8 hours late all the time, the offset of Asia/Shanghai: UTC is read as "
        "local time; send Z with the times, or set mapping.occurred_at.zone: UTC"
    )
