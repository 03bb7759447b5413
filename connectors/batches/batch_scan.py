"""What a feed's envelopes on `city.events` say of its batches; pure.

A row of an envelope counts until another one takes it back: an envelope that withdraws all of it,
or, in a feed whose records change, a row with sign -1 of the same record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.floor.event_columns import TAKEN_BACK
from citybrain.floor.events import INSTANT, Envelope
from connectors.batches.batch_labels import Spot, batches_of, withdrawal_of, withdrawn_by


@dataclass
class Batch:
    """One batch of a feed.

    Attributes:
        feed: the feed's id.
        name: the batch's.
        spots: its envelopes, in order.
        shared: those that hold rows of other batches too.
        rows: rows of them that were counted.
        withdrawn: rows of envelopes that were withdrawn.
        received_at: when its first envelope came.
        first, last: the span that its events are of; None: it has none.
    """

    feed: str
    name: str
    received_at: datetime
    spots: list[Spot] = field(default_factory=list)
    shared: set[Spot] = field(default_factory=set)
    rows: int = 0
    withdrawn: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, spot: Spot, table: pa.Table, *, shared: bool) -> None:
        """Take note of one of its envelopes, with the rows in it that were counted."""
        self.spots.append(spot)
        self.rows += table.num_rows
        if shared:
            self.shared.add(spot)
        if table.num_rows:
            span = pc.min_max(table["occurred_at"]).as_py()
            self.first = min(self.first or span["min"], span["min"])
            self.last = max(self.last or span["max"], span["max"])

    @property
    def state(self) -> str:
        """What of it counts, in a word."""
        if self.withdrawn:
            return "withdrawn" if self.withdrawn >= self.rows else "partly withdrawn"
        return "published"


class BatchScan:
    """The batches of all feeds whose envelopes are read, in order by partition.

    Attributes:
        batches: (feed, batch) → what it is.
    """

    def __init__(self) -> None:
        """Know of nothing."""
        self.batches: dict[tuple[str, str], Batch] = {}
        self._rows: dict[Spot, tuple[int, list[Batch]]] = {}

    def add(self, spot: Spot, envelope: Envelope, at: datetime) -> None:
        """Take note of the envelope at `spot`, that came `at` an instant."""
        if taken := withdrawn_by(envelope.batch):
            rows, batches = self._rows.get(taken, (0, []))
            for one in batches:
                one.withdrawn += rows
            return
        names = batches_of(envelope.batch)
        counted = counted_rows(envelope.table)
        for name in names:
            key = (envelope.feed, name)
            batch = self.batches.setdefault(key, Batch(envelope.feed, name, at))
            batch.add(spot, counted, shared=len(names) > 1)
            rows, batches = self._rows.setdefault(spot, (counted.num_rows, []))
            batches.append(batch)


class CountedRows:
    """What of some envelopes of one feed still counts, while its envelopes are read in order."""

    def __init__(self, spots: list[Spot], *, versions: bool) -> None:
        """Look at the envelopes at `spots`; `versions`: the feed's records change."""
        self._spots, self._versions = frozenset(spots), versions
        self._counts: dict[Spot, pa.Table] = {}
        self._holder: dict[bytes, Spot] = {}

    def add(self, spot: Spot, envelope: Envelope) -> None:
        """Take note of the envelope at `spot`."""
        if taken := withdrawn_by(envelope.batch):
            self._counts.pop(taken, None)
            self._holder = {one: at for one, at in self._holder.items() if at != taken}
            return
        mine = spot in self._spots
        if mine:
            self._counts[spot] = counted_rows(envelope.table)
        if self._versions:
            self._follow(spot if mine else None, envelope.table)

    def left(self) -> Iterator[tuple[Spot, pa.Table]]:
        """Yield each envelope of which something still counts, and those rows of it."""
        for spot, table in self._counts.items():
            counts = self._held(spot, table) if self._versions else table
            if counts.num_rows:
                yield spot, counts

    def _held(self, spot: Spot, table: pa.Table) -> pa.Table:
        """Return the rows whose record is still as the envelope at `spot` says, each once."""
        holds = [self._holder.get(one) == spot for one in table["event_id"].to_pylist()]
        return _last_of_each(table.filter(pa.array(holds, pa.bool_())))

    def _follow(self, spot: Spot | None, table: pa.Table) -> None:
        signs = table["sign"].to_pylist()
        for ident, sign in zip(table["event_id"].to_pylist(), signs, strict=True):
            if sign != TAKEN_BACK and spot is not None:
                self._holder[ident] = spot
            elif ident in self._holder:
                del self._holder[ident]


def withdrawal(spot: Spot, feed: str, rows: pa.Table, now: datetime) -> Envelope:
    """Return the envelope that takes back `rows`, which the one at `spot` counted, at `now`."""
    columns = {name: rows[name] for name in rows.column_names}
    columns["sign"] = pa.repeat(pa.scalar(TAKEN_BACK, pa.int8()), rows.num_rows)
    columns["received_at"] = pa.repeat(pa.scalar(now, INSTANT), rows.num_rows)
    table = pa.Table.from_arrays(list(columns.values()), schema=rows.schema)
    department = rows["department"][0].as_py()  # as it was then: by that it was counted
    return Envelope(feed, department, table, 0, withdrawal_of(spot))


def counted_rows(table: pa.Table) -> pa.Table:
    """Return the rows of an envelope that count, without those that take others back."""
    return table.filter(pc.not_equal(table["sign"], TAKEN_BACK))


def _last_of_each(table: pa.Table) -> pa.Table:
    """Return the last row of each record; those before it were taken back within the envelope."""
    ids = np.array(table["event_id"].to_pylist(), object)
    last = {one: number for number, one in enumerate(ids)}
    return table.take(pa.array(sorted(last.values()), pa.int64()))
