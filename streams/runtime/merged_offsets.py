"""Which envelopes are merged already: a worker that restarts reduces some of them again."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SPAN = 4096
"""Offsets behind the newest that are remembered one by one; all before them count as merged.

A worker waits for every partial of a batch before it reads on, so partials are out of order by a
batch at most, which is far shorter."""

_SCHEMA = {"partition": pl.Int32, "offset": pl.Int64}


class MergedOffsets:
    """The offsets of envelopes that were merged, by partition of `city.events`."""

    def __init__(self, table: pl.DataFrame | None = None) -> None:
        """Start with the offsets in `table`, as `table()` returned it."""
        self._offsets: dict[int, set[int]] = {}
        self._floor: dict[int, int] = {}
        if table is not None:
            for partition, offset in table.iter_rows():
                self._offsets.setdefault(partition, set()).add(offset)
            for partition in self._offsets:
                self._drop(partition)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> MergedOffsets:
        """Return what remembers the (partition, offset) of `rows`, as of `table().rows()`."""
        return cls(pl.DataFrame(rows, schema=_SCHEMA, orient="row"))

    def add(self, partition: int, offset: int) -> bool:
        """Note an envelope; return whether it is new."""
        known = self._offsets.setdefault(partition, set())
        if offset in known or offset <= self._floor.get(partition, -1):
            return False
        known.add(offset)
        if len(known) >= 2 * SPAN:
            self._drop(partition)
        return True

    def table(self) -> pl.DataFrame:
        """Return what is remembered, to start from later; the floor stands for all below it."""
        rows = [
            (partition, offset)
            for partition, known in self._offsets.items()
            for offset in sorted(known | {self._floor.get(partition, -1)})
        ]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    def _drop(self, partition: int) -> None:
        known = sorted(self._offsets[partition])
        if len(known) > SPAN:
            self._floor[partition] = known[-SPAN - 1]
            self._offsets[partition] = set(known[-SPAN:])
