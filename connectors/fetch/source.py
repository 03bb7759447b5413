"""The contract of a kind of source: one file of this package is one kind.

To add a kind (SQL, MQTT, HTTP polling …) write ``connectors/<kind>.py`` that offers::

    SOURCE = Source(title="…", options={"url": Option("…")}, open=MyFetcher)

A feed whose YAML says ``source: <kind>`` is then fetched by it; nothing else changes. The life of
a fetcher, all of it in one thread that belongs to this feed alone:

1. ``open(feed, context)`` makes it. May block some seconds to connect. It goes on where the last
   *delivered* parcel ended, as its checkpoint says (`FetchContext.checkpoints`).
2. ``poll(now)`` is called again and again: at once after a parcel, else at `next_at`. It is not
   called while Kafka is too slow (back-pressure). Up to `IN_FLIGHT` parcels may be on their way
   when it is called.
3. ``delivered(parcel, receipt)`` is called once for each parcel, in the order of `poll`, after
   Kafka acknowledged the envelope: the only place to move a checkpoint.
4. ``close()`` is called once at the end, also after any error. If a parcel could not be delivered,
   the fetcher is closed and a new one is opened: what was not delivered must come again. A gateway
   that stops, too, closes its fetchers, within 5 s.

Every exception from any of them means the same to the runner: close, log the outage once, open
again after a back-off (1 s … 60 s), log the recovery once. Raise `SourceError` with a message for
people where the source is away; other exceptions are logged with their traceback. No other feed
notices.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from citybrain.city.records import City, Feed
from citybrain.floor.discover import discover
from citybrain.floor.errors import Fault
from citybrain.floor.settings import Settings
from connectors import sources as kinds_of_source

if TYPE_CHECKING:
    from connectors.fetch.checkpoint import Checkpoints
    from connectors.mapping.raw_rows import RawBatch

WAIT_S = 1.0
"""Seconds that one `poll` may wait for input."""
IN_FLIGHT = 4
"""Parcels of one feed that may wait for Kafka's acknowledgement."""


def _any(_text: str) -> str:
    return ""


def one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    """Return what is wrong with a text that must be one of `known`, in any case of letters."""

    def problem(text: str) -> str:
        return "" if text.lower() in known else f"{text!r} is none of {', '.join(known)}"

    return problem


@dataclass(frozen=True)
class SourceOption:
    """One key that a feed of this kind may have under `options`.

    Attributes:
        help: what it is, for docs and error messages.
        default: taken where the feed does not give it.
        problem: returns what is wrong with a given value, "" if nothing is.
    """

    help: str
    default: str = ""
    problem: Callable[[str], str] = _any


@dataclass(frozen=True)
class EnvelopeReceipt:
    """Where an envelope lies on `city.events`."""

    partition: int
    offset: int


@dataclass(frozen=True)
class RefusedRow:
    """A row that could not be read at all (no JSON, too many fields); becomes a dead letter.

    Attributes:
        place: ``<file>:<line>`` or ``<topic>[<partition>]@<offset>``.
        reason: what is wrong with it, for people.
        raw: its bytes as they came.
    """

    place: str
    reason: str
    raw: bytes


@dataclass(frozen=True)
class RawParcel:
    """What one poll brings: at most 10,000 rows, which become exactly one envelope.

    Attributes:
        rows: the rows, not mapped yet.
        batch: `Envelope.batch`: says where the rows lie in the source (``file:<id>:<from>-<to>``),
            so that after a crash they can be recognised on Kafka.
        refused: rows of the same stretch that could not be read.
        note: the fetcher's own, given back in `delivered`.
    """

    rows: RawBatch
    batch: str
    refused: tuple[RefusedRow, ...] = ()
    note: Any = None


@dataclass(frozen=True)
class FetchContext:
    """What the runner lends to a fetcher.

    Attributes:
        settings: this process's settings.
        checkpoints: durable notes of this feed, kept under ``<data>/checkpoints/<feed>/``.
        landed: the `Envelope.batch` of all envelopes of this feed that lie behind a receipt on
            Kafka, oldest first. Ask on resuming, with the receipt of the last checkpoint: what
            landed but was not noted any more is found here, and need not be sent again. Blocks
            while it reads; raises `BusError` if Kafka is away.
        end: the receipt before the next envelope of this feed; to be noted before the very first
            parcel, so that `landed` has a place to start from. Raises `BusError`.
    """

    settings: Settings
    checkpoints: Checkpoints
    landed: Callable[[EnvelopeReceipt], list[str]]
    end: Callable[[], EnvelopeReceipt]


class Fetcher(Protocol):
    """Brings the rows of one feed; see the module's text for when each method is called."""

    def poll(self, now: datetime) -> RawParcel | None:
        """Return the next rows, or None when there are none now.

        May block for `WAIT_S` where it waits for input (a socket, a folder's changes) and as long
        as reading takes; never sleeps: a source that must be asked again later says so in
        `next_at`.

        Raises:
            SourceError: the source is away or cannot be read.
        """
        ...

    def next_at(self, now: datetime) -> datetime:
        """Return when to poll again; asked each time `poll` has returned None. `now`: at once."""
        ...

    def delivered(self, parcel: RawParcel, receipt: EnvelopeReceipt) -> None:
        """Note that Kafka acknowledged `parcel` and all before it; durable when this returns."""
        ...

    def close(self) -> None:
        """Give back files, sockets and locks; must not raise, and not block beyond 2 s."""
        ...


@dataclass(frozen=True)
class SourceKind:
    """A kind of source.

    Attributes:
        title: what it is, in a line, for docs.
        options: the `options` that its feeds may give, by name.
        open: makes the fetcher of one feed; None: passive, the data is brought to the door.
    """

    title: str
    options: Mapping[str, SourceOption] = field(default_factory=dict)
    open: Callable[[Feed, FetchContext], Fetcher] | None = None

    def option(self, feed: Feed, name: str) -> str:
        """Return the value of a feed's option, or its default."""
        return feed.options.get(name, self.options[name].default)


def sources() -> dict[str, SourceKind]:
    """Return every kind of source by the name of its module.

    Raises:
        TypeError: a module of `connectors/sources/` offers none.
    """
    return discover(kinds_of_source, "SOURCE", SourceKind)


def check_sources(city: City) -> list[Fault]:
    """Return what is wrong with the `source` and `options` of the city's feeds."""
    kinds = sources()
    return [fault for feed in city.feeds.values() for fault in _check(city, feed, kinds)]


def _check(city: City, feed: Feed, kinds: Mapping[str, SourceKind]) -> list[Fault]:
    place, item = f"{city.folder}/feeds", f"feeds.{feed.id}"
    kind = kinds.get(feed.source)
    if kind is None:
        problem = f"unknown source {feed.source!r}"
        return [Fault(place, f"{item}.source", problem, _suggest(feed.source, kinds))]
    faults = []
    for name, value in feed.options.items():
        if name not in kind.options:
            problem = f"unknown option {name!r} of source {feed.source}"
            remedy = _suggest(name, kind.options)
            faults.append(Fault(place, f"{item}.options", problem, remedy))
        elif problem := kind.options[name].problem(value):
            remedy = kind.options[name].help
            faults.append(Fault(place, f"{item}.options.{name}", problem, remedy))
    return faults


def _suggest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(known))}" if known else "it takes none; remove it"
