"""Dutch motorway lanes (NDW): flow and speed by the minute, as messages on a Kafka topic."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import polars as pl

from citybrain.roof.replay.dataset import DataSet, recorded_at

_FORMAT = "%Y-%m-%d %H:%M:%S%.f"


def _read(folder: Path, placement: pl.DataFrame) -> pl.DataFrame:
    text = gzip.decompress((folder / "ndw_30min.txt.gz").read_bytes()).decode()
    rows = pl.DataFrame([_row(line) for line in text.splitlines()])
    return (
        rows.with_columns(pl.col("recorded_at").str.to_datetime(_FORMAT, time_unit="ms"))
        .join(placement, left_on="lane", right_on="sensor", maintain_order="left")
        .with_columns(series=pl.lit("ndw"))
    )


def _row(line: str) -> dict[str, object]:
    key, _, body = line.partition("= ")
    record = msgspec.json.decode(body)
    measure = "flow" if "flow" in record else "speed"
    return {
        "lane": "/".join(key.split("/")[-2:]),
        "measure": measure,
        "value": float(record[measure]),
        "accuracy": record["accuracy"],
        "recorded_at": record["timestamp"],
    }


def _stamp(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "lane",
        "measure",
        "value",
        "accuracy",
        "road",
        "area",
        "lon",
        "lat",
        "sent_ms",
        recorded_at=recorded_at(),
    )


DATASET = DataSet(feed="ndw_lanes", read=_read, stamp=_stamp)
