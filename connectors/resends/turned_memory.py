"""A feed's memory in a file that several gateways use in turns, and that follows from Kafka.

What is kept is a function of the feed's envelopes on `city.events`, and says how far on them it
goes (`Place`). Who has the turn reads what lies behind, if another one had it since, or if nobody
knows what became of what was sent.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pyarrow as pa
import structlog

from connectors.resends.kept_ids import Place
from connectors.resends.turn_lock import TurnLock

log = structlog.get_logger(__name__)


class EventsLog(Protocol):
    """The feed's envelopes on Kafka."""

    def end(self) -> Place:
        """Return the place of the newest record of the feed's partition."""
        ...

    def tables(self, behind: Place, upto: Place) -> Iterator[pa.Table]:
        """Yield the events of the feed's envelopes behind one place, up to another."""
        ...


class Kept(Protocol):
    """What a memory keeps in its file."""

    def place(self) -> Place | None:
        """Return how far it goes; None: it was just made."""
        ...

    def note(self, place: Place) -> None:
        """Note that it goes as far as `place`."""
        ...


K = TypeVar("K", bound=Kept)


class Catching(ABC, Generic[K]):
    """What is kept, to which is added what lies on Kafka behind it.

    Attributes:
        kept: what is kept.
        made: whether it was just made.
        behind: where reading begins.
    """

    def __init__(self, kept: K, feed: str, end: Place) -> None:
        """Begin with what is kept of `feed`; the log reaches to `end`."""
        self.kept, self._end = kept, end
        place = kept.place()
        self.made = place is None
        if place is None or (place.partition == end.partition and place.offset > end.offset):
            log.info("feed_memory_begins", feed=feed, partition=end.partition, behind=end.offset)
            place = end  # made now, or the topic was made anew
        self.behind = place

    @abstractmethod
    def add(self, events: pa.Table) -> None:
        """Add the rows of an envelope; those that it takes back are known no more."""

    def done(self) -> None:
        """Note that it goes as far as the log."""
        self.kept.note(self._end)


class TurnedMemory(ABC, Generic[K]):
    """What is kept of one feed; may be used by several threads at once."""

    def __init__(
        self, folder: Path, feed: str, events: EventsLog, others_live: Callable[[], bool]
    ) -> None:
        """Keep it in `folder`; nothing is opened before the first call.

        Args:
            folder: of all feeds; gateways of one city share it.
            feed: its id.
            events: the feed's envelopes.
            others_live: whether other gateways use the folder, too.
        """
        self._folder, self._feed, self._events = folder, feed, events
        self._lock = threading.Lock()
        self._turn = TurnLock(folder / f"{feed}.lock", others_live)
        self._kept: K | None = None
        self._doubt = False

    @property
    @abstractmethod
    def _is_under_way(self) -> bool:
        """Whether anything was sent of which it is not known what became of it."""

    @abstractmethod
    def _opened(self) -> K:
        """Open the file."""

    @abstractmethod
    def _catching(self, kept: K, end: Place) -> Catching[K]:
        """Return how what lies behind `kept` is added."""

    def _leave(self) -> None:
        """Hold nothing of the file any more."""
        self._kept = None

    def _alone(self) -> K:
        """Take the turn for whoever keeps it over what he sends."""
        return self._in_turn()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the turn; what lies on Kafka after the block is read by who has the next.

        Raises:
            BusError: Kafka cannot say what was taken in, or another gateway is at work on the feed.
            OSError: the disk is full or may not be written.
        """
        with self._lock:
            self._alone()
            try:
                yield
            finally:
                self._doubt = True
                self._end_turn()

    @contextlib.contextmanager
    def catching_up(self, end: Place) -> Iterator[Catching[K] | None]:
        """Open the file; in the block, add what lies behind it, up to `end`.

        None where another gateway is at work on the feed, or what is behind lies in another
        partition: then the first call of `admit` does it.

        Raises:
            OSError: the folder cannot be written.
        """
        with self._lock:
            if self._is_under_way or not self._turn.take_at_once():
                yield None
                return
            try:
                self._leave()
                kept = self._opened()
                catching = self._catching(kept, end)
                if catching.behind.partition != end.partition:
                    yield None
                    return
                yield catching
                catching.done()
                self._kept, self._doubt = kept, False
                self._turn.sign()
            finally:
                self._end_turn()

    def _in_turn(self) -> K:
        """Take the turn; return what is kept, as far as the log is."""
        if self._turn.take(self._lock):
            self._leave()  # somebody else had it since
        try:
            if self._kept is None or self._doubt:
                self._kept = self._caught_up(self._kept or self._opened())
                self._turn.sign()
        except BaseException:
            self._end_turn()
            raise
        return self._kept

    def _end_turn(self) -> None:
        if not self._is_under_way:
            self._turn.end()

    def _caught_up(self, kept: K) -> K:
        """Add what lies on Kafka behind what is kept."""
        end = self._events.end()
        catching = self._catching(kept, end)
        for events in self._events.tables(catching.behind, end):
            catching.add(events)
        catching.done()
        self._doubt = False
        return kept
