"""One owner of departments: merges their partials into windows and feed health.

It is a function of the log of its partition of `city.partials` and of the instants at which it is
asked, so any worker can take it over: restore a snapshot, read on from there, and go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from citybrain.city.records import Feed
from citybrain.floor.dead_letters import FailedRecord, failed_record, problem_of
from citybrain.floor.topics import EVENTS, PARTIALS, partition_of
from citybrain.floor.zone_watch import ZoneWatch
from streams.runtime.merged_offsets import MergedOffsets
from streams.runtime.watermarks import Watermarks, timing_of
from streams.windows.health import FeedHealth, feed_state, health_table
from streams.windows.partials import MINUTE_MS, Partial, decode_partial
from streams.windows.tumbling import (
    CELL_KEYS,
    CELL_SCHEMA,
    HOUR_S,
    MINUTE_S,
    SUMS,
    Horizons,
    TumblingWindows,
)
from streams.windows.window_snapshot import VERSION, FeedSnapshot, WindowsSnapshot, pack, unpack

AHEAD_MS = 86_400_000
"""Events further in the future than this are a wrong clock: no window would ever see their end."""
EVICT_EVERY_MS = 10_000
"""How often windows that are over are looked for: a little more memory, much less work."""
PENDING_ROWS = 100_000
"""Cells that may wait to be merged; bounds memory while a backlog is worked off."""
CAUGHT_UP = 100
"""Records of a backlog up to which a feed counts as read to the present instant."""

Limits = tuple[int, int]


@dataclass(frozen=True)
class OwnerTick:
    """What an owner tells at one instant: changed windows, and the health of its feeds."""

    windows: pa.Table
    health: pa.Table


class WindowOwner:
    """The state of one partition of `city.partials`.

    Attributes:
        offset: the last record of the partition that is merged; -1: none.
        partition: of `city.partials`.
        undecodable: records that were no partials.
        refused: those, until somebody takes them from here.
    """

    def __init__(self, feeds: Sequence[Feed], partitions: int, partition: int = 0) -> None:
        """Start empty.

        Args:
            feeds: the city's feeds of the departments that the owner is responsible for.
            partitions: how many partitions `city.events` has.
            partition: which partition of `city.partials` it owns.
        """
        self.offset, self.partition = -1, partition
        self.undecodable = 0
        self.refused: list[FailedRecord] = []
        self._partitions = partitions
        self._marks = Watermarks({feed.id: timing_of(feed) for feed in feeds})
        self._health = {feed.id: _new_health(feed) for feed in feeds}
        self._horizons = Horizons()
        self._windows = (TumblingWindows(MINUTE_S), TumblingWindows(HOUR_S))
        self._merged = MergedOffsets()
        self._pending: list[tuple[Partial, Limits]] = []
        self._pending_rows = 0
        self._evicted = 0

    @property
    def changes(self) -> int:
        """What is worth a snapshot changes by records alone."""
        return self.offset

    @property
    def late(self) -> int:
        """Events that came beyond their allowed lateness, as of the last tick."""
        return sum(health.late for health in self._health.values())

    def reload(self, feeds: Sequence[Feed]) -> None:
        """Expect `feeds` from now on, and no others; of those that stay nothing is forgotten."""
        self._fold()
        for feed in feeds:
            self._marks.mark(feed.id).timing = timing_of(feed)
            health = self._health.setdefault(feed.id, _new_health(feed))
            health.department, health.clock.zones = feed.department, _zones(feed)
        for gone in self._health.keys() - {feed.id for feed in feeds}:
            del self._health[gone]
            self._marks.marks.pop(gone, None)

    def merge(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Merge (offset, value) records of the partition, in order; known ones are skipped.

        Each is counted at once; cells are merged many at a time, at the latest by the next tick.
        """
        for offset, value in records:
            if offset <= self.offset:
                continue
            self.offset = offset
            try:
                partial = decode_partial(value)
                if self._merged.add(partial.header.partition, partial.header.offset):
                    self._pending.append((partial, self._note(partial)))
                    self._pending_rows += partial.cells.num_rows
            except Exception as error:
                self.undecodable += 1
                self.refused.append(failed_record(PARTIALS, self.partition, offset, value, error))
        if self._pending_rows > PENDING_ROWS:
            self._fold()

    def settle(self) -> None:
        """Merge what waits, so that a long log is read in bounded memory."""
        self._fold()
        for windows in self._windows:
            windows.fold()

    def tick(self, now_ms: int, backlog: Mapping[int, int]) -> OwnerTick:
        """Close and forget what is due at `now_ms`, and return what is to be told.

        Args:
            now_ms: the present instant.
            backlog: partition of `city.events` → records not read yet, as far as known here.
        """
        self._fold()
        behind = self._behind(backlog)
        reached = self._reached(now_ms, behind)
        marks = self._marks.table(reached)
        told = []
        for windows in self._windows:
            windows.close(marks, now_ms)
            told.append(windows.changed_results(marks, now_ms))
        self._evict(marks, now_ms)
        feeds = [(health, self._marks.mark(feed)) for feed, health in self._health.items()]
        health = health_table(feeds, now_ms, reached=reached, backlog=behind)
        return OwnerTick(pa.concat_tables(told), health)

    def states(self, now_ms: int, backlog: Mapping[int, int]) -> dict[str, str]:
        """Return the state of each feed, as `tick` would tell it."""
        reached = self._reached(now_ms, self._behind(backlog))
        return {
            feed: feed_state(health, self._marks.mark(feed), reached(feed))
            for feed, health in self._health.items()
        }

    def snapshot(self, now_ms: int) -> WindowsSnapshot:
        """Return all that is known, as of `offset`."""
        self._fold()
        tables = {name: pack(table) for name, table in self._tables().items()}
        feeds = [
            FeedSnapshot(
                health, self._marks.mark(feed).watermark_ms, self._marks.mark(feed).seen_ms
            )
            for feed, health in self._health.items()
        ]
        return WindowsSnapshot(VERSION, self.offset, now_ms, feeds, tables)

    def restore(self, snapshot: WindowsSnapshot) -> None:
        """Take over what `snapshot` knows; feeds and their timing are the city's."""
        self.offset = snapshot.offset
        for state in snapshot.feeds:
            if not (known := self._health.get(state.health.feed)):
                continue
            state.health.clock.zones = known.clock.zones
            self._health[state.health.feed] = state.health
            mark = self._marks.mark(state.health.feed)
            mark.watermark_ms, mark.seen_ms = state.watermark_ms, state.seen_ms
        tables = {
            name: unpack(snapshot.tables[name], table.schema)
            for name, table in self._tables().items()
        }
        self._merged = MergedOffsets(tables["merged"])
        self._horizons.table, self._horizons.feeds = tables["horizons"], tables["feeds"]
        for windows in self._windows:
            windows.cells = tables[f"cells_{windows.size_s}"]
            windows.carriers = tables[f"carriers_{windows.size_s}"]

    def _tables(self) -> dict[str, pl.DataFrame]:
        tables = {
            "merged": self._merged.table(),
            "horizons": self._horizons.table,
            "feeds": self._horizons.feeds,
        }
        for windows in self._windows:
            windows.fold()
            tables[f"cells_{windows.size_s}"] = windows.cells
            tables[f"carriers_{windows.size_s}"] = windows.carriers
        return tables

    def _evict(self, marks: pl.DataFrame, now_ms: int) -> None:
        """Forget, from time to time, what nothing can change any more."""
        turn = now_ms // EVICT_EVERY_MS
        if turn == self._evicted:
            return
        self._evicted = turn
        self._horizons.advance(marks, self._windows[-1].newest_end())
        for windows in self._windows:
            windows.evict(self._horizons.table)

    def _fold(self) -> None:
        """Merge the cells of what is pending."""
        pending, self._pending, self._pending_rows = self._pending, [], 0
        if any(partial.cells.num_rows for partial, _ in pending):
            try:
                cells = self._base_cells(pending)
            except (pa.ArrowException, pl.exceptions.PolarsError, OverflowError) as error:
                self._one_by_one(pending, error)
            else:
                self._take(cells)

    def _one_by_one(self, pending: list[tuple[Partial, Limits]], error: Exception) -> None:
        """Merge what could not be merged together alone; leave out what cannot even so."""
        if len(pending) > 1:
            for one in pending:
                self._pending.append(one)
                self._fold()
            return
        header = pending[0][0].header
        self.undecodable += 1
        place = f"{EVENTS.name}[{header.partition}]@{header.offset}"
        self.refused.append(FailedRecord(PARTIALS, place, b"", problem_of(error)))

    def _take(self, cells: pl.DataFrame) -> None:
        """Give merged base cells (`CELL_SCHEMA`) to whoever evaluates them."""
        self._horizons.add(cells)
        for windows in self._windows:
            windows.add(cells)

    def _base_cells(self, pending: Sequence[tuple[Partial, Limits]]) -> pl.DataFrame:
        """Return the cells of `pending` merged, without those that come too late."""
        cells = _stack(pending).join(self._horizons.table, on=("department", "kind"), how="left")
        ends = pl.col("minute") + MINUTE_MS
        in_time = (ends > pl.max_horizontal("oldest", "horizon")) & (ends <= pl.col("newest"))
        split = cells.with_columns(in_time.alias("in_time"))
        self._count_late(split.filter(~pl.col("in_time")))
        return (
            split.lazy()
            .filter("in_time")
            .group_by(CELL_KEYS, maintain_order=True)
            .agg(SUMS)
            .collect()
        )

    def _note(self, partial: Partial) -> Limits:
        """Count `partial`; return between which instants its minutes may end.

        The mark before the envelope decides: what came together in order is never late.
        """
        header = partial.header
        known = self._health.setdefault(header.feed, FeedHealth(header.feed, header.department))
        known.count(header)
        mark = self._marks.mark(header.feed)
        horizon = mark.horizon_ms()
        if header.accepted or not header.rejected:  # refused rows alone are no sign of life
            mark.advance(header.newest_ms, header.received_ms)
        return -(2**62) if horizon is None else horizon, header.received_ms + AHEAD_MS

    def _count_late(self, cells: pl.DataFrame) -> None:
        if cells.height:
            for feed, events in cells.group_by("feed").agg(pl.col("events").sum()).iter_rows():
                self._health[feed].late += events

    def _behind(self, backlog: Mapping[int, int]) -> Callable[[str], int]:
        def behind(feed: str) -> int:
            return backlog.get(partition_of(feed, self._partitions), self._health[feed].behind)

        return behind

    def _reached(self, now_ms: int, behind: Callable[[str], int]) -> Callable[[str], int]:
        """Return feed → instant up to which its flow is read.

        While a backlog is worked off, silence is judged by the time that the flow has come to: a
        feed is not silent because we have not yet read what it said.
        """
        seen: dict[int, int] = {}
        for feed, mark in self._marks.marks.items():
            partition = partition_of(feed, self._partitions)
            seen[partition] = max(seen.get(partition, 0), mark.seen_ms or 0)

        def reached(feed: str) -> int:
            if behind(feed) <= CAUGHT_UP:
                return now_ms
            return min(now_ms, seen[partition_of(feed, self._partitions)])

        return reached


