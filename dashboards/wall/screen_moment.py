"""What all screens share at one moment: the feeds' states, and where the events are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from citybrain.city import City
from dashboards.wall.honesty import FeedFreshness, FeedReport, FeedTotal, feed_state
from dashboards.wall.queries import HEALTH, PULSE, TOTALS
from dashboards.wall.store_picture import StorePicture


@dataclass(frozen=True)
class ScreenMoment:
    """What all screens share at one moment, so that it is worked out once.

    Attributes:
        city: what the city's folder says.
        picture: what the store said last.
        now: the present instant.
    """

    city: City
    picture: StorePicture
    now: datetime

    @cached_property
    def states(self) -> Mapping[str, FeedFreshness]:
        """The state of every feed."""
        reports = {
            row["feed"]: FeedReport(row["state"], row["reported_at"], row["watermark"])
            for row in self.picture.frame(HEALTH).iter_rows(named=True)
        }
        totals = {
            row["feed"]: FeedTotal(row["events"], row["received_at"], row["occurred_at"])
            for row in self.picture.frame(TOTALS).iter_rows(named=True)
        }
        return {
            feed.id: feed_state(
                feed.id,
                cadence=timedelta(seconds=feed.cadence_s),
                report=reports.get(feed.id),
                total=totals.get(feed.id),
                now=self.now,
            )
            for feed in self.city.feeds.values()
        }

    @cached_property
    def origins(self) -> Mapping[str, Sequence[tuple[str, str, int]]]:
        """Today's (theme, origin, events) by feed."""
        found: dict[str, list[tuple[str, str, int]]] = {}
        for row in self.picture.frame(PULSE).iter_rows(named=True):
            found.setdefault(row["feed"], []).append((row["theme"], row["origin"], row["events"]))
        return found
