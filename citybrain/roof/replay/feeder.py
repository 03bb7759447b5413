"""Feed the city: play the data sets, catch up with the simulated past, then simulate the present.

One thread does it in rounds. Each feed goes its own way: what one department's door refuses holds
up nobody else. An outage is logged once and the recovery once; meanwhile the same parcels wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import structlog

from citybrain.city.records import City, Feed
from citybrain.floor.clock import from_millis, monotonic
from citybrain.roof.replay.dataset import DataSet, datasets, read_dataset
from citybrain.roof.replay.department_doors import (
    DoorAway,
    DoorRefused,
    DropDoor,
    HttpDoor,
    ReplayParcel,
    TopicDoor,
)
from citybrain.roof.replay.player import Player
from citybrain.roof.replay.replay_state import FeedProgress, StateFile
from citybrain.roof.replay.simulate import Simulator
from citybrain.roof.replay.spoken_rows import raw_records

log = structlog.get_logger(__name__)

Door = HttpDoor | DropDoor | TopicDoor

DAY_MS = 86_400_000
SLOT_MS = 5_000
DROP_SLOT_MS = 60_000
_ROUND_S = 0.4
"""Seconds that a round may catch up before the data sets get their turn again."""


@dataclass(frozen=True)
class FeederOptions:
    """What a replay is asked to do.

    Attributes:
        speed: seconds of a recording that pass in one second.
        rate: how many times the usual number of simulated incidents.
        only: the one feed to feed, "": all of them.
        data: folder of the data sets; None: ``replay`` in the city's folder.
        days: days of the simulated past to fill in, where they are missing.
    """

    speed: float = 60.0
    rate: float = 1.0
    only: str = ""
    data: Path | None = None
    days: int = 8


@dataclass
class _Playing:
    """A data set that is being played; `undelivered`: what a door has not taken yet."""

    name: str
    dataset: DataSet
    player: Player
    next_at: int
    undelivered: ReplayParcel | None = None


class Feeder:
    """Feeds one city; `round` is to be called again and again."""

    def __init__(
        self,
        city: City,
        simulator: Simulator,
        doors: Mapping[str, Door],
        state: StateFile,
        options: FeederOptions | None = None,
    ) -> None:
        """Get ready to feed `city` through `doors` (by kind of source).

        Raises:
            OSError: a data set's file is missing or cannot be read.
        """
        self._city, self._doors, self._state = city, doors, state
        self._options, self._simulator = options or FeederOptions(), simulator
        self._data = self._options.data or city.folder / "replay"
        self._playing: list[_Playing] | None = None
        self._closed: dict[str, float] = {}
        self._refused: set[str] = set()

    def round(self, now: int) -> bool:
        """Bring what is due at `now` (milliseconds); return whether there is more to catch up."""
        playing = self._playing = self._load(now) if self._playing is None else self._playing
        for one in playing:
            self._play(one, now)
        ends = monotonic() + _ROUND_S
        behind = self._plan_parcels(now)
        self._state.state.played |= {one.name: one.player.positions for one in playing}
        self._state.save()
        more = False
        for feed, span in behind:
            if monotonic() > ends:
                return True
            if self._may(feed) and self._bring(self._simulated(feed, span)):
                span.sent = span.until
                more = more or now - span.sent > DAY_MS // 24
        return more

    @property
    def has_undelivered(self) -> bool:
        """Whether recorded rows wait for a door that has not taken them yet."""
        return any(one.undelivered is not None for one in self._playing or ())

    def close(self) -> None:
        """Write the state and give back the doors."""
        self._state.save()
        self._state.close()
        for door in self._doors.values():
            door.close()

    def _load(self, now: int) -> list[_Playing]:
        found = []
        for name, dataset in datasets().items():
            if self._feed(dataset.feed) and (self._data / name).is_dir():
                rows = read_dataset(name, dataset, self._data)
                positions = self._state.state.played.get(name)
                player = Player(rows, self._options.speed, now, positions)
                found.append(_Playing(name, dataset, player, now))
        return found

    def _feed(self, name: str) -> Feed | None:
        if self._options.only in ("", name):
            return self._city.feeds.get(name)
        return None

    def _play(self, one: _Playing, now: int) -> None:
        if one.undelivered is not None:
            if not self._bring(one.undelivered):
                return
            one.undelivered = None
            one.player.rebase(now)
        if now < one.next_at:
            return
        rows = one.player.take(now)
        one.next_at = now + round(one.dataset.gather_s * 1000)
        feed = self._city.feeds[one.dataset.feed]
        if rows.height:
            parcel = ReplayParcel(feed, f"{one.name}-{now}", one.dataset.stamp(rows))
            one.undelivered = None if self._bring(parcel) else parcel

    def _plan_parcels(self, now: int) -> list[tuple[Feed, FeedProgress]]:
        """Decide on the next stretch of each simulated feed that is due; saved before it goes."""
        due = []
        for feed in self._simulated_feeds():
            slot = DROP_SLOT_MS if feed.source == "file_drop" else SLOT_MS
            present = now // slot * slot
            oldest = present - self._options.days * DAY_MS
            span = self._state.state.simulated.setdefault(feed.id, FeedProgress(oldest, oldest))
            if span.until == span.sent:
                span.sent = max(span.sent, oldest)
                span.until = min(present, (span.sent // DAY_MS + 1) * DAY_MS)
            if span.until > span.sent:
                due.append((feed, span))
        return sorted(due, key=lambda pair: pair[1].sent, reverse=True)

    def _simulated_feeds(self) -> Iterator[Feed]:
        for name in self._simulator.feeds:
            feed = self._feed(name)
            if feed is not None:
                yield feed

    def _simulated(self, feed: Feed, span: FeedProgress) -> ReplayParcel:
        events = self._simulator.told(feed.id, from_millis(span.sent), from_millis(span.until))
        rate = f"-x{self._options.rate:g}" if self._options.rate != 1.0 else ""
        batch = f"{feed.id}-{span.sent}-{span.until}{rate}"
        return ReplayParcel(
            feed, batch, raw_records(feed, events) if events.height else pl.DataFrame()
        )

    def _bring(self, parcel: ReplayParcel) -> bool:
        """Return whether the parcel is off our hands."""
        if not parcel.records.height:
            return True
        feed = parcel.feed
        if not self._may(feed):
            return False
        try:
            rejected = self._doors[feed.source].bring(parcel)
        except DoorAway as away:
            self._shut(away)
            return False
        except DoorRefused as error:
            log.error("parcel_given_up", feed=feed.id, batch=parcel.batch, problem=str(error))
            return True
        self._note(feed, rejected)
        return True

    def _may(self, feed: Feed) -> bool:
        now = monotonic()
        return all(now >= self._closed.get(one, 0.0) for one in (feed.source, feed.department))

    def _shut(self, away: DoorAway) -> None:
        if away.scope not in self._closed:
            log.warning("door_away", scope=away.scope, problem=str(away), action="waiting")
        self._closed[away.scope] = monotonic() + away.wait_s

    def _note(self, feed: Feed, rejected: int) -> None:
        for scope in (feed.source, feed.department):
            if self._closed.pop(scope, None) is not None:
                log.info("door_back", scope=scope)
        if rejected and feed.id not in self._refused:
            self._refused.add(feed.id)
            remedy = f"citybrain dead-letters list --feed {feed.id}"
            log.warning("rows_rejected", feed=feed.id, rows=rejected, remedy=remedy)
