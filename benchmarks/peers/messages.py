"""The same events three times: JSON for the peers, envelopes for us, JSON per department for us."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.city import DEPARTMENTS, KINDS, feed_of
from citybrain.floor.events import INSTANT, Envelope, conform, encode, event_ids

WINDOW_MS = 60_000
SPAN_MS = 10 * WINDOW_MS


@dataclass(frozen=True)
class Messages:
    """Seeded events in order of time, spread evenly over ten minutes.

    Attributes:
        total: how many there are.
        start_ms: instant of the first.
        head: how many of them, from the first on, are meant here; 0: all.
    """

    total: int
    start_ms: int
    head: int = 0

    @property
    def count(self) -> int:
        """How many events are meant here."""
        return self.head or self.total

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (occurred_at in ms, department index, kind index) of every event."""
        random = np.random.default_rng(7)
        at = self.start_ms + np.arange(self.total, dtype=np.int64) * SPAN_MS // self.total
        departments = random.integers(0, len(DEPARTMENTS), self.total)
        kinds = random.integers(0, len(KINDS), self.total)
        return at[: self.count], departments[: self.count], kinds[: self.count]

    def expected(self) -> dict[str, int]:
        """Return the right count of every window: ``department:kind@start`` → events."""
        at, departments, kinds = self.columns()
        starts = at - at % WINDOW_MS
        cells = Counter(zip(departments.tolist(), kinds.tolist(), starts.tolist(), strict=True))
        return {
            f"{DEPARTMENTS[department]}:{KINDS[kind]}@{start}": events
            for (department, kind, start), events in cells.items()
        }

    @property
    def sentinel_ms(self) -> int:
        """Time of one more event per key, which closes the peers' last windows."""
        return self.start_ms + SPAN_MS + 60 * WINDOW_MS

    def json(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield (department, key, message) of every event, about 200 bytes each."""
        columns = (column.tolist() for column in self.columns())
        for number, (at, department, kind) in enumerate(zip(*columns, strict=True)):
            name, code = DEPARTMENTS[department], KINDS[kind]
            yield name, f"{name}:{code}", _message(number, at, name, code)

    def sentinels(self) -> Iterator[tuple[str, bytes]]:
        """Yield (key, message) of one event per key after all others."""
        for department in DEPARTMENTS:
            for kind in KINDS:
                yield f"{department}:{kind}", _message(0, self.sentinel_ms, department, kind)

    def envelopes(self, rows: int) -> Iterator[tuple[str, bytes]]:
        """Yield (feed, envelope) of `rows` events each, in order of time."""
        at, departments, kinds = self.columns()
        step = rows * len(DEPARTMENTS)
        for first in range(0, self.count, step):
            piece = slice(first, first + step)
            for index, department in enumerate(DEPARTMENTS):
                mine = np.flatnonzero(departments[piece] == index) + first
                for part in range(0, len(mine), rows):
                    spot = mine[part : part + rows]
                    table = _table(department, spot, at[spot], kinds[spot])
                    yield (
                        feed_of(department),
                        encode(Envelope(feed_of(department), department, table)),
                    )


def _message(number: int, at: int, department: str, kind: str) -> bytes:
    record = {
        "id": f"{department}-{number:09d}",
        "at": at,
        "department": department,
        "kind": kind,
        "area": f"15030{2 + number % 3}",
        "severity": number % 5,
        "value": number % 1000 / 10,
        "subject": f"sensor-{number % 500:04d}",
        "text": "reading of the hour",
    }
    return json.dumps(record, separators=(",", ":")).encode()


def _table(department: str, numbers: np.ndarray, at: np.ndarray, kinds: np.ndarray) -> pa.Table:
    rows = len(numbers)
    ids = pl.Series(numbers).cast(pl.String).str.zfill(9)
    code = pa.DictionaryArray.from_arrays(kinds.astype(np.int32), pa.array(KINDS))
    areas = pa.DictionaryArray.from_arrays(
        (numbers % 3).astype(np.int32), pa.array(["150302", "150303", "150304"])
    )
    values = {
        "event_id": event_ids(feed_of(department), department + "-" + ids),
        "feed": _word(feed_of(department), rows),
        "department": _word(department, rows),
        "theme": _word("traffic", rows),
        "kind": code,
        "occurred_at": pa.array(at, INSTANT),
        "received_at": pa.array(at, INSTANT),
        "area": areas,
        "lon": pa.nulls(rows, pa.float64()),
        "lat": pa.nulls(rows, pa.float64()),
        "severity": pa.array((numbers % 5).astype(np.uint8)),
        "value": pa.array(numbers % 1000 / 10),
        "subject": pa.array([f"sensor-{number % 500:04d}" for number in numbers.tolist()]),
        "text": pa.array(["reading of the hour"] * rows),
        "attrs": pa.array([[]] * rows, pa.map_(pa.utf8(), pa.utf8())),
        "origin": _word("live", rows),
    }
    return conform(pa.table(values))


def _word(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array([text]))
