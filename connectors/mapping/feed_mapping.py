"""A feed's mapping at work: raw rows to events and dead letters; whole columns, no clock, no bus.

What is missing (no field, null or empty text) is no fault but in `source_id`, `kind` and
`occurred_at`; what is there and makes no sense refuses the row, and says why. A position outside
of the city, such as 0, 0 of a form without GPS, is none: the row is kept without, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import numpy as np
import polars as pl
import pyarrow as pa

from citybrain.city.city_box import CityBox, city_box
from citybrain.city.records import City, Feed
from citybrain.floor.clock import millis
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.event_columns import COLUMNS, EventColumn
from citybrain.floor.events import INSTANT, SCHEMA, event_ids
from connectors.mapping.area_lookup import Locator, known_area
from connectors.mapping.attributes import attributes
from connectors.mapping.coordinates import to_wgs84
from connectors.mapping.distinct_words import DistinctWords, constant
from connectors.mapping.fields import Fields, no_value
from connectors.mapping.local_times import UNKNOWN, explain_time, read_times
from connectors.mapping.numbers import Floats
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import Columns
from connectors.mapping.row_refusals import Faults, Origin, write_letter
from connectors.mapping.texts import filled, quote

AHEAD_MS = 5 * 60_000
"""How far a department's clock may be ahead of ours."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01 UTC: what is older is a broken clock."""
MAX_SEVERITY = 4
MAX_LON, MAX_LAT = 180.0, 90.0
_SHOWN_KINDS = 12


@dataclass(frozen=True)
class Mapped:
    """What became of a batch.

    Attributes:
        table: the good rows, columns of `citybrain.floor.events.SCHEMA`.
        letters: a dead letter for each other row.
        rows: row in the batch of each letter, rising.
    """

    table: pa.Table
    letters: list[DeadLetter]
    rows: list[int]


