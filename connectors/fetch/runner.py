"""Run the fetching feeds of a city: a thread each, so that a bad source stops no other.

What comes is mapped, put on Kafka, and told to the fetcher once Kafka acknowledged it. After any
error the fetcher is closed and opened again, later and later; the outage is logged once, and so is
the recovery. While Kafka or the sinks do not keep up, nothing is fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from citybrain.city.records import City, Feed
from citybrain.floor.clock import Clock, SystemClock, monotonic
from citybrain.floor.settings import Settings
from connectors.fetch.fetching import Fetching, FetchState, FetchSurroundings
from connectors.fetch.source import SourceKind, sources
from connectors.mapping.feed_mapping import beside_feeds
from connectors.mapping.feed_pace import FeedPace
from connectors.publisher import Publisher

log = structlog.get_logger(__name__)
STOP_S = 2.5


class _Running(NamedTuple):
    """A feed that is fetched, and the thread that does it."""

    fetching: Fetching
    thread: threading.Thread


class Runner:
    """The fetching feeds of one process."""

    def __init__(
        self,
        city: City,
        settings: Settings,
        *,
        held: Callable[[], str] = lambda: "",
        kinds: Mapping[str, SourceKind] | None = None,
        clock: Clock | None = None,
        publisher: Publisher | None = None,
    ) -> None:
        """Prepare to fetch every feed of `city` whose source is not passive.

        Args:
            city: the city's configuration.
            settings: this process's settings.
            held: says why nothing may be taken in now, "" if it may.
            kinds: kinds of source by name; by default all that there are.
            clock: by default the machine's.
            publisher: the way to Kafka, closed at the end; by default one that knows no resends.
        """
        self._kinds = sources() if kinds is None else kinds
        self._publisher = publisher or Publisher(settings)
        self._settings, self._held = settings, held
        self._clock = clock or SystemClock()
        self._replaced: list[_Running] = []
        self._city, self._began = city, False
        self._running = {
            name: self._ready(self._fetching(feed, city))
            for name, feed in city.feeds.items()
            if self._is_fetched(feed)
        }

    def start(self) -> None:
        """Start a thread a feed; returns at once, even if Kafka or a source is away."""
        self._began = True
        for one in self._running.values():
            one.thread.start()
        log.info("fetching_started", feeds=list(self._running))

    def reload(self, city: City) -> None:
        """Fetch the feeds of `city` from now on; one that changed once its version before ended.

        Raises:
            OSError: the city's polygons are needed and cannot be read; nothing has changed.
        """
        wanted = {name: feed for name, feed in city.feeds.items() if self._is_fetched(feed)}
        same = beside_feeds(city) == beside_feeds(self._city)
        fresh = {
            name: self._fetching(feed, city)
            for name, feed in wanted.items()
            if not (same and name in self._running and self._running[name].fetching.feed == feed)
        }
        self._city = city
        self._replaced = [one for one in self._replaced if one.thread.is_alive()]
        for name in [one for one in self._running if one not in wanted or one in fresh]:
            before = self._running.pop(name)
            before.fetching.end()
            self._replaced.append(before)
        for name, fetching in fresh.items():
            self._running[name] = begun = self._ready(fetching)
            if self._began:
                begun.thread.start()

    def _is_fetched(self, feed: Feed) -> bool:
        return self._kinds[feed.source].open is not None

    def _fetching(self, feed: Feed, city: City) -> Fetching:
        around = FetchSurroundings(
            city, self._settings, self._publisher, self._held, self._clock, threading.Event()
        )
        return Fetching(feed, self._kinds[feed.source], around)

    def _ready(self, fetching: Fetching) -> _Running:
        """Return what runs `fetching` in a thread, once what ran for its feed before has ended."""
        name = fetching.state.feed
        before = [one for one in self._replaced if one.fetching.state.feed == name]

        def work() -> None:
            for one in before:
                one.thread.join()
                fetching.take_over(one.fetching)
            fetching.run()

        thread = threading.Thread(target=work, name=f"fetch-{name}", daemon=True)
        return _Running(fetching, thread)

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """Ask every feed to end, and wait for that; say whether all did.

        One that does not end in time is left to the end of the process: its checkpoint is on the
        disk, so nothing is lost.
        """
        every = [*self._replaced, *self._running.values()]
        for one in every:
            one.fetching.end()
        end = monotonic() + timeout_s
        for one in every:
            if one.thread.ident is not None:
                one.thread.join(max(0.0, end - monotonic()))
        late = [one.thread.name for one in every if one.thread.is_alive()]
        if late:
            log.warning("fetching_ended_late", threads=late)
        self._publisher.close(timeout_s=0.5)
        return not late

    def states(self) -> list[FetchState]:
        """Return how every fetching feed is, by id."""
        states = (one.fetching.state for one in list(self._running.values()))
        return sorted(states, key=lambda state: state.feed)

    def paces(self) -> dict[str, FeedPace]:
        """Return what is remembered of each fetching feed."""
        return {feed: one.fetching.pace for feed, one in list(self._running.items())}
