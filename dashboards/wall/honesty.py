"""How much a number can be trusted: which feeds stand behind it, how fresh it is; pure.

A tile is

- ``live``: at least half of the feeds that it expects deliver in time, or promise no time;
- ``late``: some deliver, but fewer than half in time;
- ``slow``: the store owes an answer for longer than `PATIENCE`: the last numbers stay readable, and
  the wall says in amber of when they are;
- ``stale``: none delivers, or the store has not answered for `GREY_AFTER`: greyed out on the wall;
- ``none``: no feed behind it has ever delivered: there is no number to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(seconds=5)
GREY_AFTER = timedelta(seconds=30)
"""A store that merges, or a machine that is busy, is back before; a number that old misleads."""
REPORT_PATIENCE = timedelta(seconds=15)
SILENT_CADENCES = 3
DERIVED_GRACE = timedelta(seconds=10)
IRREGULAR = "irregular"
"""The state of a feed that delivered, and promises no cadence: nothing is missed of it."""
MARKED = ("simulated", "replay", "exercise")


@dataclass(frozen=True)
class FeedFreshness:
    """One feed at one instant.

    Attributes:
        feed: its id.
        state: ``live``, ``late``, ``silent``, ``irregular`` or ``never``.
        watermark: newest instant that its events are of; None: none came.
        last_seen_at: when its newest event came.
        events: how many ever came.
        derived: whether the state was judged from the store's totals alone, because the streams
            have not reported this feed's health for `REPORT_PATIENCE`.
    """

    feed: str
    state: str
    watermark: datetime | None
    last_seen_at: datetime | None
    events: int = 0
    derived: bool = False


@dataclass(frozen=True)
class FeedReport:
    """What the streams said of a feed, and when."""

    state: str
    reported_at: datetime
    watermark: datetime | None


@dataclass(frozen=True)
class FeedTotal:
    """What the store has of a feed."""

    events: int
    received_at: datetime
    occurred_at: datetime


@dataclass(frozen=True)
class Freshness:
    """What a tile says about itself.

    Attributes:
        state: ``live``, ``late``, ``slow``, ``stale`` or ``none``, as the module says.
        as_of: when the newest event behind the tile came; None: none came.
        live: feeds that deliver in time.
        expected: feeds that should.
        marks: origin → share of today's events behind the tile, for origins that are not live.
    """

    state: str
    as_of: datetime | None
    live: int
    expected: int
    marks: Mapping[str, float]


def feed_state(
    feed: str,
    *,
    cadence: timedelta | None,
    report: FeedReport | None,
    total: FeedTotal | None,
    now: datetime,
) -> FeedFreshness:
    """Return the state of a feed: as the streams report it, else as the store's totals show it.

    Args:
        feed: its id.
        cadence: within which its next event is expected; None: it is irregular.
        report: what the streams said last.
        total: what the store has of it.
        now: the present instant.
    """
    events = total.events if total else 0
    seen = total.received_at if total else None
    if cadence is None and (total or (report and report.state != "never")):
        newest = (report.watermark if report else None) or (total.occurred_at if total else None)
        return FeedFreshness(feed, IRREGULAR, newest, seen, events)
    if report and now - report.reported_at <= REPORT_PATIENCE:
        # A worker that began anew says "never" of a feed whose older events the store has.
        state = "silent" if total and report.state == "never" else report.state
        watermark = report.watermark or (total.occurred_at if total else None)
        return FeedFreshness(feed, state, watermark, seen, events)
    if total is None:
        return FeedFreshness(feed, "never", None, None, 0, derived=True)
    patience = SILENT_CADENCES * (cadence or timedelta()) + DERIVED_GRACE
    silent = now - total.received_at > patience
    state = "silent" if silent else "live"
    return FeedFreshness(feed, state, total.occurred_at, seen, events, derived=True)


def judge(
    feeds: Sequence[FeedFreshness],
    origins: Mapping[str, int],
    *,
    read_at: datetime | None,
    now: datetime,
) -> Freshness:
    """Return the freshness of what stands on `feeds`.

    Args:
        feeds: the feeds that are expected to stand behind the tile.
        origins: today's events behind the tile by origin.
        read_at: when the store last answered; None: it never has.
        now: the present instant.
    """
    live = sum(item.state in {"live", IRREGULAR} for item in feeds)
    late = sum(item.state == "late" for item in feeds)
    seen = [item.last_seen_at for item in feeds if item.last_seen_at]
    state = _state(live, late, len(feeds))
    known = read_at is not None and (seen or live or late)
    state = _aged(state, now - read_at) if known and read_at else "none"
    return Freshness(state, max(seen, default=None), live, len(feeds), shares(origins))


def judge_alerts(
    feeds: Freshness, origins: Mapping[str, int], *, read_at: datetime | None, now: datetime
) -> Freshness:
    """Return the freshness of the open alerts, which hold until data or a person closes them.

    No feed makes them stale, only a store that does not tell them; but rules see no more than feeds
    deliver, so that they are ``late`` where the feeds are not live.

    Args:
        feeds: the freshness of the feeds that the rules judge.
        origins: open alerts by origin.
        read_at: when the store last told them; None: it never has.
        now: the present instant.
    """
    state = "live" if feeds.state == "live" else "late"
    state = "none" if read_at is None else _aged(state, now - read_at)
    return Freshness(state, read_at, feeds.live, feeds.expected, shares(origins))


def judge_told(origins: Mapping[str, int], *, read_at: datetime | None, now: datetime) -> Freshness:
    """Return the freshness of what no feed stands behind: cases, which people work.

    Args:
        origins: what stands behind the tile by origin.
        read_at: when it was told last; None: it never was.
        now: the present instant.
    """
    state = "none" if read_at is None else _aged("live", now - read_at)
    return Freshness(state, read_at, 0, 0, shares(origins))


def shares(origins: Mapping[str, int]) -> dict[str, float]:
    """Return the share of each origin that must be marked, of all events."""
    everything = sum(origins.values())
    return {
        origin: round(origins[origin] / everything, 4)
        for origin in MARKED
        if everything and origins.get(origin)
    }


def _state(live: int, late: int, expected: int) -> str:
    if live and live * 2 >= expected:
        return "live"
    return "late" if live or late else "stale"


def _aged(state: str, age: timedelta) -> str:
    """Return what becomes of a state when the answer behind it is of this age."""
    if age > GREY_AFTER:
        return "stale"
    return "slow" if age > PATIENCE and state != "stale" else state


def change(now: float, before: float | None) -> float | None:
    """Return by which share `now` is above `before` (−0.1 is ten per cent below); None: unknown."""
    return now / before - 1 if before else None