class Mapper:
    """Makes events of the raw rows of one feed; safe to use in several threads at once.

    Attributes:
        unplaced: rows so far whose position was none of the city's.
    """

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            OSError: the feed locates by polygon, and the city's GeoJSON cannot be read.
        """
        self._feed, self._city = feed, city
        located = any(rule.locate for rule in feed.mapping.values())
        self._locator = Locator(city.geo) if located else None
        self._box, self._lock = city_box(city), Lock()
        self.unplaced = 0

    def apply(self, batch: RawBatch, received_at: datetime, batch_id: str) -> Mapped:
        """Return the events and the dead letters of `batch`; each row is one or the other.

        Args:
            batch: the rows; their columns may be text or typed.
            received_at: present instant.
            batch_id: the sender's idempotency key, or where the rows lie in the source. Where the
                feed has no `source_id`, it and a row's index make the event's id: sent again
                under the same batch id, it is the same event.
        """
        if not batch.frame.height:
            return Mapped(SCHEMA.empty_table(), [], [])
        faults = Faults()
        fields = Fields(Columns(batch.frame), self._feed.mapping, faults)
        work = _Work(self._feed, self._city, fields, self._locator, self._box)
        table = work.table(millis(received_at), batch_id)
        with self._lock:
            self.unplaced += len(work.outside)
        if not faults:
            return Mapped(table, [], [])
        found = faults.items()
        origin = Origin(self._feed, received_at, batch_id, batch.media_type, batch.header)
        letters = [
            write_letter(origin, batch.place(row), field, reason, batch.raw(row))
            for row, field, reason in found
        ]
        good = table.filter(pa.array(faults.good(table.num_rows)))
        return Mapped(good, letters, [row for row, _, _ in found])


@dataclass(frozen=True)
class _Work:
    """The mapping of one batch, a column of the event at a time.

    `outside` takes the rows whose position is none of the city's.
    """

    feed: Feed
    city: City
    fields: Fields
    locator: Locator | None
    box: CityBox
    outside: list[int] = field(default_factory=list)

    def table(self, now_ms: int, batch_id: str) -> pa.Table:
        """Return all rows, also those at fault."""
        feed, fields, rows = self.feed, self.fields, self.fields.columns.rows
        kind = self._kind()
        lon, lat = self._position()
        area = self.locator.locate(lon, lat) if self.locator else self._area()
        columns = {
            "event_id": self._ids(batch_id),
            "feed": constant(feed.id, rows).array(),
            "department": constant(feed.department, rows).array(),
            "theme": kind.map(self._theme).array(),
            "kind": kind.array(),
            "occurred_at": self._occurred(now_ms),
            "received_at": pa.repeat(pa.scalar(now_ms, INSTANT), rows),
            "area": area.array(),
            "lon": pa.array(lon, from_pandas=True),
            "lat": pa.array(lat, from_pandas=True),
            "severity": self._severity(kind),
            "attrs": attributes(fields, feed.attrs),
            "origin": constant(feed.origin, rows).array(),
        }
        columns |= {one.name: self._plain(one) for one in COLUMNS if one.name not in columns}
        return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    def _plain(self, column: EventColumn) -> pa.Array:
        """Return a column that needs nothing but its rule."""
        if column.is_word:
            return self.fields.words(column.name, str, no_value).array()
        if column.is_text:
            return self.fields.text(column.name)
        return pa.array(self.fields.number(column.name), from_pandas=True)

    def _kind(self) -> DistinctWords:
        kinds = self.feed.kinds

        def explain(text: str) -> str:
            if not text.strip():
                return self.fields.missing("kind")
            more = ", …" if len(kinds) > _SHOWN_KINDS else ""
            shown = ", ".join(kinds[:_SHOWN_KINDS])
            return f"{quote(text)} is no kind of this feed; it has {shown}{more}"

        return self.fields.words("kind", lambda word: word if word in kinds else None, explain)

    def _theme(self, kind: str) -> str:
        return self.city.kinds[kind].theme if kind else ""

    def _area(self) -> DistinctWords:
        return self.fields.words(
            "area",
            lambda code: known_area(code, self.city) if code else "",
            lambda text: f"{quote(text)} lies in no area of {self.city.id}",
        )

    def _severity(self, kind: DistinctWords) -> pa.Array:
        usual = [self.city.kinds[word].severity if word else 0 for word in kind.words]
        by_kind = np.array(usual, np.uint8)[kind.codes]
        if "severity" not in self.feed.mapping:
            return pa.array(by_kind)
        found = self.fields.words(
            "severity",
            _severity,
            lambda text: f"{quote(text)} is no severity; it is 0 to {MAX_SEVERITY}",
        )
        given = np.array([int(word) if word else -1 for word in found.words])[found.codes]
        return pa.array(np.where(given < 0, by_kind, given).astype(np.uint8))

    def _occurred(self, now_ms: int) -> pa.Array:
        rule = self.feed.mapping["occurred_at"]
        zone = rule.zone or self.feed.time_zone
        plain = not rule.values and rule.default is None
        raw = self.fields.raw("occurred_at") if plain else self.fields.text("occurred_at")
        times = read_times(raw, rule.format, zone)
        wrong = np.flatnonzero((times < EARLIEST_MS) | (times > now_ms + AHEAD_MS))
        if len(wrong):
            text = filled(raw)

            def explain(row: int) -> str:
                told = text[row].as_py()
                if not told.strip():
                    return self.fields.missing("occurred_at")
                if times[row] == UNKNOWN:
                    return explain_time(told, rule.format, zone)
                if times[row] > now_ms:
                    return f"{quote(told)} is more than 5 minutes in the future"
                return f"{quote(told)} is before the year 2000"

            self.fields.faults.add("occurred_at", wrong, explain)
            times = np.where((times < EARLIEST_MS) | (times > now_ms + AHEAD_MS), 0, times)
        return pa.array(times).cast(INSTANT)

    def _position(self) -> tuple[Floats, Floats]:
        lon = self._degrees("lon", MAX_LON)
        lat = self._degrees("lat", MAX_LAT)
        half = np.isnan(lon) != np.isnan(lat)
        wrong = np.flatnonzero(half & self.fields.faults.good(len(half)))
        if len(wrong):
            self.fields.faults.add("lon", wrong, lambda _: "only half of the position is there")
        east, north = to_wgs84(lon, lat, self.feed.coordinates)
        there = self.box.holds(east, north) & ((lon != 0) | (lat != 0))
        self.outside.extend(np.flatnonzero(~there & ~np.isnan(lon + lat)).tolist())
        return np.where(there, east, np.nan), np.where(there, north, np.nan)

    def _degrees(self, column: str, limit: float) -> Floats:
        values = self.fields.number(column)
        wrong = np.flatnonzero(np.abs(values) > limit)
        if len(wrong):
            told = values.copy()
            self.fields.faults.add(
                column, wrong, lambda row: f"{told[row]:g} is not between {-limit:g} and {limit:g}"
            )
            values[wrong] = np.nan
        return values

    def _ids(self, batch_id: str) -> pa.Array:
        if "source_id" not in self.feed.mapping:
            numbers = pl.Series("id", range(self.fields.columns.rows)).cast(pl.String)
            return event_ids(self.feed.id, batch_id + "\x1f" + numbers)
        ids = self.fields.text("source_id")
        series = pl.Series("id", pl.from_arrow(ids))
        if (missing := (series == "").to_numpy()).any():
            self.fields.faults.add(
                "source_id", np.flatnonzero(missing), lambda _: self.fields.missing("source_id")
            )
        return event_ids(self.feed.id, series)


def _severity(word: str) -> str | None:
    """Return a severity as one digit, "" where the kind's own is to be taken."""
    if not word:
        return word
    try:
        number = float(word)
    except ValueError:
        return None
    return str(int(number)) if number in range(MAX_SEVERITY + 1) else None
