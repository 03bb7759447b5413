"""The contract of a data set for replay: one file of `citybrain/roof/replay/datasets/` is one set.

A module there offers ``DATASET = DataSet(feed="…", read=…)``; nothing else changes. `read` is
given the folder of the set's files and the places of its sensors, and returns the rows in the
order in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from citybrain.floor.discover import discover

PLACEMENT = pl.Schema(
    {
        "set": pl.String(),
        "sensor": pl.String(),
        "road": pl.String(),
        "area": pl.String(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)


@dataclass(frozen=True)
class DataSet:
    """One set of recorded data.

    Attributes:
        feed: id of the feed that its rows are sent to.
        read: (folder of the files, placement of the sensors) → rows. Columns ``series`` (rows of
            one series loop together) and ``recorded_at`` (naive, as recorded) are required; the
            others are the raw record.
        stamp: (rows, with ``sent_ms``, the instant that each is replayed at) → raw records.
        gather_s: seconds of rows that are sent together.
    """

    feed: str
    read: Callable[[Path, pl.DataFrame], pl.DataFrame]
    stamp: Callable[[pl.DataFrame], pl.DataFrame]
    gather_s: float = 0.5


def datasets() -> dict[str, DataSet]:
    """Return every data set by the name of its module."""
    from citybrain.roof.replay import datasets as package  # noqa: PLC0415 - the sets import this module

    return discover(package, "DATASET", DataSet)


def read_dataset(name: str, dataset: DataSet, data: Path) -> pl.DataFrame:
    """Return the rows of a set whose files lie in ``data/<name>``.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    placement = pl.read_csv(data / "placement.csv", schema=PLACEMENT)
    mine = placement.filter(pl.col("set") == name).drop("set")
    return dataset.read(data / name, mine)


def recorded_at() -> pl.Expr:
    """Return the time of the recording as text, as the feeds keep it in an attribute."""
    return pl.col("recorded_at").dt.to_string("%Y-%m-%d %H:%M:%S")
