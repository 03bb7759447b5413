"""Say events as a feed's department would: its mapping turned round.

The simulator knows what happened; the feed's mapping says how its department writes it (field
names, value maps, time format, coordinate system). So a new simulated feed needs no code, and what
is sent is a true test of the mapping.
"""

from __future__ import annotations

import io
from typing import Any

import polars as pl

from citybrain.city.records import Feed, FieldRule
from citybrain.floor.event_columns import MEASURED
from citybrain.roof.replay.coordinate_shift import from_wgs84


def raw_records(feed: Feed, events: pl.DataFrame) -> pl.DataFrame:
    """Return `events` as raw records of `feed`; nested paths become structs.

    Args:
        feed: a feed whose columns come from one field each, or are constant.
        events: columns of `citybrain.roof.replay.simulate.SCHEMA`.
    """
    if "lon" in feed.mapping:
        lon, lat = from_wgs84(events["lon"].to_numpy(), events["lat"].to_numpy(), feed.coordinates)
        events = events.with_columns(lon=lon.round(6), lat=lat.round(6))
    tree: dict[str, Any] = {}
    for column, rule in feed.mapping.items():
        for path in rule.fields[:1]:
            _put(tree, path, _expression(column, rule, feed))
    return events.select(_node(name, node) for name, node in tree.items())


def as_ndjson(records: pl.DataFrame) -> bytes:
    """Return raw records as NDJSON."""
    sink = io.BytesIO()
    records.write_ndjson(sink)
    return sink.getvalue()


def as_csv(records: pl.DataFrame, encoding: str = "utf-8") -> bytes:
    """Return raw records, which must be flat, as CSV with a header."""
    return records.write_csv().encode(encoding)


def _expression(column: str, rule: FieldRule, feed: Feed) -> pl.Expr:
    if column == "occurred_at":
        return _time(rule, feed)
    if column in MEASURED:
        return pl.col(column) if rule.scale == 1.0 else pl.col(column) / rule.scale
    if not rule.values:
        return pl.col(column)
    back = {made: raw for raw, made in reversed(list(rule.values.items()))}
    return pl.col(column).cast(pl.String).replace(back)


def _time(rule: FieldRule, feed: Feed) -> pl.Expr:
    at = pl.col("occurred_at")
    if rule.format == "epoch_ms":
        return at.dt.epoch("ms")
    if rule.format == "epoch_s":
        return at.dt.epoch("s")
    there = at.dt.convert_time_zone(rule.zone or feed.time_zone)
    return there.dt.to_string("%Y-%m-%dT%H:%M:%S%.3f%:z" if rule.format == "iso" else rule.format)


def _put(tree: dict[str, Any], path: str, expression: pl.Expr) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        tree = tree.setdefault(folder, {})
    tree[name] = expression


def _node(name: str, node: Any) -> pl.Expr:
    if isinstance(node, pl.Expr):
        return node.alias(name)
    return pl.struct([_node(inner, part) for inner, part in node.items()]).alias(name)
