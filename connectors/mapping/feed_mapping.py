"""A feed's mapping at work: raw rows to events and dead letters; whole columns, no clock, no bus.

What is missing (no field, null or empty text) is no fault but in `source_id`, `kind` and
`occurred_at`; what is there and makes no sense refuses the row, and says why. What is older than it
would be kept, and positions that cannot be true, go by the feed's policies, and are counted.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.city.city_box import AreaBoxes, CityBox, area_boxes, city_box
from citybrain.city.event_retention import Retention, event_retention
from citybrain.city.records import City, Feed
from citybrain.floor.clock import millis
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.event_columns import COLUMNS, COUNTS, EventColumn
from citybrain.floor.events import INSTANT, SCHEMA, event_ids
from connectors.mapping.area_lookup import Locator, known_area
from connectors.mapping.attributes import attributes
from connectors.mapping.distinct_words import DistinctWords, constant
from connectors.mapping.event_times import EventTimes, TimeReader
from connectors.mapping.feed_pace import FeedPace
from connectors.mapping.fields import Fields, no_value
from connectors.mapping.further_events import Which
from connectors.mapping.made_events import MadeEvents, in_rows
from connectors.mapping.noticed import Noticed, Rows
from connectors.mapping.positions import PositionReader
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import Columns, needed_columns, uses_of
from connectors.mapping.record_versions import VersionReader
from connectors.mapping.row_refusals import Faults, Origin, write_letter
from connectors.mapping.texts import filled, plain_name, quote

MAX_SEVERITY = 4
_SHOWN_KINDS = 12
_NONE: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Mapped:
    """What became of a batch.

    Attributes:
        table: the events of the good rows, columns of `citybrain.floor.events.SCHEMA`; the first
            event of a row, then its further ones.
        letters: a dead letter for each other row that was not skipped, and for each further event
            that was refused.
        rows: row in the batch of each letter, rising.
        which: what each event is of its row.
        skipped: rows that are neither event nor letter, as the feed wants it.
        further_skipped: row of each further event that is neither.
        noticed: what else is to be told of rows.
        warnings: sentences about the batch as a whole.
    """

    table: pa.Table
    letters: list[DeadLetter]
    rows: list[int]
    which: Which = field(default_factory=lambda: np.empty(0, np.uint8))
    skipped: Rows = field(default_factory=lambda: _NONE)
    further_skipped: Rows = field(default_factory=lambda: _NONE)
    noticed: Noticed = field(default_factory=Noticed)
    warnings: tuple[str, ...] = ()


class Mapper:
    """Makes events of the raw rows of one feed; safe to use in several threads at once."""

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            OSError: the feed locates by polygon, and the city's GeoJSON cannot be read.
        """
        self._feed = feed
        located = any(rule.locate for _, _, rule in feed.rules())
        around = _Around(
            city,
            event_retention(city),
            city_box(city),
            area_boxes(city),
            Locator(city.geo) if located else None,
        )
        self._first = _maker(feed, around)
        self._further = [
            _maker(replace(feed, mapping={**feed.mapping, **rules}), around, name)
            for name, rules in feed.also.items()
        ]
        self.pace = FeedPace(feed, city.time_zone)

    def apply(self, batch: RawBatch, received_at: datetime, batch_id: str) -> Mapped:
        """Return the events and the dead letters of `batch`.

        Each row is an event, a letter, or is skipped; one that is an event may give further ones.

        Args:
            batch: the rows; their columns may be text or typed.
            received_at: present instant.
            batch_id: the sender's idempotency key, or where the rows lie in the source. Where the
                feed has no `source_id`, it and a row's index make the event's id: sent again
                under the same batch id, it is the same event.
        """
        if not batch.frame.height:
            return Mapped(SCHEMA.empty_table(), [], [])
        now_ms, noticed = millis(received_at), Noticed()
        made = self._first.make(batch.frame, now_ms, batch_id, noticed)
        more = [one.make_of(made, batch.frame, now_ms, noticed) for one in self._further]
        warnings = self.pace.see(
            made.times, made.good, now_ms, noticed, [one.kept_times() for one in more]
        )
        columns = made.fields.columns
        missing = self.pace.drift(columns.pick, columns.rows, now_ms)
        table, which = in_rows(made, more)
        if not table.num_rows:
            missing |= _missing(self._feed, columns)
        warnings += tuple(f"{said}{_otherwise(path, batch)}" for path, said in missing.items())
        faults = [one for some in (made, *more) for one in some.faults()]
        faults.sort(key=lambda fault: fault[0])
        origin = Origin(self._feed, received_at, batch_id, batch.media_type, batch.header)
        letters = [
            write_letter(origin, batch.place(row), field, reason, batch.raw(row))
            for row, field, reason in faults
        ]
        return Mapped(
            table,
            letters,
            [row for row, _, _ in faults],
            which,
            made.skipped,
            np.concatenate([_NONE, *(one.skipped_rows() for one in more)]),
            noticed,
            warnings,
        )


