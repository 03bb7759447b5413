"""Text of raw columns: one form for one value, whatever the source typed it as."""

from __future__ import annotations

import unicodedata

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

_QUOTED = 80
_EXACT = 2.0**53


def to_text(column: pa.Array) -> pa.Array:
    """Return `column` as text; a whole number is written without a point, however it was sent.

    So an id is the same event whether a department sends ``7``, ``7.0`` or ``"7"``.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        return _numbers_to_text(column)
    if pa.types.is_nested(kind):
        values = [
            None if item is None else msgspec.json.encode(item) for item in column.to_pylist()
        ]
        return pa.array([None if item is None else item.decode() for item in values], pa.utf8())
    return column if kind == pa.utf8() else column.cast(pa.utf8())


def filled(column: pa.Array) -> pa.Array:
    """Return `column` as text, "" where there is none."""
    text = to_text(column)
    return text.fill_null("") if text.null_count else text


def quote(value: str) -> str:
    """Return `value` for a message: quoted, control characters escaped, not too long."""
    if len(value) > _QUOTED:
        return f"{value[:_QUOTED]!r}…"
    return repr(value)


def plain_name(name: str) -> str:
    """Return a name without what people take for the same: case, width of letters, gaps."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def _numbers_to_text(column: pa.Array) -> pa.Array:
    values = column.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _EXACT))
    numbers = pc.if_else(whole, values, None).cast(pa.int64()).cast(pa.utf8())
    return pc.if_else(whole, numbers, values.cast(pa.utf8()))
