"""Today against the same time of the days before, like with like (可比口径); pure.

With a day only those feeds are compared that delivered on both: something of whatever class on the
whole of that day and something today, and that had begun before that day did. So neither a feed
that was connected yesterday noon nor one that is down today makes a rise or a fall. How many of how
many feeds are compared is told, and both counts with the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dashboards.wall.honesty import change

DAYS_BEFORE = 7
TODAY, YESTERDAY = 1, 2


@dataclass(frozen=True)
class Pair:
    """Two counts of the same feeds, each until the same time of its day.

    Attributes:
        now: today's, or a mean of it.
        before: that of the day before, or a mean of the days before.
    """

    now: float
    before: float

    @property
    def change(self) -> float | None:
        """By which share `now` is above `before`; None: nothing was before."""
        return change(self.now, self.before)


@dataclass(frozen=True)
class Comparison:
    """Today against the same time of day before.

    Attributes:
        yesterday: None where none of `feeds` is compared.
        week: means over the days before that are known; None: none is.
        days: how many of the seven days before are known: their feeds had events.
        alike: feeds that are compared with yesterday, whether they have events of the population
            or not.
        compared: how many of `feeds` are.
        feeds: how many have events of the population, today or yesterday.
        counts: events until this minute of the day, today, yesterday, and so on back: of all feeds,
            and of those that are compared with today (today's: with yesterday).
    """

    yesterday: Pair | None = None
    week: Pair | None = None
    days: int = 0
    alike: frozenset[str] = frozenset()
    compared: int = 0
    feeds: int = 0
    counts: Sequence[tuple[int, int]] = ()


def compare(
    same_time: pl.DataFrame, delivered: pl.DataFrame, began_at: Mapping[str, datetime]
) -> Comparison:
    """Return how today stands.

    Args:
        same_time: the rows of one population of `shared_queries.SAME_TIME`.
        delivered: the rows of `shared_queries.DELIVERED`.
        began_at: feed → when the first of its events happened.
    """
    if delivered.is_empty():
        return Comparison()
    events = {day: _events(same_time, day) for day in range(TODAY, DAYS_BEFORE + 2)}
    alike = {day: _alike(delivered, day, began_at) for day in events if day > TODAY}
    alike[TODAY] = alike[YESTERDAY]
    pairs = {day: _pair(events, day, alike[day]) for day in events if day > TODAY}
    known = [pair for pair in pairs.values() if pair.before]
    feeds = {*events[TODAY], *events[YESTERDAY]}
    return Comparison(
        yesterday=pairs[YESTERDAY] if feeds & alike[YESTERDAY] else None,
        week=_mean(known) if known else None,
        days=len(known),
        alike=alike[YESTERDAY],
        compared=len(feeds & alike[YESTERDAY]),
        feeds=len(feeds),
        counts=[(_sum(events[day]), _sum(events[day], alike[day])) for day in events],
    )


def _events(same_time: pl.DataFrame, day: int) -> dict[str, int]:
    if same_time.is_empty():
        return {}
    rows = same_time.filter(day=day).group_by("feed").agg(pl.col("events").sum())
    return dict(rows.iter_rows())


def _alike(delivered: pl.DataFrame, day: int, began_at: Mapping[str, datetime]) -> frozenset[str]:
    """Return the feeds that delivered today and on `day`, and had begun before `day` did."""
    then = delivered.filter(day=day)
    today = set(delivered.filter(day=TODAY)["feed"])
    return frozenset(
        feed
        for feed, starts_at in then.select("feed", "starts_at").iter_rows()
        if feed in today and feed in began_at and began_at[feed] <= starts_at
    )


def _pair(events: Mapping[int, Mapping[str, int]], day: int, alike: frozenset[str]) -> Pair:
    return Pair(_sum(events[TODAY], alike), _sum(events[day], alike))


def _mean(pairs: Sequence[Pair]) -> Pair:
    now, before = (sum(column) for column in zip(*((p.now, p.before) for p in pairs), strict=True))
    return Pair(now / len(pairs), before / len(pairs))


def _sum(events: Mapping[str, int], feeds: frozenset[str] | None = None) -> int:
    return sum(count for feed, count in events.items() if feeds is None or feed in feeds)