@dataclass(frozen=True)
class _Around:
    """What the makers of a feed share."""

    city: City
    retention: Retention
    box: CityBox
    areas: AreaBoxes
    locator: Locator | None


def _maker(feed: Feed, around: _Around, name: str = "") -> _EventMaker:
    city, located = around.city, any(rule.locate for rule in feed.mapping.values())
    return _EventMaker(
        feed,
        city,
        around.locator if located else None,
        TimeReader(feed, around.retention),
        PositionReader(feed, city.id, around.box, around.areas),
        VersionReader(feed),
        name,
        frozenset(part for path in uses_of(feed) for part in (path, path.split(".")[0])),
    )


@dataclass(frozen=True)
class _EventMaker:
    """Makes the first events of rows, or the further ones of one name.

    Attributes:
        feed: the feed, with the mapping of these events.
        city: its city.
        locator: finds areas, where they are to be located.
        reader: reads times.
        positions: reads positions.
        versions: reads what rows say of their record's version.
        name: of the further events; "": the first of their rows.
        reads: names of the raw columns that the mapping reads.
    """

    feed: Feed
    city: City
    locator: Locator | None
    reader: TimeReader
    positions: PositionReader
    versions: VersionReader
    name: str
    reads: frozenset[str]

    def make(self, frame: pl.DataFrame, now_ms: int, batch_id: str, noticed: Noticed) -> MadeEvents:
        """Return an event of each row of `frame`."""
        fields = Fields(Columns(frame), self.feed.mapping, Faults())
        work = _Work(self.feed, self.city, fields, noticed, self.locator, self.name)
        times, table = work.table(now_ms, batch_id, self.reader, self.positions, self.versions)
        faults, skipped, good = fields.faults, times.skipped, None
        if len(skipped):
            skipped = np.setdiff1d(skipped, faults.rows())
        if faults or len(skipped):
            good = faults.good(table.num_rows)
            good[skipped] = False
        return MadeEvents(self.name, table, times, fields, good, skipped)

    def make_of(
        self, first: MadeEvents, frame: pl.DataFrame, now_ms: int, noticed: Noticed
    ) -> MadeEvents:
        """Return a further event of each row whose first one is good, and whose instant is there.

        Args:
            first: the first events of all rows.
            frame: the rows.
            now_ms: present instant.
            noticed: what was noticed of the rows; more is added.
        """
        fields = Fields(first.fields.columns, self.feed.mapping, Faults())
        instant = pc.utf8_trim_whitespace(filled(fields.raw("occurred_at")))
        there = pc.binary_length(instant).to_numpy() > 0
        if first.good is not None:
            there &= first.good
        rows, mine = np.flatnonzero(there), Noticed()
        if not len(rows):
            none = EventTimes(rows, rows, rows)
            return MadeEvents(self.name, SCHEMA.empty_table(), none, fields, None, rows, rows)
        some = frame.select(name for name in frame.columns if name in self.reads)
        made = self.make(some.filter(pl.Series(there)), now_ms, "", mine)
        for word, noted in mine:
            noticed.add(word, rows[noted])
        return replace(made, rows=rows)


