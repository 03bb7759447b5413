"""What a record says, as 64 bits: two deliveries of one record have the same, changed ones another.

Left out is what the door adds (`received_at`), what follows from the feed and the kind, and the id.
The numbers are kept for months: how they are made does not depend on a library's version. Words and
texts are hashed by XXH3; columns are joined by the finaliser of MurmurHash3 (fmix64).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import polars_hash as plh
import pyarrow as pa

from connectors.resends.id_table import Rows, Words

COLUMNS = (
    *("kind", "occurred_at", "area", "lon", "lat", "severity", "value", "subject", "text", "attrs"),
)
"""In this order; one that is added later goes to the end, and counts only where it is given."""
_NOTHING = np.uint64(0x9E3779B97F4A7C15)
_NO_NUMBER = -(2**63) + 1
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


def rows_of(table: pa.Table) -> Rows:
    """Return the ids and digests of a table of events (`citybrain.floor.events.SCHEMA`)."""
    ids = table.column("event_id").combine_chunks()
    halves = np.frombuffer(ids.buffers()[1], ">u8").reshape(-1, 2)
    words = np.empty((len(ids), 3), np.uint64)
    words[:, :2], words[:, 2] = halves[ids.offset : ids.offset + len(ids)], digests(table)
    return Rows(words)


def digests(table: pa.Table, names: Sequence[str] = COLUMNS) -> Words:
    """Return a digest of each row, of what its columns `names` say."""
    columns = [_whole(table.column(name)) for name in names if name in table.column_names]
    hashes = _hashes([texts for column in columns for texts in _texts(column)])
    total = np.zeros(table.num_rows, np.uint64)
    for column in columns:
        total = _mixed(total ^ _words(column, hashes))
    return total


def _mixed(words: Words) -> Words:
    words = (words ^ (words >> _SHIFT)) * _FIRST
    words = (words ^ (words >> _SHIFT)) * _SECOND
    mixed: Words = words ^ (words >> _SHIFT)
    return mixed


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _texts(column: pa.Array) -> list[pa.Array]:
    """Return the texts of a column of which `_words` wants hashes, in its order."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return [column.dictionary]
    if pa.types.is_map(kind):
        first, last = column.offsets[0].as_py(), column.offsets[-1].as_py()
        return [column.keys[first:last].cast(pa.utf8()), column.items[first:last].cast(pa.utf8())]
    return [column] if pa.types.is_string(kind) else []


def _hashes(texts: list[pa.Array]) -> Iterator[Words]:
    """Yield the hashes of each of `texts`; all are made at once."""
    series = pl.Series("text", pl.from_arrow(pa.concat_arrays(texts))).fill_null("")
    whole = series.to_frame().select(plh.col("text").nchash.xxh3_64()).to_series().to_numpy()
    yield from np.split(whole, np.cumsum([len(some) for some in texts])[:-1])


def _words(column: pa.Array, hashes: Iterator[Words]) -> Words:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return np.asarray(next(hashes).take(column.indices.to_numpy(zero_copy_only=False)))
    if pa.types.is_map(kind):
        return _of_pairs(column, next(hashes), next(hashes))
    if pa.types.is_string(kind):
        return next(hashes)
    if pa.types.is_floating(kind):
        values = column.to_numpy(zero_copy_only=False).astype(np.float64) + 0.0  # -0.0 is 0.0
        return np.asarray(np.where(np.isnan(values), _NOTHING, values.view(np.uint64)))
    whole = column.cast(pa.int64()) if pa.types.is_timestamp(kind) else column
    if whole.null_count:
        whole = whole.fill_null(_NO_NUMBER)
    return np.asarray(whole.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64))


def _of_pairs(column: pa.Array, keys: Words, items: Words) -> Words:
    """Return a word of each map, whatever the order of its pairs."""
    if not len(keys):
        return np.zeros(len(column), np.uint64)
    bounds = column.offsets.to_numpy() - column.offsets[0].as_py()
    pairs = _mixed(_mixed(keys) ^ items)
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(pairs, dtype=np.uint64)))
    return np.asarray(sums[bounds[1:]] - sums[bounds[:-1]])
