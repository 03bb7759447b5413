"""Build the `attrs` map of events from raw columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.mapping.fields import Fields
from connectors.mapping.texts import to_text

NOTHING: Mapping[str, pa.Array] = {}


def attributes(
    fields: Fields, names: Mapping[str, str], more: Mapping[str, pa.Array] = NOTHING
) -> pa.MapArray:
    """Return one map a row, without what is missing.

    Args:
        fields: the raw rows.
        names: attribute → path in the raw record.
        more: attribute → its text a row, of what the mapping itself has to say.
    """
    rows = fields.columns.rows
    picked = {name: fields.columns.pick(path) for name, path in names.items()}
    texts = {name: to_text(column) for name, column in picked.items() if column is not None}
    texts |= more
    if not texts:
        nothing = pa.array([], pa.utf8())
        return pa.MapArray.from_arrays(np.zeros(rows + 1, np.int32), nothing, nothing)
    columns = [fields.limited("attrs", text) for text in texts.values()]
    full = np.column_stack([_is_given(text) for text in columns])
    # Row by row, and in each the columns one after another.
    places = np.arange(rows)[:, None] + np.arange(len(columns))[None, :] * rows
    items = pa.concat_arrays(columns).take(pa.array(places[full]))
    which = np.broadcast_to(np.arange(len(columns)), full.shape)[full]
    keys = pa.array(list(texts), pa.utf8()).take(pa.array(which))
    offsets = np.concatenate(([0], np.cumsum(full.sum(axis=1)))).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, keys, items)


def _is_given(text: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    sizes = pc.binary_length(text).fill_null(0)
    return np.asarray(sizes.to_numpy() > 0)
