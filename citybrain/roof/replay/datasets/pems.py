"""A Caltrans PeMS loop detector: vehicles in five minutes, as CSV files that are dropped."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from citybrain.roof.replay.dataset import DataSet, recorded_at

_COLUMNS = {
    "at": pl.String(),
    "flow_5min": pl.Int64(),
    "points": pl.Int64(),
    "observed": pl.Int64(),
}


def _read(folder: Path, placement: pl.DataFrame) -> pl.DataFrame:
    rows = pl.read_csv(folder / "train.csv.gz", schema=_COLUMNS, skip_rows=1, has_header=False)
    sensor = placement["sensor"][0]
    return rows.select(
        "flow_5min",
        "observed",
        series=pl.lit(sensor),
        recorded_at=pl.col("at").str.to_datetime("%d/%m/%Y %H:%M", time_unit="ms"),
    ).join(placement, left_on="series", right_on="sensor")


def _stamp(rows: pl.DataFrame) -> pl.DataFrame:
    at = pl.from_epoch("sent_ms", time_unit="ms")
    return rows.select(
        "flow_5min",
        "observed",
        "road",
        "area",
        "lon",
        "lat",
        id=pl.format("{}-{}", "series", "sent_ms"),
        sensor=pl.col("series"),
        sent_at=at.dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
        recorded_at=recorded_at(),
    )


DATASET = DataSet(feed="pems_detector", read=_read, stamp=_stamp, gather_s=60)
