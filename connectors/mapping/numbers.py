"""Read numbers, whole columns at once."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from connectors.mapping.texts import filled

Floats = NDArray[np.float64]
_NONE = np.empty(0, np.int64)


def to_floats(column: pa.Array) -> tuple[Floats, NDArray[np.int64]]:
    """Return the numbers in `column`, NaN where there is none, and which rows are not numbers.

    Missing, empty and (from formats that write it so) NaN is no number but no fault either;
    the texts ``nan`` and ``inf`` are faults, and so is what is too large.
    """
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        values = _to_numpy(column)
        wrong = np.isinf(values)
    elif pa.types.is_boolean(kind) or pa.types.is_nested(kind):
        values = np.full(len(column), np.nan)
        wrong = column.is_valid().to_numpy(zero_copy_only=False)
    else:
        values, missing = _read_text(column)
        wrong = ~np.isfinite(values) & ~missing
    if not wrong.any():
        return values, _NONE
    return np.where(wrong, np.nan, values), np.flatnonzero(wrong)


def _read_text(column: pa.Array) -> tuple[Floats, NDArray[np.bool_]]:
    try:
        values = _to_numpy(column)
        return values, column.is_null().to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        text = pl.Series("text", pl.from_arrow(filled(column))).str.strip_chars()
        read = text.cast(pl.Float64, strict=False).fill_null(float("nan"))
        return np.array(read.to_numpy()), (text == "").to_numpy()


def _to_numpy(column: pa.Array) -> Floats:
    values = column.cast(pa.float64())
    # Nulls become NaN; what comes out may be read-only memory of Arrow's.
    return np.array(values.to_numpy(zero_copy_only=False), np.float64)
