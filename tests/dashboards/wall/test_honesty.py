"""A number is never shown as more than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from citybrain.floor.clock import ManualClock
from dashboards.wall.honesty import (
    FeedFreshness,
    FeedReport,
    FeedTotal,
    change,
    feed_state,
    judge,
    shares,
)

NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def state(name: str, seen: timedelta | None = timedelta(seconds=1)) -> FeedFreshness:
    return FeedFreshness("radar", name, None, NOW - seen if seen else None)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["live", "live"], "live"),
        (["live", "silent"], "live"),
        (["live", "silent", "silent"], "late"),
        (["late", "silent"], "late"),
        (["silent", "silent"], "stale"),
        (["silent", "never"], "stale"),
    ],
    ids="-".join,
)
def test_judge_when_feeds_differ_then_most_of_them_decide(states: list[str], expected: str) -> None:
    fresh = judge([state(name) for name in states], {}, read_at=NOW, now=NOW)
    assert fresh.state == expected
    assert fresh.live == states.count("live")
    assert fresh.expected == len(states)


def test_judge_when_nothing_ever_came_then_there_is_no_number() -> None:
    fresh = judge([state("never", None)], {}, read_at=NOW, now=NOW)
    assert (fresh.state, fresh.as_of) == ("none", None)


def test_judge_when_the_store_falls_silent_then_live_turns_slow_then_stale_and_back() -> None:
    clock = ManualClock(NOW)
    feeds = [state("live")]
    clock.advance(timedelta(seconds=5))
    assert judge(feeds, {}, read_at=NOW, now=clock.now()).state == "live"
    clock.advance(timedelta(seconds=1))
    assert judge(feeds, {}, read_at=NOW, now=clock.now()).state == "slow"
    clock.advance(timedelta(seconds=24))
    assert judge(feeds, {}, read_at=NOW, now=clock.now()).state == "slow"
    clock.advance(timedelta(seconds=1))
    assert judge(feeds, {}, read_at=NOW, now=clock.now()).state == "stale"
    assert judge(feeds, {}, read_at=clock.now(), now=clock.now()).state == "live"


def test_judge_when_no_feed_delivers_then_a_slow_store_makes_it_no_better() -> None:
    later = NOW + timedelta(seconds=9)
    assert judge([state("silent")], {}, read_at=NOW, now=later).state == "stale"


def test_judge_when_the_store_never_answered_then_none() -> None:
    assert judge([state("live")], {}, read_at=None, now=NOW).state == "none"


def test_judge_when_feeds_were_seen_then_as_of_is_the_newest() -> None:
    feeds = [state("live", timedelta(seconds=9)), state("live", timedelta(seconds=2))]
    assert judge(feeds, {}, read_at=NOW, now=NOW).as_of == NOW - timedelta(seconds=2)


def test_shares_when_origins_mix_then_all_but_live_are_marked() -> None:
    counts = {"live": 50, "simulated": 30, "replay": 20}
    assert shares(counts) == {"simulated": 0.3, "replay": 0.2}
    assert shares({"live": 3}) == {}
    assert shares({}) == {}


TOTAL = FeedTotal(7, NOW - timedelta(seconds=4), NOW - timedelta(seconds=9))


def test_feed_state_when_the_report_is_new_then_it_stands() -> None:
    report = FeedReport("late", NOW - timedelta(seconds=2), NOW - 20 * MINUTE)
    found = feed_state("radar", cadence=MINUTE, report=report, total=TOTAL, now=NOW)
    assert found == FeedFreshness(
        "radar", "late", NOW - 20 * MINUTE, NOW - timedelta(seconds=4), 7, derived=False
    )


def test_feed_state_when_a_new_worker_says_never_of_a_feed_with_events_then_silent() -> None:
    report = FeedReport("never", NOW, None)
    found = feed_state("radar", cadence=MINUTE, report=report, total=TOTAL, now=NOW)
    assert (found.state, found.watermark) == ("silent", NOW - timedelta(seconds=9))


@pytest.mark.parametrize(
    ("age", "expected"),
    [(timedelta(seconds=190), "live"), (timedelta(seconds=191), "silent")],
    ids=["three cadences and a grace", "a second more"],
)
def test_feed_state_when_the_streams_are_away_then_the_store_decides(
    age: timedelta, expected: str
) -> None:
    old = FeedReport("live", NOW - MINUTE, NOW)
    total = FeedTotal(1, NOW - age, NOW - age)
    found = feed_state("radar", cadence=MINUTE, report=old, total=total, now=NOW)
    assert (found.state, found.derived) == (expected, True)


def test_feed_state_when_nothing_is_known_then_never() -> None:
    found = feed_state("radar", cadence=MINUTE, report=None, total=None, now=NOW)
    assert (found.state, found.last_seen_at, found.derived) == ("never", None, True)


def test_change_when_before_is_known_then_a_share() -> None:
    assert change(90, 100) == pytest.approx(-0.1)
    assert change(5, 0) is None
    assert change(5, None) is None


def test_feed_state_when_it_is_irregular_then_nothing_is_missed_of_it() -> None:
    total = FeedTotal(5, NOW - timedelta(days=3), NOW - timedelta(days=4))
    report = FeedReport("never", NOW, None)

    known = feed_state("permits", cadence=None, report=report, total=total, now=NOW)
    fresh = judge([known], {}, read_at=NOW, now=NOW)

    assert (known.state, known.last_seen_at) == ("irregular", NOW - timedelta(days=3))
    assert (fresh.state, fresh.live, fresh.expected) == ("live", 1, 1)
    assert feed_state("permits", cadence=None, report=report, total=None, now=NOW).state == "never"
