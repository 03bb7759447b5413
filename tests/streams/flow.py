"""Small envelopes and owners for the tests of the streams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from citybrain.city import Feed
from citybrain.floor.clock import millis
from citybrain.floor.events import SCHEMA, Envelope, conform
from citybrain.floor.text import Text
from streams.windows.partials import EnvelopeAt, encode_partial, reduce_envelopes
from streams.windows.window_owner import WindowOwner

PARTITIONS = 4
NOON = millis(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
MINUTE = 60_000

Row = tuple[int, str, float | None]
"""Milliseconds after noon, kind, value."""


def feed(
    name: str,
    *,
    department: str = "water",
    cadence_s: int = 60,
    lateness_s: int = 600,
    irregular: bool = False,
) -> Feed:
    """Return a feed's record."""
    return Feed(
        id=name,
        title=Text(name, name),
        department=department,
        source="http_push",
        kinds=("level", "flow"),
        mapping={},
        cadence_s=cadence_s,
        lateness_s=lateness_s,
        irregular=irregular,
    )


def envelope(
    name: str,
    rows: Sequence[Row],
    *,
    department: str = "water",
    area: str = "150302",
    received: int | None = None,
    rejected: int = 0,
) -> Envelope:
    """Return an envelope; each row is received when it occurred unless `received` says when."""
    columns: dict[str, list[object]] = {
        "event_id": [index.to_bytes(16, "big") for index in range(len(rows))],
        "feed": [name] * len(rows),
        "department": [department] * len(rows),
        "theme": ["city_management"] * len(rows),
        "kind": [kind for _, kind, _ in rows],
        "occurred_at": [NOON + at for at, _, _ in rows],
        "received_at": [NOON + (at if received is None else received) for at, _, _ in rows],
        "area": [area] * len(rows),
        "lon": [None] * len(rows),
        "lat": [None] * len(rows),
        "severity": [1] * len(rows),
        "value": [value for _, _, value in rows],
        "subject": [""] * len(rows),
        "text": [""] * len(rows),
        "attrs": [[]] * len(rows),
        "origin": ["live"] * len(rows),
    }
    arrays = [
        pa.array(columns[item.name], pa.utf8()).dictionary_encode()
        if pa.types.is_dictionary(item.type)
        else pa.array(columns[item.name], item.type)
        for item in SCHEMA
        if item.name in columns
    ]
    table = conform(pa.Table.from_arrays(arrays, names=list(columns)))
    return Envelope(name, department, table, rejected=rejected)


def source(made: Envelope, offset: int, *, partition: int = 0, behind: int = 0) -> EnvelopeAt:
    """Return `made` as it stands on `city.events`."""
    return EnvelopeAt(partition, offset, NOON, behind, made)


def records(envelopes: Sequence[Envelope], first: int = 0) -> list[bytes]:
    """Return the partial of each of `envelopes`, which stand on partition 0 from `first` on."""
    sources = [source(made, first + index) for index, made in enumerate(envelopes)]
    return [encode_partial(partial) for partial in reduce_envelopes(sources)]


def owner(*feeds: Feed) -> WindowOwner:
    """Return an empty owner of `feeds`."""
    return WindowOwner(feeds or (feed("levels"),), PARTITIONS)


def merged(made: WindowOwner, envelopes: Sequence[Envelope], first: int = 0) -> None:
    """Have `made` merge `envelopes`, which are the log of its partition from `first` on."""
    values = records(envelopes, first)
    made.merge([(first + index, value) for index, value in enumerate(values)])


def told(table: pa.Table) -> list[tuple[object, ...]]:
    """Return results as (size, start after noon in ms, kind, events, sum, state, revision)."""
    return sorted(
        (
            row["size_s"],
            millis(row["starts_at"]) - NOON,
            row["kind"],
            row["events"],
            row["sum"],
            row["state"],
            row["revision"],
        )
        for row in table.to_pylist()
    )
