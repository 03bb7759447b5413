"""What is asked of the memory of a feed whose records may come again, by who sends them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import pyarrow as pa

from connectors.resends.kept_ids import Place
from connectors.resends.known_rows import KnownRows
from connectors.resends.under_way import EnvelopeOutcome


@dataclass(frozen=True)
class Admission:
    """What of a table of events goes on.

    Attributes:
        table: what is to be sent: the rows that are not known, and before each that is another
            version of a record the row that it takes back.
        rows: what was found of each row that was asked about.
        ticket: to be told what became of it.
        waits_for: what the rows that were left out depend on.
    """

    table: pa.Table
    rows: KnownRows
    ticket: Any
    waits_for: tuple[EnvelopeOutcome, ...]


class Behind(Protocol):
    """A memory to which is added what lies on Kafka behind it."""

    behind: Place

    def add(self, events: pa.Table) -> None:
        """Add the rows of an envelope."""
        ...


class FeedMemory(Protocol):
    """What of one feed was taken in before; may be used by several threads at once."""

    @property
    def light(self) -> bool:
        """Whether the next call of `admit` waits for nothing but memory."""
        ...

    def keep_for(self, horizon: timedelta) -> None:
        """Know records for `horizon` from now on; nothing that is known is forgotten by that."""
        ...

    def admit(self, table: pa.Table, now: datetime) -> Admission:
        """Return what of `table` goes on, and hold that as under way.

        Raises:
            BusError: nobody can say now what was taken in.
            OSError: the disk is full or may not be written.
        """
        ...

    def landed(self, ticket: Any, place: Place) -> None:
        """Take note that Kafka has what was let through under `ticket`, at `place`."""
        ...

    def failed(self, ticket: Any, error: BaseException) -> None:
        """Take note that nobody knows whether Kafka has what was let through under `ticket`."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Keep the turn: in the block nothing of the feed goes on, here or in other processes.

        What lies on Kafka after it is read by whoever has the next turn.

        Raises:
            BusError: nobody can say now what was taken in, or another gateway is at work.
        """
        ...

    def catching_up(self, end: Place) -> AbstractContextManager[Behind | None]:
        """Open it; in the block, add what lies behind it, up to `end`.

        None where that is left to the first call of `admit`.
        """
        ...

    def advance(self, end: Place) -> None:
        """Note that it goes as far as `end`, if nothing is under way or in doubt."""
        ...

    def close(self) -> None:
        """Force all to the disk."""
        ...
