"""How long events are kept: the one definition that the door and the store go by.

The door refuses what the store would delete at once (`connectors.mapping`), the store's tables get
their expiry from it (`sinks.retention`). A feed's own word counts before that of the kind, the
kind's before the city's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from citybrain.city.records import City

EVENTS = "events"
"""The table that holds every event, in the city's `retention_days`."""
MOST_DAYS = 18_250
"""Fifty years: an expiry after 2106 does not fit ClickHouse's DateTime, and would be a past one."""


@dataclass(frozen=True)
class Retention:
    """How many days rows are kept; None: for ever.

    Attributes:
        days: where nothing else is said.
        feeds: feed → days, before everything else.
        kinds: kind → days, where the feed says nothing.
    """

    days: int | None = None
    feeds: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)

    def of(self, feed: str, kind: str) -> int | None:
        """Return how many days an event of `feed` and `kind` is kept."""
        return self.feeds.get(feed, self.kinds.get(kind, self.days))

    @property
    def mixed(self) -> bool:
        """Whether rows of one table are kept for different times."""
        return bool(self.feeds or self.kinds)

    def all_days(self) -> list[int | None]:
        """Return every length of time that there is."""
        return [self.days, *self.feeds.values(), *self.kinds.values()]

    def longest(self) -> int | None:
        """Return after how many days everything is gone."""
        found = [days for days in self.all_days() if days is not None]
        return None if len(found) < len(self.all_days()) else max(found)

    def shortest(self) -> int | None:
        """Return for how many days everything is still there."""
        return min((days for days in self.all_days() if days is not None), default=None)

    def keeps_all_of(self, other: Retention) -> bool:
        """Say whether nothing that `other` keeps would be gone earlier."""
        feeds = {*self.feeds, *other.feeds, ""}
        kinds = {*self.kinds, *other.kinds, ""}
        return all(
            _at_least(self.of(feed, kind), other.of(feed, kind)) for feed in feeds for kind in kinds
        )


def event_retention(city: City) -> Retention:
    """Return how long events are kept in `city`."""
    return Retention(
        city.retention_days.get(EVENTS),
        {one.id: one.retention_days for one in city.feeds.values() if one.retention_days},
        {one.id: one.retention_days for one in city.kinds.values() if one.retention_days},
    )


def said(days: int | None) -> str:
    """Return a length of time for people."""
    return "for ever" if days is None else f"{days} days"


def _at_least(days: int | None, other: int | None) -> bool:
    return days is None or (other is not None and days >= other)
