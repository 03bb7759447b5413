"""Rows as a source sent them, before a feed's mapping makes events of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RawBatch:
    """Rows of one feed that could be read, in the source's own columns.

    Attributes:
        frame: raw columns by the source's names; nested objects are Structs. Columns may be text
            (CSV: all are) or what the source typed them as: the mapping reads both alike. A
            column that no row has may be missing; empty text and null mean the same.
        place: index of a row of `frame` → where it came from: ``push <batch>:<row>``,
            ``<file>:<line>``, ``<topic>[p]@offset``.
        raw: index of a row → its bytes as they came (UTF-8); only called for refused rows.
        media_type: how to read those bytes again: ``application/json``, ``text/csv``.
        header: for CSV, the header line that they belong to.
    """

    frame: pl.DataFrame
    place: Callable[[int], str]
    raw: Callable[[int], bytes]
    media_type: str
    header: str = ""