def _new_health(feed: Feed) -> FeedHealth:
    clock = ZoneWatch(_zones(feed))
    return FeedHealth(feed.id, feed.department, feed.origin, clock=clock)


def _zones(feed: Feed) -> tuple[str, ...]:
    """Return the zone that times of `feed` without an offset are of."""
    rule = feed.mapping.get("occurred_at")
    return ((rule and rule.zone) or feed.time_zone,)


def _stack(pending: Sequence[tuple[Partial, Limits]]) -> pl.DataFrame:
    """Return the cells of all `pending` as one table, each with its feed and its limits."""
    rows = [partial.cells.num_rows for partial, _ in pending]
    index = np.repeat(np.arange(len(pending)), rows)
    heads = pl.DataFrame(
        {
            "feed": [partial.header.feed for partial, _ in pending],
            "department": [partial.header.department for partial, _ in pending],
            "oldest": [limits[0] for _, limits in pending],
            "newest": [limits[1] for _, limits in pending],
        },
        schema_overrides={"feed": pl.Categorical, "department": pl.Categorical},
    )
    cells = pl.DataFrame(pa.concat_tables([part.cells for part, _ in pending]).combine_chunks())
    stacked = pl.concat([heads[index], cells], how="horizontal")
    parts = pl.lit(1).alias("parts")
    return stacked.with_columns(pl.col("minute").to_physical(), parts).cast(pl.Schema(CELL_SCHEMA))
