from __future__ import annotations

import pytest

from citybrain.floor.zone_watch import ZoneWatch
from streams.runtime.watermarks import FeedMark, Timing
from streams.windows.health import FeedHealth, feed_state, health_table
from streams.windows.partials import PartialHeader

START = 1_780_000_000_000
TIMING = Timing(cadence_ms=1_000, lateness_ms=10_000)


def header(
    received_ms: int, newest_ms: int | None, accepted: int = 1, rejected: int = 0
) -> PartialHeader:
    return PartialHeader(
        partition=0,
        offset=0,
        behind=4,
        feed="levels",
        department="water",
        origin="" if newest_ms is None else "replay",
        accepted=accepted,
        rejected=rejected,
        newest_ms=newest_ms,
        oldest_ms=newest_ms,
        received_ms=received_ms,
    )


@pytest.mark.parametrize(
    ("newest_ms", "reached_ms", "state"),
    [
        (99_000, 100_500, "live"),
        (89_999, 100_500, "late"),
        (90_000, 100_500, "live"),
        (99_000, 103_001, "silent"),
        (89_999, 103_001, "silent"),
    ],
    ids=["live", "late", "at-the-limit", "silent", "silent-though-late"],
)
def test_state_when_seen_then_it_follows_lag_and_silence(
    newest_ms: int, reached_ms: int, state: str
):
    health, mark = FeedHealth("levels", "water"), FeedMark(TIMING)
    health.count(header(100_000, newest_ms))
    mark.advance(newest_ms, 100_000)

    assert feed_state(health, mark, reached_ms) == state


def test_rate_when_events_come_then_it_is_over_the_last_minute_of_receipt():
    health = FeedHealth("levels", "water")
    for second in range(90):
        health.count(header(second * 1000, second * 1000, accepted=120))

    assert [health.rate(at * 1000) for at in (89, 119, 148, 149)] == [120.0, 60.0, 2.0, 0.0]


def test_table_when_a_feed_was_never_seen_then_it_is_told_too():
    seen, mark = FeedHealth("levels", "water"), FeedMark(TIMING)
    seen.count(header(100_000, 99_500, accepted=30, rejected=2))
    seen.count(header(100_200, None, accepted=0, rejected=1))
    seen.late = 4
    mark.advance(99_500, 100_200)
    never = (FeedHealth("flows", "water", "simulated"), FeedMark(TIMING))

    table = health_table(
        [(seen, mark), never], 101_000, reached=lambda _: 101_000, backlog=lambda _: 6
    )

    rows = table.to_pylist()
    told = [
        [row[name] for name in ("feed", "state", "rate", "accepted", "rejected", "late")]
        for row in rows
    ]
    assert told == [["levels", "live", 0.5, 30, 3, 4], ["flows", "never", 0.0, 0, 0, 0]]
    assert [row["event_lag_ms"] for row in rows] == [500, None]
    assert [row["backlog"] for row in rows] == [6, 6]
    assert [row["origin"] for row in rows] == ["replay", "simulated"]
    assert rows[1]["watermark"] is None
    assert rows[1]["last_seen_at"] is None
    assert rows[0]["last_seen_at"].timestamp() == 100.2


def test_table_when_a_feeds_times_are_off_by_its_zone_then_says_by_how_much():
    eight = 8 * 3_600_000
    health = FeedHealth("levels", "water", clock=ZoneWatch(("Asia/Shanghai",)))
    mark = FeedMark(TIMING)
    for at in range(START, START + 2 * 3_600_000, 300_000):
        health.count(header(at, at - eight))

    table = health_table([(health, mark)], START, reached=lambda _: START, backlog=lambda _: 0)

    assert table["clock_shift_ms"].to_pylist() == [-eight]
    health.count(header(START + eight, START + eight))
    assert health.clock.shift_ms == 0
