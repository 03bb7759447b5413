"""Keep the screens live: read, publish, and say honestly when the store is away.

Three loops: *reading* brings the pulse (and, each second, the base), *slow reading* brings what
moves slowly, *publishing* builds one snapshot of each screen that somebody watches for each base
that was read, and one at once when an alert changed (`news`). They are apart so that a store
that hangs cannot stop the publishing: the snapshots go on, their tiles turn stale. When nobody
watches, nothing is published and the store is read only every `IDLE_S`; who comes then is shown
nothing until it is read anew, or `PATIENCE` is over: what was read before is old, but no outage.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
import polars as pl
import structlog

from citybrain.city import City
from citybrain.floor.clock import Clock, millis, monotonic
from citybrain.floor.errors import StoreError
from dashboards.tiles.event_list import LISTED
from dashboards.wall.honesty import GREY_AFTER, PATIENCE
from dashboards.wall.hub import Hub
from dashboards.wall.population import READINGS_TAKEN
from dashboards.wall.screen import Screen, queries_of
from dashboards.wall.screen_moment import ScreenMoment, SharedMoment
from dashboards.wall.screen_view import ScreenView, event_row
from dashboards.wall.store_picture import StorePicture
from dashboards.wall.store_reader import SlowStoreError, StoreReader

log = structlog.get_logger(__name__)

PULSE_S = 0.22
BASE_S = 1.0
CALM_TIMES = 2
"""So many times as long is waited between two pulses, and two bases, while little comes: half a
second and two. Asking is most of what a watched city costs that idles."""
CALM_PER_S = 200.0
"""Events a second below which little comes."""
SLOW_S = 10.0
IDLE_S = 60.0
"""Between two readings while nobody watches: often enough to tell that the store is there."""
RETRY_S = 1.0
PUBLISH_S = 2.5
"""Between two snapshots where no reading, and no news, brings the next."""
SPACING_S = 0.05
"""Between two snapshots of a storm of news."""


class FedFrame(Protocol):
    """What a live list feeds a query with; `dashboards.lists.alerts_frame.AlertsFrame` is one."""

    @property
    def heard(self) -> bool:
        """Whether it is whole and as of now."""
        ...

    def frame(self) -> pl.DataFrame:
        """Return the answer."""
        ...


class Live:
    """The screens' hubs and the loops that feed them.

    Attributes:
        told: is called with the number of viewers whenever one comes or goes.
    """

    def __init__(
        self,
        city: City,
        screens: Mapping[str, Screen],
        reader: StoreReader,
        clock: Clock,
        fed: Mapping[str, FedFrame] | None = None,
        alarm: Callable[[datetime], list[dict[str, Any]]] = lambda _now: [],
    ) -> None:
        """Serve `screens`; nothing runs before `run`.

        Args:
            city: whose screens they are.
            screens: by name.
            reader: reads the store.
            clock: the present.
            fed: what live lists feed, by the name of its query.
            alarm: returns who of those that make and send alarms stands.
        """
        self.told: Callable[[int], None] = lambda _viewers: None
        self._woken_at: datetime | None = None
        self._alarm = alarm
        self.screens = screens
        self._reader = reader
        self._clock = clock
        self._wanted = asyncio.Event()
        self._listed: dict[str, int] = {}
        self._broken: set[str] = set()
        fed_queries = {query.name: query for query in queries_of(screens) if query.fed}
        self._fed = [(fed_queries[name], frame) for name, frame in (fed or {}).items()]
        self._news = asyncio.Event()
        self._whole = SharedMoment(city)
        self._newest = SharedMoment(city)
        self.boot = str(millis(clock.now()))
        self.hubs = {name: Hub() for name in screens}
        self.down_since: datetime | None = None
        self._is_slow = False
        self._is_based = self._has_numbers = False
        self._began = 0.0

    async def run(self) -> None:
        """Read and publish until cancelled."""
        self._began = monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_fast())
            group.create_task(self._repeat(lambda: SLOW_S, self._reader.read_slow))
            group.create_task(self._publish_forever())

    def reload(self, city: City) -> None:
        """Show `city` from now on."""
        self._whole, self._newest = SharedMoment(city), SharedMoment(city)
        self._reader.readings = tuple(sorted(city.readings))

    def renew(self) -> None:
        """Have the pages that are open load themselves anew."""
        self.boot = str(millis(self._clock.now()))

    def hear(self) -> None:
        """Publish at once: something changed that nobody should wait for. On the event loop."""
        self._news.set()

    def enter(self, screen: str) -> Hub:
        """Count a viewer of `screen` in, and return what it follows."""
        hub, now = self.hubs[screen], self._clock.now()
        if not self.watched():
            self._woken_at = now
        if not hub.viewers:  # what was published last may be hours old
            hub.forget()
            if not self._wakes(now) and (text := self._encoded_snapshot(screen, now)):
                hub.publish("snapshot", text)
        hub.viewers += 1
        self._wanted.set()
        self.told(self._viewers())
        return hub

    def leave(self, screen: str) -> None:
        """Count a viewer of `screen` out."""
        self.hubs[screen].viewers -= 1
        if not self.watched():
            self._wanted.clear()
        self.told(self._viewers())

    def watched(self) -> bool:
        """Return whether anybody watches any screen."""
        return self._viewers() > 0

    def _viewers(self) -> int:
        return sum(hub.viewers for hub in self.hubs.values())

    def _wakes(self, now: datetime) -> bool:
        """Whether somebody has just come and the store was not read since: not its fault."""
        answered = self._reader.picture.answered_at()
        if self._woken_at is None or answered is None:
            return False
        return answered < self._woken_at and answered + PATIENCE < now <= self._woken_at + PATIENCE

    def moment(self, now: datetime) -> ScreenMoment:
        """Return what the snapshots of all screens share at `now`, every part of one instant."""
        return self._whole.of(self._reader.picture, now, StorePicture.of_one_instant)

    def pulse(self, name: str, now: datetime) -> dict[str, Any]:
        """Return the pulse of a screen: counts by theme, and the list when it changed."""
        moment = self._newest.of(self._reader.picture, now)
        view = ScreenView(moment, self.screens[name].themes)
        message = {
            "type": "pulse",
            **self._head(now),
            "counts": view.counts(),
            "matters": view.count(),
            "readings": view.count(READINGS_TAKEN),
        }
        if self._listed.get(name) != self._reader.version:
            self._listed[name] = self._reader.version
            message["list"] = [event_row(event) for event in view.events(LISTED)]
        return message

    def snapshot(self, name: str, now: datetime) -> dict[str, Any]:
        """Return the whole of a screen at `now`."""
        screen = self.screens[name]
        view = ScreenView(self.moment(now), screen.themes)
        return {
            "type": "snapshot",
            "screen": name,
            **self._head(now),
            "marks": dict(view.freshness.marks),
            "tiles": {tile.id: tile.snapshot(view) for tile in screen.tiles},
        }

    def _head(self, now: datetime) -> dict[str, Any]:
        return {
            "boot": self.boot,
            "at": millis(now),
            "outage": self._outage(now),
            "alarm": self._alarm(now),
        }

    def _outage(self, now: datetime) -> dict[str, Any] | None:
        """Return when the store answered last (None: never), and whether it is slow or lost."""
        answered = self._reader.picture.answered_at()
        if answered and now - answered <= PATIENCE:
            return None
        return {
            "since": millis(answered) if answered else None,
            "reached": self.down_since is None or self._is_slow,
            "lost": answered is not None and now - answered > GREY_AFTER,
        }

    async def _read_fast(self) -> None:
        based_at = -BASE_S

        def read(now: datetime) -> None:
            nonlocal based_at
            self._reader.read_pulse(now)
            if (started := monotonic()) - based_at >= BASE_S * self._calm_times():
                self._reader.read_base(now)
                based_at = started
                self._is_based = True

        def publish() -> None:
            self._publish_pulses()
            if self._is_based and not self._has_numbers:
                self._has_numbers = True
                log.info("first_numbers", after_s=round(monotonic() - self._began, 1))
            if self._is_based:  # what stands in a snapshot is as of this reading
                self._is_based = False
                self._news.set()

        await self._repeat(lambda: PULSE_S * self._calm_times(), read, publish)

    def _calm_times(self) -> int:
        """Return how many times as long as usual it waits, by how much comes."""
        a_minute = sum(self._reader.picture.rates.values())
        return CALM_TIMES if a_minute < CALM_PER_S * 60 else 1

    async def _repeat(
        self,
        period_s: Callable[[], float],
        read: Callable[[datetime], None],
        then: Callable[[], None] = lambda: None,
    ) -> None:
        while True:
            started = monotonic()
            try:
                await asyncio.to_thread(read, self._clock.now())
                self._note_answer()
                then()
                await self._pause(started + period_s() - monotonic())
            except StoreError as error:
                self._note_outage(error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                # One bad answer must not end the reading for good: the tiles turn stale meanwhile.
                self._note_fault(read.__name__)
                await asyncio.sleep(RETRY_S)

    async def _publish_forever(self) -> None:
        while True:
            started, now = monotonic(), self._clock.now()
            self._news.clear()
            self._take_fed(now)
            for name, hub in self.hubs.items():
                if hub.viewers and not self._wakes(now):
                    text = await asyncio.to_thread(self._encoded_snapshot, name, now)
                    if text:
                        hub.publish("snapshot", text)
            await asyncio.sleep(SPACING_S)
            await self._pause(started + PUBLISH_S - monotonic(), self._news)

    def _take_fed(self, now: datetime) -> None:
        """Put what live lists say into the picture, while they are heard."""
        for query, fed in self._fed:
            if fed.heard:
                self._reader.tell(query, fed.frame(), now)

    def _publish_pulses(self) -> None:
        now = self._clock.now()
        for name, hub in self.hubs.items():
            if hub.viewers:
                hub.publish("pulse", msgspec.json.encode(self.pulse(name, now)).decode())

    def _encoded_snapshot(self, name: str, now: datetime) -> str | None:
        # A fault in one screen must not take the others down.
        try:
            text = msgspec.json.encode(self.snapshot(name, now)).decode()
        except Exception:
            self._note_fault(name)
            return None
        self._broken.discard(name)
        return text

    async def _pause(self, seconds: float, early: asyncio.Event | None = None) -> None:
        """Wait so long, or until `early`; with nobody watching, `IDLE_S` or until somebody does."""
        watched = self.watched()
        event = (early or asyncio.Event()) if watched else self._wanted
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: that loses a cancellation which comes together with the event.
            async with asyncio.timeout(max(0.0, seconds) if watched else IDLE_S):
                await event.wait()

    def _note_outage(self, error: StoreError) -> None:
        self._is_slow = isinstance(error, SlowStoreError)
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("store_away", error=str(error))

    def _note_fault(self, part: str) -> None:
        if part not in self._broken:
            self._broken.add(part)
            log.exception("screens_fault", part=part)

    def _note_answer(self) -> None:
        if self.down_since is not None:
            away = self._clock.now() - self.down_since
            log.info("store_back", away_s=round(away.total_seconds()))
            self.down_since = None
