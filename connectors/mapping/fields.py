"""Raw columns as a feed's rules name them: text, words and numbers, with their faults noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citybrain.city.records import FieldRule
from citybrain.floor.event_columns import COLUMNS, LONGEST_SOURCE_ID, SOURCE_ID, TIMES
from connectors.mapping.distinct_words import DistinctWords, constant, look_up
from connectors.mapping.numbers import Floats, to_floats
from connectors.mapping.raw_shape import Columns
from connectors.mapping.row_refusals import Faults
from connectors.mapping.texts import filled, quote, to_text

LONGEST = {SOURCE_ID: LONGEST_SOURCE_ID} | {
    column.name: column.longest for column in COLUMNS if column.longest
}
"""Bytes that a text may have."""


@dataclass(frozen=True)
class Fields:
    """The raw rows of a batch, read by rule.

    Attributes:
        columns: the raw columns.
        rules: event column → how it is made.
        faults: takes what is found wrong.
    """

    columns: Columns
    rules: Mapping[str, FieldRule]
    faults: Faults

    def raw(self, column: str) -> pa.Array:
        """Return the raw column behind `column`; several fields are joined."""
        rule = self.rules[column]
        if rule.const is not None:
            return pa.repeat(pa.scalar(rule.const, pa.utf8()), self.columns.rows)
        parts = [self._part(path, rule.empty) for path in rule.fields]
        if len(parts) == 1:
            return parts[0]
        between = " " if column in TIMES else ":"
        joined = pc.binary_join_element_wise(*map(filled, parts), between)
        some = [part.is_valid() for part in parts]
        while len(some) > 1:
            some.append(pc.or_(some.pop(), some.pop()))
        return pc.if_else(some[0], joined, None)

    def text(self, column: str) -> pa.Array:
        """Return the text of `column` after value map and default; "" where there is none."""
        rule = self.rules.get(column)
        if rule is None:
            return pa.repeat("", self.columns.rows)
        if not rule.values and rule.default is None:
            return self.limited(column, filled(self.raw(column)))
        return self.limited(column, self.words(column, str, no_value).text())

    def words(
        self,
        column: str,
        resolve: Callable[[str], str | None],
        explain: Callable[[str], str],
    ) -> DistinctWords:
        """Return what `resolve` makes of the text of `column` after value map and default.

        Args:
            column: a column of the event.
            resolve: text → word, None where it has none; also asked about "".
            explain: raw text → why it has no word.
        """
        rule = self.rules.get(column)
        if rule is None or rule.const is not None:
            word = resolve("" if rule is None else str(rule.const))
            return constant(word or "", self.columns.rows)
        raw = filled(self.raw(column))

        def of(value: str) -> str | None:
            word = substitute(value, rule)
            return None if word is None else resolve(word)

        def why(row: int) -> str:
            text = raw[row].as_py()
            return no_value(text) if substitute(text, rule) is None else explain(text)

        found = look_up(raw, of)
        self.faults.add(column, found.bad, why)
        return found

    def number(self, column: str) -> Floats:
        """Return the numbers of `column`, NaN where there is none."""
        rule = self.rules.get(column)
        if rule is None:
            return np.full(self.columns.rows, np.nan)
        plain = not rule.values and rule.default is None
        raw = self.raw(column) if plain else self.text(column)
        values, wrong = to_floats(raw)
        if len(wrong):
            self.faults.add(column, wrong, lambda row: f"{_shown(raw, row)} is not a number")
        return values if rule.scale == 1.0 else values * rule.scale

    def limited(self, column: str, text: pa.Array) -> pa.Array:
        """Return `text`, and note where it is too long for `column`."""
        longest = LONGEST.get(column)
        if longest is None or len(text) == 0:
            return text
        sizes = pc.binary_length(text)
        if (pc.max(sizes).as_py() or 0) > longest:  # null where nothing is given at all
            wrong: NDArray[np.int64] = np.flatnonzero(sizes.to_numpy() > longest)
            self.faults.add(
                column, wrong, lambda row: f"{sizes[row]} bytes are too long; {longest} may be"
            )
        return text

    def missing(self, column: str) -> str:
        """Return the reason where `column` is required, and is not there."""
        return f"{' and '.join(map(repr, self.rules[column].fields))} missing or empty"

    def _part(self, path: str, empty: tuple[str, ...]) -> pa.Array:
        column = self.columns.pick(path)
        if column is None:
            return pa.nulls(self.columns.rows, pa.utf8())
        return without(column, empty) if empty else column


def without(column: pa.Array, empty: tuple[str, ...]) -> pa.Array:
    """Return `column` as text, null where it is one of the words `empty`."""
    text = to_text(column)
    nothing = pc.is_in(pc.utf8_trim_whitespace(text), pa.array(empty, pa.utf8()))
    return pc.if_else(nothing, pa.scalar(None, pa.utf8()), text)


def substitute(value: str, rule: FieldRule) -> str | None:
    """Return what a raw text stands for; "" where it is missing, None where it is unknown."""
    value = value.strip()
    if not value:
        return rule.default or ""
    return rule.values.get(value, rule.default) if rule.values else value


def no_value(text: str) -> str:
    """Return the reason for a text that a value map does not know."""
    return f"{quote(text)} is not in the feed's value map"


def _shown(raw: pa.Array, row: int) -> str:
    return quote(to_text(raw.slice(row, 1))[0].as_py())
