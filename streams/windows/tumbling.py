"""Tumbling minute and hour windows of each (department, kind, area), by event time.

Life of a window: *open* while events come; *closed* when the watermarks of the feeds that
contributed to its department and kind passed its end (idle feeds are not waited for); *revised*
when a late event within the allowed lateness corrected it afterwards; evicted when none can any
more. So what is held is bounded by the lateness, and the same events give the same windows in
whatever order and envelopes they come.

A result's revision is the number of partial cells in it, plus one when it is closed: it follows
from the log alone. An owner that restarts from a snapshot and reads on cannot give an older
result a higher revision than a newer one.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from citybrain.floor.results import WINDOW_SCHEMA

MINUTE_S = 60
HOUR_S = 3600
BOUND_MS = 2_000
"""How far a watermark must be past a window's end: feeds are a little out of order."""
HOUR_EVERY_MS = 10_000
"""How often an hour that is still open is told; closings and corrections are told at once."""

MEASURES: dict[str, pl.DataType] = {
    "events": pl.Int64(),
    "values": pl.Int64(),
    "sum": pl.Float64(),
    "squares": pl.Float64(),
    "min": pl.Float64(),
    "max": pl.Float64(),
    "parts": pl.UInt32(),
}
_COUNTS = ("events", "values")
WORDS = ("department", "theme", "kind", "area")
CELL_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("feed", *WORDS), pl.Categorical()),
    "minute": pl.Int64(),
    **MEASURES,
}
"""Merged base cells as `TumblingWindows.add` takes them: one row a (feed, department, theme, kind,
area,
minute in ms), `parts` partial cells in each."""

CELL_KEYS = ("feed", *WORDS, "minute")
_KEY = ("starts", *WORDS)
_GROUP = ("starts", "department", "kind")
_SCHEMA: dict[str, pl.DataType] = {
    "starts": pl.Int64(),
    **dict.fromkeys(WORDS, pl.Categorical()),
    **MEASURES,
}
_STATE = {"settled": pl.UInt32, "changed": pl.Boolean}
_CARRIERS = {"starts": pl.Int64} | dict.fromkeys(("department", "kind", "feed"), pl.Categorical)
SUMS = (
    pl.col("events").sum(),
    pl.col("values").sum(),
    pl.col("sum").sum(),
    pl.col("squares").sum(),
    pl.col("min").min(),
    pl.col("max").max(),
    pl.col("parts").sum(),
)


