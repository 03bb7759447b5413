"""What all screens share at one moment: the feeds' states, and where the events are from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from citybrain.city import City
from dashboards.wall.honesty import FeedFreshness, FeedReport, FeedTotal, feed_state
from dashboards.wall.queries import HEALTH, PULSE, TOTALS
from dashboards.wall.store_picture import StorePicture


@dataclass(frozen=True)
class PulseRow:
    """How many events of a kind and an origin there were today."""

    theme: str
    kind: str
    origin: str
    events: int


class SharedMoment:
    """The newest moment, made once for all screens that ask for the same picture and instant."""

    def __init__(self, city: City) -> None:
        """Make moments of `city`."""
        self._city = city
        self._made: tuple[StorePicture, ScreenMoment] | None = None

    def of(
        self,
        picture: StorePicture,
        now: datetime,
        shown: Callable[[StorePicture], StorePicture] = lambda picture: picture,
    ) -> ScreenMoment:
        """Return the moment `now` of `picture`, as `shown` makes it."""
        made = self._made
        if made is None or made[0] is not picture or made[1].now != now:
            made = self._made = (picture, ScreenMoment(self._city, shown(picture), now))
        return made[1]


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
                cadence=None if feed.irregular else timedelta(seconds=feed.cadence_s),
                report=reports.get(feed.id),
                total=totals.get(feed.id),
                now=self.now,
            )
            for feed in self.city.feeds.values()
        }

    @cached_property
    def pulse(self) -> Mapping[str, Sequence[PulseRow]]:
        """Today's counts by feed."""
        found: dict[str, list[PulseRow]] = {}
        for row in self.picture.frame(PULSE).iter_rows(named=True):
            counted = PulseRow(row["theme"], row["kind"], row["origin"], row["events"])
            found.setdefault(row["feed"], []).append(counted)
        return found

    @cached_property
    def readings(self) -> frozenset[str]:
        """Ids of the kinds that are readings of a measure; all others are matters."""
        return self.city.readings
