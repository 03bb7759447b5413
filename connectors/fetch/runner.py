"""Run the fetching feeds of a city: a thread each, so that a bad source stops no other.

What comes is mapped, put on Kafka, and told to the fetcher once Kafka acknowledged it. After any
error the fetcher is closed and opened again, later and later; the outage is logged once, and so is
the recovery. While Kafka or the sinks do not keep up, nothing is fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

from citybrain.city.records import City
from citybrain.floor.clock import Clock, SystemClock, monotonic
from citybrain.floor.settings import Settings
from connectors.fetch.fetching import Fetching, FetchState, FetchSurroundings
from connectors.fetch.source import SourceKind, sources
from connectors.mapping.feed_pace import FeedPace
from connectors.publisher import Publisher

log = structlog.get_logger(__name__)
STOP_S = 2.5


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
        offered = sources() if kinds is None else kinds
        self._stop = threading.Event()
        self._publisher = publisher or Publisher(settings)
        around = FetchSurroundings(
            city, settings, self._publisher, held, clock or SystemClock(), self._stop
        )
        self._feeds = [
            Fetching(feed, offered[feed.source], around)
            for feed in city.feeds.values()
            if offered[feed.source].open is not None
        ]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start a thread a feed; returns at once, even if Kafka or a source is away."""
        for fetching in self._feeds:
            name = f"fetch-{fetching.state.feed}"
            thread = threading.Thread(target=fetching.run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        log.info("fetching_started", feeds=[fetching.state.feed for fetching in self._feeds])

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """Ask every feed to end, and wait for that; say whether all did.

        One that does not end in time is left to the end of the process: its checkpoint is on the
        disk, so nothing is lost.
        """
        self._stop.set()
        end = monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.warning("fetching_ended_late", threads=late)
        self._publisher.close(timeout_s=0.5)
        return not late

    def states(self) -> list[FetchState]:
        """Return how every fetching feed is, by id."""
        return sorted((fetching.state for fetching in self._feeds), key=lambda state: state.feed)

    def paces(self) -> dict[str, FeedPace]:
        """Return what is remembered of each fetching feed."""
        return {fetching.state.feed: fetching.pace for fetching in self._feeds}
