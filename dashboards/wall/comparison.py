"""Today against the same time of the days before, like with like; pure.

A feed that began to deliver yesterday noon makes no rise today: with a day only those feeds are
compared that had delivered before that day began. How many were left out is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dashboards.wall.honesty import change

DAYS_BEFORE = 7


@dataclass(frozen=True)
class Comparison:
    """Today against the same time of day before.

    Attributes:
        yesterday: share above yesterday, None: yesterday is unknown.
        week: share above the days before that are known, None: none is.
        before: yesterday's count until this time, of the feeds that are compared.
        mean: mean count of the known days until this time, of the feeds that are compared.
        days: how many of the seven days before are known.
        newcomers: feeds with events today that are too new to be compared with yesterday.
        counts: all events until this minute of the day: today, yesterday, and so on back.
    """

    yesterday: float | None = None
    week: float | None = None
    before: int = 0
    mean: float | None = None
    days: int = 0
    newcomers: int = 0
    counts: Sequence[int] = ()


def compare(same_time: pl.DataFrame, began_at: Mapping[str, datetime]) -> Comparison:
    """Return how today stands.

    Args:
        same_time: what `queries.same_time` returns.
        began_at: feed → when the first of its events happened.
    """
    if same_time.is_empty():
        return Comparison()
    by_day = {day: _Day.of(same_time.filter(day=day)) for day in range(1, DAYS_BEFORE + 2)}
    today = by_day[1].events
    known = {
        day: pair
        for day, then in by_day.items()
        if day > 1 and (pair := _pair(today, then, began_at))[1]
    }
    now, before = known.get(2, (0, 0))
    sums = [sum(column) for column in zip(*known.values(), strict=True)] or [0, 0]
    return Comparison(
        yesterday=change(now, before),
        week=change(*sums),
        before=before,
        mean=sums[1] / len(known) if known else None,
        days=len(known),
        newcomers=len([feed for feed in today if not _is_old(feed, by_day[2], began_at)]),
        counts=[sum(one.events.values()) for one in by_day.values()],
    )


@dataclass(frozen=True)
class _Day:
    """Events by feed of one day; `starts_at` None: there are none."""

    starts_at: datetime | None
    events: Mapping[str, int]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> _Day:
        events = rows.group_by("feed").agg(pl.col("events").sum())
        starts_at = rows["starts_at"].min() if rows.height else None
        return cls(starts_at, dict(events.iter_rows()))  # type: ignore[arg-type]


def _pair(
    today: Mapping[str, int], then: _Day, began_at: Mapping[str, datetime]
) -> tuple[int, int]:
    """Return the events of today and of `then`, of the feeds that delivered before `then`."""
    old = [feed for feed in {*today, *then.events} if _is_old(feed, then, began_at)]
    return sum(today.get(feed, 0) for feed in old), sum(then.events.get(feed, 0) for feed in old)


def _is_old(feed: str, then: _Day, began_at: Mapping[str, datetime]) -> bool:
    return then.starts_at is not None and feed in began_at and began_at[feed] <= then.starts_at
