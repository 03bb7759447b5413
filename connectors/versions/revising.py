"""What a new version of a record does: it takes the last one back, and counts itself; pure.

Of two versions the one with the greater `version` is newer; where that is not given or the same,
the one with the later `updated_at`; else the one that came later. A version that is older than the
last one that was told says nothing that is true now: it is left out, and called *outdated*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from citybrain.floor.event_columns import CLOSED, TAKEN_BACK
from citybrain.floor.events import INSTANT, MAX_EVENTS, SCHEMA
from connectors.resends.known_rows import KnownRows, Mask
from connectors.resends.row_digests import COLUMNS as DIGESTED
from connectors.resends.row_digests import digests

_OF_THE_NEW_ONE = ("event_id", "feed", "department", "received_at", "updated_at", "sign")
"""Columns of a row that takes one back that are the newer version's, or say that it does so."""
_KEPT = tuple(name for name in SCHEMA.names if name not in (*_OF_THE_NEW_ONE, "text"))
"""Columns of the row that is taken back: what is counted by, and what rules look at."""
_NEVER = -(2**63)


class LastVersion(msgspec.Struct, frozen=True, array_like=True):
    """The version of a record that was told last.

    Attributes:
        version: its number; None: it has none.
        updated_ms: since when the record is so, as the source says, ms UTC; None: it does not say.
        digest: of what it says.
        row: its columns (`_KEPT`), to take it back; instants in ms.
    """

    version: int | None
    updated_ms: int | None
    digest: int
    row: dict[str, Any]

    @property
    def closed(self) -> bool:
        """Whether it says that the record is closed."""
        return bool(self.row["status"] == CLOSED)

    @property
    def age(self) -> tuple[int, int]:
        """What says which of two versions is newer."""
        return (
            _NEVER if self.version is None else self.version,
            _NEVER if self.updated_ms is None else self.updated_ms,
        )


@dataclass(frozen=True)
class Revised:
    """What becomes of rows of records that may have been told before.

    Attributes:
        table: what is to be sent; before each changed row the one that it takes back.
        rows: what was found of each row.
        last: record → its last version now, where it is another one.
    """

    table: pa.Table
    rows: KnownRows
    last: dict[bytes, LastVersion]


def revise(table: pa.Table, known: Mapping[bytes, LastVersion], *, dated: bool) -> Revised:
    """Return what becomes of the rows of `table`.

    Args:
        table: rows of `SCHEMA`.
        known: record → the last version that was told.
        dated: whether the source says since when a record is so; else a change is so since it was
            received.
    """
    count = table.num_rows
    found = KnownRows.none(count)
    taken_back: list[tuple[int, LastVersion]] = []
    last: dict[bytes, LastVersion] = {}
    for number, (ident, version) in enumerate(versions_of(table, dated=dated)):
        before = last.get(ident) or known.get(ident)
        if before is not None and version.age < before.age:
            found.outdated[number] = True
        elif before is not None and version.digest == before.digest:
            found.known[number] = True
        else:
            if before is not None:
                found.changed[number] = True
                taken_back.append((number, before))
            last[ident] = version
    told = table if dated else _since(table, found.changed)
    stays = ~(found.known | found.outdated)
    return Revised(_told(told, stays, taken_back), found, last)


def versions_of(table: pa.Table, *, dated: bool) -> Iterator[tuple[bytes, LastVersion]]:
    """Yield the record of each row of `table` and the version that the row is.

    Args:
        table: rows of `SCHEMA`, as they came or as they lie on the log.
        dated: whether `updated_at` is the source's.
    """
    if not table.num_rows:
        return
    said = (*DIGESTED, "status", "version", *(["updated_at"] if dated else []))
    words = digests(table, said).view(np.int64).tolist()
    none = [None] * table.num_rows
    updated = table["updated_at"].cast(pa.int64()).to_pylist() if dated else none
    numbers = table["version"].to_pylist()
    rows = zip(*(_plain(table[name]).to_pylist() for name in _KEPT), strict=True)
    ids = table["event_id"].to_pylist()
    for ident, number, at, digest, row in zip(ids, numbers, updated, words, rows, strict=True):
        yield ident, LastVersion(number, at, digest, dict(zip(_KEPT, row, strict=True)))


def pieces_of(table: pa.Table) -> Iterator[pa.Table]:
    """Yield `table` in pieces that fit into an envelope, at least one.

    A row and the one that it takes back stay together.
    """
    signs = table["sign"].to_numpy()
    start = 0
    while True:
        end = min(start + MAX_EVENTS, table.num_rows)
        if end < table.num_rows and signs[end - 1] == TAKEN_BACK:
            end -= 1
        yield table.slice(start, end - start)
        start = end
        if start >= table.num_rows:
            return


def _since(table: pa.Table, changed: Mask) -> pa.Table:
    """Return `table` with since when its rows are so: a first version since it occurred."""
    occurred, received = (
        table[name].cast(pa.int64()).to_numpy() for name in ("occurred_at", "received_at")
    )
    since = pa.array(np.where(changed, received, occurred)).cast(INSTANT)
    return table.set_column(table.schema.get_field_index("updated_at"), "updated_at", since)


def _told(table: pa.Table, stays: Mask, taken_back: Sequence[tuple[int, LastVersion]]) -> pa.Table:
    """Return the rows that stay, before each the one that it takes back."""
    if not taken_back:
        return table if stays.all() else table.filter(pa.array(stays))
    newer = table.take(pa.array([number for number, _ in taken_back]))
    columns = {name: newer[name] for name in _OF_THE_NEW_ONE}
    columns["sign"] = pa.repeat(pa.scalar(TAKEN_BACK, pa.int8()), len(taken_back))
    columns["text"] = pa.repeat("", len(taken_back))
    for name in _KEPT:
        kind = SCHEMA.field(name).type
        values = [version.row[name] for _, version in taken_back]
        columns[name] = _filled(values, kind)
    before = pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
    places = np.concatenate([[number for number, _ in taken_back], np.flatnonzero(stays) + 0.5])
    both = pa.concat_tables([before, table.filter(pa.array(stays))]).unify_dictionaries()
    return both.take(pa.array(np.argsort(places, kind="stable"))).combine_chunks()


def _filled(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_map(kind):  # in the file its pairs are lists
        return pa.array([[tuple(pair) for pair in pairs] for pairs in values], kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.utf8()).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.int64()) if column.type == INSTANT else column