def beside_feeds(city: City) -> City:
    """Return what the mapping of every feed goes by, beside the feed itself."""
    return replace(city, feeds={}, subjects={}, departments={})


@dataclass(frozen=True)
class _Work:
    """The mapping of one batch, a column of the event at a time."""

    feed: Feed
    city: City
    fields: Fields
    noticed: Noticed
    locator: Locator | None
    further: str

    def table(
        self,
        now_ms: int,
        batch_id: str,
        reader: TimeReader,
        positions: PositionReader,
        versions: VersionReader,
    ) -> tuple[EventTimes, pa.Table]:
        """Return all rows, also those at fault, and their times."""
        feed, fields, rows = self.feed, self.fields, self.fields.columns.rows
        kind = self._kind()
        where = positions.read(fields, self.noticed)
        area = self.locator.locate(where.lon, where.lat) if self.locator else self._area()
        if not self.locator and "lon" in feed.mapping:
            positions.far(where, area, fields, self.noticed)
        ids = self._ids(batch_id)
        times = reader.read(fields, kind, now_ms, self.noticed)
        columns = {
            "event_id": ids,
            "feed": constant(feed.id, rows).array(),
            "department": constant(feed.department, rows).array(),
            "theme": kind.map(self._theme).array(),
            "kind": kind.array(),
            "occurred_at": pa.array(times.millis).cast(INSTANT),
            "received_at": pa.repeat(pa.scalar(now_ms, INSTANT), rows),
            "area": area.array(),
            "lon": pa.array(where.lon, from_pandas=True),
            "lat": pa.array(where.lat, from_pandas=True),
            "severity": self._severity(kind),
            "attrs": attributes(fields, feed.attrs, where.attributes(rows)),
            "origin": constant(feed.origin, rows).array(),
            "sign": pa.repeat(pa.scalar(COUNTS, pa.int8()), rows),
        }
        columns |= versions.read(fields, times.millis, now_ms)
        columns |= {one.name: self._plain(one) for one in COLUMNS if one.name not in columns}
        table = pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
        return times, table

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

    def _ids(self, batch_id: str) -> pa.Array:
        if "source_id" not in self.feed.mapping:
            numbers = pl.Series("id", range(self.fields.columns.rows)).cast(pl.String)
            return event_ids(self.feed.id, batch_id + "\x1f" + numbers)
        ids = self.fields.text("source_id")
        # No feed has a name like that: a further event's id is no first one's, whatever those are.
        space = f"{self.feed.id}/{self.further}" if self.further else self.feed.id
        series = pl.Series("id", pl.from_arrow(ids))
        if (missing := (series == "").to_numpy()).any():
            self.fields.faults.add(
                "source_id", np.flatnonzero(missing), lambda _: self.fields.missing("source_id")
            )
        return event_ids(space, series)


def _missing(feed: Feed, columns: Columns) -> dict[str, str]:
    """Return the fields without which no row can be an event, and that no row has."""
    picked = {path: columns.pick(path) for path in needed_columns(feed)}
    return {
        path: f"field {path!r}, which the feed's mapping needs, is in none of the rows"
        for path, column in picked.items()
        if column is None or column.null_count == len(column)
    }


def _otherwise(path: str, batch: RawBatch) -> str:
    """Return a hint where a field that is missing is there under nearly the same name."""
    names = [name for name in batch.frame.columns if batch.frame[name].null_count() == 0]
    if batch.media_type == "application/json":
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            names = list(msgspec.json.decode(batch.raw(0), type=dict[str, msgspec.Raw]))
    plain = plain_name(path)
    found = next((name for name in names if name != path and plain_name(name) == plain), "")
    return f"; it is there as {quote(found)}" if found else ""


def _severity(word: str) -> str | None:
    """Return a severity as one digit, "" where the kind's own is to be taken."""
    if not word:
        return word
    try:
        number = float(word)
    except ValueError:
        return None
    return str(int(number)) if number in range(MAX_SEVERITY + 1) else None
