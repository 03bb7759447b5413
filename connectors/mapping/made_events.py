"""The events that were made of a batch, and their order: row by row, the first of a row first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.mapping.event_times import EventTimes
from connectors.mapping.fields import Fields
from connectors.mapping.further_events import Which
from connectors.mapping.local_times import Millis
from connectors.mapping.noticed import Rows


@dataclass(frozen=True)
class MadeEvents:
    """Events of one name, also those of rows at fault.

    Attributes:
        name: of the further events; "": the first of their rows.
        table: an event a row.
        times: when they occurred.
        fields: the rows that were mapped, and what is wrong with them.
        good: which rows are events; None: all.
        skipped: rows that are neither event nor letter.
        rows: row in the batch of each row that was mapped, rising; None: the same.
    """

    name: str
    table: pa.Table
    times: EventTimes
    fields: Fields
    good: NDArray[np.bool_] | None
    skipped: Rows
    rows: Rows | None = None

    def kept(self) -> pa.Table:
        """Return the good ones."""
        return self.table if self.good is None else self.table.filter(pa.array(self.good))

    def kept_rows(self) -> Rows:
        """Return the row in the batch of each good one."""
        every = np.arange(self.table.num_rows) if self.rows is None else self.rows
        return every if self.good is None else every[self.good]

    def kept_times(self) -> tuple[Rows, Millis]:
        """Return rows and times of the good ones."""
        times = self.times.millis
        return self.kept_rows(), times if self.good is None else times[self.good]

    def skipped_rows(self) -> Rows:
        """Return the row in the batch of each that is neither event nor letter."""
        return self.skipped if self.rows is None else self.rows[self.skipped]

    def faults(self) -> list[tuple[int, str, str]]:
        """Return (row in the batch, field, reason) of those that are refused, by row."""
        found = self.fields.faults.items(self.name)
        if self.rows is None:
            return found
        return [(int(self.rows[row]), field, reason) for row, field, reason in found]


def in_rows(first: MadeEvents, further: Sequence[MadeEvents]) -> tuple[pa.Table, Which]:
    """Return all good events and which each is; `further` in the order of `Feed.also`."""
    groups = [first, *(one for one in further if one.table.num_rows)]
    if len(groups) == 1:
        table = first.kept()
        return table, np.zeros(table.num_rows, np.uint8)
    numbers = [0, *(at for at, one in enumerate(further, 1) if one.table.num_rows)]
    rows = [one.kept_rows() for one in groups]
    order = np.argsort(np.concatenate(rows), kind="stable")
    which = np.repeat(np.array(numbers, np.uint8), [len(some) for some in rows])[order]
    table = pa.concat_tables([one.kept() for one in groups]).unify_dictionaries()
    return table.take(pa.array(order)).combine_chunks(), which
