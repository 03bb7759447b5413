"""Read events back from the store, in the order of event time, as the records a shard takes.

Only the columns that the rules look at are read. They are taken a span of `CHUNK_MS` at a time, and
after each a pulse says that the flow has come so far. The store is asked for what comes next while
the engine works on this. For rules about feeds a sign of life a minute and feed stands for all.
Drills are left out.

Where anything was taken back, every version comes at the instant since which its record was so, as
it did live: with what it took back before it.
"""
# ruff: noqa: S608  what is put into SQL here is names of this package; values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import from_millis
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from citybrain.floor.events import INSTANT, WORD
from citybrain.rules.rule import Rule
from streams.ruling.condition import kind_of
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.intake.rows import ATTRIBUTE, Ints

CHUNK_MS = 20 * 60_000
"""Shorter than the ring of any condition: nothing is forgotten before it was looked at."""
READ_MS = 9 * CHUNK_MS
"""What is read at once: a kind's events of a chunk are fewer than the store reads at the least."""
_ALWAYS = ("feed", "department", "kind", "area", "origin", "occurred_at", "value", "subject")
_BIG = {"event_id", "attrs", "lon", "lat"}
"""Columns that are read only for who names them."""
_MISSING = {column.name: column.missing for column in EVENT_COLUMNS}
_SETTINGS = {
    "output_format_arrow_low_cardinality_as_dictionary": 1,
    "output_format_arrow_string_as_string": 1,
    "max_threads": 2,
}

_RANGE = (
    "origin != 'exercise' AND occurred_at >= {{since:DateTime64(3, 'UTC')}}"
    " AND occurred_at < {{until:DateTime64(3, 'UTC')}}"
)
_EVENTS = (
    "SELECT {columns} FROM events WHERE kind IN {{kinds:Array(String)}} AND "
    + _RANGE
    + " ORDER BY "
    "intDiv(toUnixTimestamp64Milli(occurred_at) - {{start:Int64}}, {{span:Int64}}), feed"
)
_TAKEN_BACK = (
    "SELECT count() FROM events WHERE kind IN {{kinds:Array(String)}} AND sign < 0 AND " + _RANGE
).format()
_VERSIONS = (
    "SELECT {columns} FROM events WHERE kind IN {{kinds:Array(String)}} AND origin != 'exercise'"
    " AND ifNull(updated_at, occurred_at) >= {{since:DateTime64(3, 'UTC')}}"
    " AND ifNull(updated_at, occurred_at) < {{until:DateTime64(3, 'UTC')}} ORDER BY "
    "intDiv(toUnixTimestamp64Milli(ifNull(updated_at, occurred_at)) - {{start:Int64}},"
    " {{span:Int64}}), feed, kafka_partition, kafka_offset, kafka_row"
)
_OF_VERSIONS = ("event_id", "severity", "status", "updated_at", "sign")
_SIGNS = (
    "SELECT feed, department, max(occurred_at) AS at FROM events WHERE "
    + _RANGE
    + " GROUP BY feed, department, toStartOfMinute(occurred_at) ORDER BY at"
).format()


class History:
    """Events of some kinds, as they lie in the store."""

    def __init__(self, client: Client, rules: Iterable[Rule], more: Iterable[str] = ()) -> None:
        """Read through `client` what `rules` look at, and the columns `more`."""
        rules = list(rules)
        self._client = client
        self._kinds = sorted({kind for rule in rules for kind in rule.kinds})
        self._signs = any(not rule.kinds for rule in rules)
        self._columns = sorted({*columns_of(rules), *more})
        self._changes = self._versions = any(kind_of(rule).changes for rule in rules)

    def records(self, since_ms: int, until_ms: int) -> Iterator[Excerpt | Pulse]:
        """Yield excerpts and pulses of the events that occurred in [since_ms, until_ms)."""
        number = 0
        self._versions = self._changes or self._taken_back(since_ms, until_ms)
        yield Pulse(since_ms, {"0": since_ms})
        with ThreadPoolExecutor(1) as reader:
            starts = list(range(since_ms, until_ms, READ_MS))
            ahead = [reader.submit(self._read, starts[0], until_ms)] if starts else []
            for start, after in zip(starts, [*starts[1:], None], strict=True):
                read = ahead.pop().result()
                if after is not None:
                    ahead.append(reader.submit(self._read, after, until_ms))
                for at, excerpts in read.spans(start, min(start + READ_MS, until_ms), number):
                    number += len(excerpts)
                    yield from excerpts
                    yield Pulse(at, {"0": at})

    def _read(self, since_ms: int, until_ms: int) -> HistoryChunk:
        given = {
            "since": from_millis(since_ms),
            "until": from_millis(min(since_ms + READ_MS, until_ms)),
            "start": since_ms,
            "span": CHUNK_MS,
            "kinds": self._kinds,
        }
        sql, columns = _EVENTS, self._columns
        if self._versions:
            sql, columns = _VERSIONS, sorted({*columns, *_OF_VERSIONS})
        events = self._ask(sql.format(columns=", ".join(columns)), given)
        life_signs = self._ask(_SIGNS, given) if self._signs else None
        return HistoryChunk(whole(events), life_signs)

    def _taken_back(self, since_ms: int, until_ms: int) -> bool:
        """Return whether anything of these kinds was taken back that occurred in the span."""
        span = {"since": from_millis(since_ms), "until": from_millis(until_ms)}
        given = {"kinds": self._kinds, **span}
        found = self._client.query(_TAKEN_BACK, parameters=given).result_rows[0][0]
        return bool(found)

    def _ask(self, query: str, given: dict[str, Any]) -> pa.Table:
        return self._client.query_arrow(query, parameters=given, settings=_SETTINGS)


