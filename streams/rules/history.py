"""Read events back from the store, in the order of event time, as the records a shard takes.

Only the columns that the rules look at are read, a span of `CHUNK_MS` at a time; after each span
a pulse says that the flow has come so far. The store is asked for the next span while the engine
works on this one.
"""
# ruff: noqa: S608  what is put into SQL here is names of this package; values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from citybrain.clock import from_millis
from citybrain.events import INSTANT, WORD
from streams.rules.inputs import COLUMNS, Excerpt, Header, Pulse
from streams.rules.rows import ATTRIBUTE
from streams.rules.rule import Rule

CHUNK_MS = 20 * 60_000
"""Shorter than the ring of any condition: nothing is forgotten before it was looked at."""
_WORDS = ("feed", "department", "kind", "area", "origin")
_ALWAYS = ("feed", "department", "kind", "area", "origin", "occurred_at", "value", "subject")
_SETTINGS = {
    "output_format_arrow_low_cardinality_as_dictionary": 1,
    "output_format_arrow_string_as_string": 1,
    "max_threads": 1,
}


class History:
    """Events of some kinds, as they lie in the store."""

    def __init__(self, client: Client, rules: Iterable[Rule]) -> None:
        """Read through `client` what `rules` look at."""
        rules = list(rules)
        self._client = client
        self._kinds = sorted({kind for rule in rules for kind in rule.kinds})
        self._every_kind = any(not rule.kinds for rule in rules)
        self._columns = columns_of(rules)

    def records(self, since_ms: int, until_ms: int) -> Iterator[Excerpt | Pulse]:
        """Yield excerpts and pulses of the events that occurred in [since_ms, until_ms)."""
        starts = range(since_ms, until_ms, CHUNK_MS)
        number = 0
        yield Pulse(since_ms, {"0": since_ms})
        with ThreadPoolExecutor(1) as reader:
            due = [(start, min(start + CHUNK_MS, until_ms)) for start in starts]
            pending = [reader.submit(self._read, *span) for span in due[:1]]
            for index, (_, end) in enumerate(due):
                table = pending.pop().result()
                if index + 1 < len(due):
                    pending.append(reader.submit(self._read, *due[index + 1]))
                for excerpt in excerpts_of(table, number):
                    yield excerpt
                    number += 1
                yield Pulse(end, {"0": end})

    def _read(self, since_ms: int, until_ms: int) -> pa.Table:
        kinds = "" if self._every_kind else "kind IN {kinds:Array(String)} AND "
        query = (
            f"SELECT {', '.join(self._columns)} FROM events WHERE {kinds}"
            "occurred_at >= {since:DateTime64(3, 'UTC')} AND "
            "occurred_at < {until:DateTime64(3, 'UTC')} ORDER BY feed"
        )
        parameters: dict[str, Any] = {
            "since": from_millis(since_ms),
            "until": from_millis(until_ms),
        }
        if kinds:
            parameters["kinds"] = self._kinds
        return whole(self._client.query_arrow(query, parameters=parameters, settings=_SETTINGS))


def columns_of(rules: Iterable[Rule]) -> list[str]:
    """Return the columns of table `events` that `rules` look at."""
    rules = list(rules)
    named = {name for rule in rules for name in (*rule.by, *rule.where)}
    text = str([rule.condition for rule in rules])
    wanted = set(_ALWAYS) | (named & {"severity", "text", "lon", "lat"})
    if any(name.startswith(ATTRIBUTE) for name in named) or ATTRIBUTE in text:
        wanted.add("attrs")
    if "radius" in text or "metres" in text:
        wanted |= {"lon", "lat"}
    if "where" in text:
        wanted |= {"severity", "text"}
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
    at = table["occurred_at"].cast(pa.int64()).to_numpy()
    departments = table["department"]
    for number, (start, end) in enumerate(pairwise(edges)):
        newest = int(at[start:end].max())
        yield Excerpt(
            Header(
                partition=0,
                offset=first + number,
                feed=feeds[start].as_py(),
                department=departments[start].as_py(),
                accepted=end - start,
                rejected=0,
                newest_ms=newest,
                received_ms=newest,
            ),
            table.slice(start, end - start),
        )


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
    blank = 0 if pa.types.is_integer(field.type) else ""
    return pa.repeat(pa.scalar(blank, field.type), rows)
