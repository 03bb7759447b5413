"""NAB's realTraffic: speed, occupancy and travel time of seven sensors, as a JSON push."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from citybrain.roof.replay.dataset import DataSet, recorded_at

_KINDS = {"speed": "traffic_speed", "occupancy": "occupancy", "TravelTime": "travel_time"}
_KM_PER_MILE = 1.609344


def _read(folder: Path, placement: pl.DataFrame) -> pl.DataFrame:
    parts = [
        pl.read_csv(path, schema={"timestamp": pl.String(), "value": pl.Float64()}).with_columns(
            series=pl.lit(path.name.removesuffix(".csv.gz"))
        )
        for path in sorted(folder.glob("*.csv.gz"))
    ]
    measure = pl.col("series").str.split("_").list.first()
    kind = measure.replace_strict(_KINDS)
    speed = pl.when(measure == "speed").then(_KM_PER_MILE).otherwise(1.0)
    return (
        pl.concat(parts)
        .select(
            "series",
            recorded_at=pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms"),
            kind=kind,
            value=(pl.col("value") * speed).round(2),
        )
        .join(placement, left_on="series", right_on="sensor")
    )


def _stamp(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "row",
        "sent_ms",
        "kind",
        "value",
        "road",
        "area",
        "lon",
        "lat",
        sensor=pl.col("series"),
        recorded_at=recorded_at(),
    )


DATASET = DataSet(feed="nab_traffic", read=_read, stamp=_stamp)