@dataclass(frozen=True)
class HistoryChunk:
    """What was read at once: events by chunk and feed, and signs of life by time."""

    events: pa.Table
    life_signs: pa.Table | None

    def spans(
        self, since_ms: int, until_ms: int, first: int
    ) -> Iterator[tuple[int, list[Excerpt]]]:
        """Yield (end in ms, excerpts) of each chunk; `first` numbers the first excerpt."""
        at = _instants(self.events)
        chunks = (at - since_ms) // CHUNK_MS
        for chunk, start in enumerate(range(since_ms, until_ms, CHUNK_MS)):
            low, high = np.searchsorted(chunks, [chunk, chunk + 1]).tolist()
            end = min(start + CHUNK_MS, until_ms)
            found = [*self._heard(start, end, first)]
            found += excerpts_of(self.events.slice(low, high - low), first + len(found))
            first += len(found)
            yield end, found

    def _heard(self, since_ms: int, until_ms: int, first: int) -> Iterator[Excerpt]:
        """Yield the signs of life of a chunk, as excerpts without events."""
        if self.life_signs is None:
            return
        at = self.life_signs["at"].cast(pa.int64()).to_numpy()
        low, high = np.searchsorted(at, [since_ms, until_ms]).tolist()
        rows = self.life_signs.slice(low, high - low).select(["feed", "department"]).to_pylist()
        for number, (row, newest) in enumerate(zip(rows, at[low:high].tolist(), strict=True)):
            yield Excerpt(_header(first + number, row, newest, 0), COLUMNS.empty_table())


def _header(number: int, row: Mapping[str, str], newest: int, accepted: int) -> ExcerptHeader:
    return ExcerptHeader(
        partition=0,
        offset=number,
        feed=row["feed"],
        department=row["department"],
        accepted=accepted,
        rejected=0,
        newest_ms=newest,
        received_ms=newest,
    )


def columns_of(rules: Iterable[Rule]) -> list[str]:
    """Return the columns of table `events` that `rules` look at."""
    rules = list(rules)
    named = {name for rule in rules for name in (*rule.by, *rule.where)}
    text = str([rule.condition for rule in rules])
    wanted = set(_ALWAYS) | (named & set(COLUMNS.names))
    if any(name.startswith(ATTRIBUTE) for name in named) or ATTRIBUTE in text:
        wanted.add("attrs")
    if any("{text}" in rule.summary.zh + rule.summary.en for rule in rules):
        wanted.add("text")
    if "radius" in text or "metres" in text:
        wanted |= {"lon", "lat"}
    if "where" in text:
        wanted |= set(COLUMNS.names) - _BIG
    return [name for name in COLUMNS.names if name in wanted]


def whole(table: pa.Table) -> pa.Table:
    """Return `table` with all of `COLUMNS`; what was not read is empty."""
    columns = []
    for field in COLUMNS:
        if field.name in table.column_names:
            columns.append(_cast(table.column(field.name), field.type))
        else:
            columns.append(_empty(field, table.num_rows))
    return pa.Table.from_arrays(columns, schema=COLUMNS)


def excerpts_of(table: pa.Table, first: int) -> Iterator[Excerpt]:
    """Yield `table`, sorted by feed, as an excerpt a feed; `first` numbers the first of them."""
    if not table.num_rows:
        return
    feeds = table["feed"].combine_chunks()
    feeds = feeds if isinstance(feeds, pa.DictionaryArray) else feeds.chunk(0)
    codes = feeds.indices.to_numpy(zero_copy_only=False)
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    at = _instants(table)
    departments = table["department"]
    for number, (start, end) in enumerate(pairwise(edges)):
        newest = int(at[start:end].max())
        row = {"feed": feeds[start].as_py(), "department": departments[start].as_py()}
        header = _header(first + number, row, newest, end - start)
        yield Excerpt(header, table.slice(start, end - start))


def _instants(table: pa.Table) -> Ints:
    """Return since when the record of each row was so, ms; else when it occurred."""
    occurred: Ints = table["occurred_at"].cast(pa.int64()).to_numpy()
    since = table["updated_at"]
    if since.null_count == len(since):
        return occurred
    told = since.cast(pa.int64()).fill_null(0).to_numpy()
    return np.where(since.is_valid().to_numpy(), told, occurred)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if kind == WORD and pa.types.is_dictionary(column.type):
        return column.unify_dictionaries().cast(kind)
    return column.cast(kind)


def _empty(field: pa.Field, rows: int) -> Any:
    if field.nullable:
        return pa.nulls(rows, field.type)
    if pa.types.is_fixed_size_binary(field.type):
        return pa.array([bytes(16)] * rows, field.type)
    if pa.types.is_map(field.type):
        return pa.array([[]] * rows, field.type)
    if field.type == INSTANT:
        raise pa.ArrowInvalid(f"column {field.name!r} has to be read")
    blank = _MISSING[field.name] if pa.types.is_integer(field.type) else ""
    return pa.repeat(pa.scalar(blank, field.type), rows)