class TumblingWindows:
    """The windows of one size, held as one table of cells.

    Attributes:
        size_s: length of a window in seconds.
        cells: one row a window; `settled` is `parts` when it closed (null: open), `changed` says
            that it has to be told.
        carriers: which feeds contributed to the windows of each (start, department, kind).
    """

    def __init__(self, size_s: int) -> None:
        """Start with no windows."""
        self.size_s = size_s
        self.cells = pl.DataFrame(schema={**_SCHEMA, **_STATE})
        self.carriers = pl.DataFrame(schema=_CARRIERS)
        self._pending: list[pl.DataFrame] = []
        self._told_hour = 0

    def add(self, cells: pl.DataFrame) -> None:
        """Take merged base cells (`CELL_SCHEMA`) in; none of them is beyond its lateness."""
        if cells.height:
            size_ms = self.size_s * 1000
            starts = (pl.col("minute") // size_ms * size_ms).alias("starts")
            self._pending.append(cells.with_columns(starts))

    def fold(self) -> None:
        """Merge what was added into the windows; only those that may change are touched."""
        if not self._pending:
            return
        added = pl.concat(self._pending)
        self._pending.clear()
        carriers = added.select(_CARRIERS.keys())
        self.carriers = pl.concat([self.carriers, carriers]).unique(maintain_order=True)
        since = added["starts"].min()
        fresh = added.select(
            *_SCHEMA, pl.lit(None, pl.UInt32).alias("settled"), pl.lit(True).alias("changed")
        )
        touched = pl.concat([self.cells.filter(pl.col("starts") >= since), fresh])
        merged = touched.group_by(_KEY, maintain_order=True).agg(
            *SUMS, pl.col("settled").max(), pl.col("changed").any()
        )
        self.cells = pl.concat([self.cells.filter(pl.col("starts") < since), merged])

    def close(self, marks: pl.DataFrame, now_ms: int) -> None:
        """Close the open windows whose end the watermarks (`Watermarks.table`) have passed."""
        self.fold()
        if not self._may_close(marks, now_ms):
            return
        end = pl.col("starts") + self.size_s * 1000 + BOUND_MS
        open_groups = self.cells.lazy().filter(pl.col("settled").is_null()).select(_GROUP).unique()
        awaited = pl.col("watermark").filter(~pl.col("idle")).min().fill_null(now_ms)
        ripe = (
            self.carriers.lazy()
            .join(open_groups, on=_GROUP, how="semi")
            .join(marks.lazy(), on="feed")
            .group_by(_GROUP)
            .agg(awaited)
            .filter(pl.col("watermark") >= end)
            .select(*_GROUP, pl.lit(True).alias("ripe"))
            .collect()
        )
        if ripe.height:
            now_closed = pl.col("ripe").fill_null(False) & pl.col("settled").is_null()
            self.cells = (
                self.cells.lazy()
                .join(ripe.lazy(), on=_GROUP, how="left", maintain_order="left")
                .with_columns(
                    pl.when(now_closed).then("parts").otherwise("settled").alias("settled"),
                    pl.col("changed") | now_closed,
                )
                .drop("ripe")
                .collect()
            )

    def evict(self, horizons: pl.DataFrame) -> None:
        """Forget the windows that no event can change any more (`Horizons.table`)."""
        if not self.cells.height:
            return
        end = pl.col("starts") + self.size_s * 1000
        over = (
            self.carriers.lazy()
            .join(horizons.lazy(), on=("department", "kind"))
            .filter(end <= pl.col("horizon"))
            .select(_GROUP)
            .unique()
            .collect()
        )
        if over.height:
            self.cells = self.cells.join(over, on=_GROUP, how="anti", maintain_order="left")
            self.carriers = self.carriers.join(over, on=_GROUP, how="anti", maintain_order="left")

    def changed_results(self, marks: pl.DataFrame, now_ms: int) -> pa.Table:
        """Return the windows that changed since the last call, as `WINDOW_SCHEMA`."""
        self.fold()
        told = pl.col("changed")
        if not self._open_due(now_ms):
            told = told & pl.col("settled").is_not_null()
        results = self.cells.filter(told)
        if not results.height:
            return WINDOW_SCHEMA.empty_table()
        self.cells = self.cells.with_columns(pl.col("changed") & ~told)
        return _results(self._marked(results, marks), self.size_s, now_ms)

    def newest_end(self) -> pl.DataFrame:
        """Return the end of the newest window of each (department, kind)."""
        end = (pl.col("starts").max() + self.size_s * 1000).alias("end")
        return self.carriers.group_by("department", "kind").agg(end)

    def _may_close(self, marks: pl.DataFrame, now_ms: int) -> bool:
        """Whether any open window could be due; spares the search for most of a minute."""
        first = self.cells.filter(pl.col("settled").is_null())["starts"].min()
        if not isinstance(first, int):
            return False
        reached = [*marks["watermark"], *([now_ms] if marks["idle"].any() else [])]
        return first + self.size_s * 1000 + BOUND_MS <= max(reached, default=now_ms)

    def _open_due(self, now_ms: int) -> bool:
        if self.size_s == MINUTE_S:
            return True
        turn = now_ms // HOUR_EVERY_MS
        due, self._told_hour = turn != self._told_hour, turn
        return due

    def _marked(self, cells: pl.DataFrame, marks: pl.DataFrame) -> pl.LazyFrame:
        """Return `cells` with the watermark that each window has come to."""
        awaited = pl.col("watermark").filter(~pl.col("idle")).min()
        groups = (
            self.carriers.lazy()
            .join(marks.lazy(), on="feed", how="left")
            .group_by(_GROUP)
            .agg(awaited.fill_null(pl.col("watermark").max()))
        )
        return cells.lazy().join(groups, on=_GROUP, how="left", maintain_order="left")


def _results(cells: pl.LazyFrame, size_s: int, now_ms: int) -> pa.Table:
    closed = pl.col("settled").is_not_null()
    state = (
        pl.when(~closed)
        .then(pl.lit("open"))
        .when(pl.col("parts") > pl.col("settled"))
        .then(pl.lit("revised"))
        .otherwise(pl.lit("closed"))
    )
    frame = cells.select(
        pl.lit(size_s, pl.UInt32).alias("size_s"),
        pl.col("starts").alias("starts_at"),
        *(pl.col(word).cast(pl.String) for word in WORDS),
        *(pl.col(name).clip(0) for name in _COUNTS),  # what was taken back may have been too late
        *list(MEASURES)[len(_COUNTS) : -1],
        state.alias("state"),
        (pl.col("parts") + closed.cast(pl.UInt32)).alias("revision"),
        pl.col("watermark").fill_null(now_ms),
        pl.lit(now_ms, pl.Int64).alias("updated_at"),
    ).collect()
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(WINDOW_SCHEMA)


class Horizons:
    """Until when the windows of each (department, kind) are final; never goes back.

    A horizon is what all feeds that may still contribute have passed by their allowed lateness.
    Were it to follow each feed alone, a window could be evicted and then begun anew by a feed
    that is behind, and the second half would replace the first.
    """

    def __init__(self) -> None:
        """Start with no horizon."""
        schema = dict.fromkeys(("department", "kind"), pl.Categorical)
        self.table = pl.DataFrame(schema=schema | {"horizon": pl.Int64})
        self.feeds = pl.DataFrame(schema=schema | {"feed": pl.Categorical})

    def add(self, cells: pl.DataFrame) -> None:
        """Take note of which feeds carry which (department, kind)."""
        seen = cells.select("department", "kind", "feed").unique()
        if seen.join(self.feeds, on=seen.columns, how="anti").height:
            self.feeds = pl.concat([self.feeds, seen]).unique(maintain_order=True)

    def advance(self, marks: pl.DataFrame, newest_end: pl.DataFrame) -> None:
        """Move on with the feeds' marks (`Watermarks.table`).

        Where all feeds are gone the time moves it, but not past the windows that they left: what
        a feed tells of long ago (a file of last year, interrupted) may go on behind them.
        """
        awaited = pl.col("horizon").filter(~pl.col("gone")).min()
        left = pl.col("horizon").min().alias("left")
        if not self.feeds.height:
            return
        moved = (
            self.feeds.lazy()
            .join(marks.lazy(), on="feed")
            .group_by("department", "kind")
            .agg(awaited, left)
            .join(newest_end.lazy(), on=("department", "kind"), how="left")
            .select(
                "department",
                "kind",
                pl.coalesce("horizon", pl.min_horizontal("left", "end")).alias("horizon"),
            )
            .drop_nulls()
        )
        self.table = (
            pl.concat([self.table.lazy(), moved])
            .group_by("department", "kind", maintain_order=True)
            .agg(pl.col("horizon").max())
            .collect()
        )
