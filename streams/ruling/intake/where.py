"""The `where` of a rule: what a column's value must be, tested for a whole batch at once.

severity: '>=2'            numbers: >=, >, <=, <, =, != (also value, lon, lat)
origin: live|replay        words: one of several
subject: 'cam_*'           words: a pattern with * and ?
attrs.topic: '!供热'       words: none of these
text: '~欠薪|工资'         words: any of these in it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from citybrain.city.references import RecordFault
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from citybrain.floor.nearness import slack
from citybrain.floor.patterns import fits_glob
from citybrain.floor.strict import suggest
from streams.ruling.intake.inputs import COLUMNS
from streams.ruling.intake.rows import ATTRIBUTE, CUT, EventRows, Floats, Ints, Truths

NUMBERS = tuple(column.name for column in EVENT_COLUMNS if column.is_number and column.mapped)
_OWN = tuple(column.name for column in EVENT_COLUMNS if column.is_word or column.is_text)
WORDS = (*(name for name in _OWN if name in COLUMNS.names), *CUT)
"""What a `where` may name: the columns of an excerpt, and what is cut out of the area."""


def _same(numbers: Floats, written: float, near: float) -> Truths:
    return np.asarray(np.abs(numbers - written) <= near)


_OPERATORS: dict[str, Callable[[Any, float, float], Any]] = {
    ">=": lambda number, written, near: number >= written - near,
    "<=": lambda number, written, near: number <= written + near,
    "!=": lambda number, written, near: ~_same(number, written, near),
    ">": lambda number, written, near: number > written + near,
    "<": lambda number, written, near: number < written - near,
    "=": _same,
}
"""How a number is compared with a written one, and what floats may lose of it."""
_NUMBER = re.compile(r"(>=|<=|!=|>|<|=)\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Test:
    """One column's test."""

    column: str
    text: str

    def keep(self, rows: EventRows, index: Ints) -> Truths:
        """Return which of the events at `index` pass."""
        if self.column in NUMBERS:
            return self._number(rows, index)
        words = rows.words(self.column)
        passing = np.array([self._passes(word) for word in words.values], np.bool_)
        return passing[words.codes[index]] if len(passing) else np.zeros(len(index), np.bool_)

    def _number(self, rows: EventRows, index: Ints) -> Truths:
        match = _NUMBER.fullmatch(self.text)
        assert match, "checked when the rule was read"  # noqa: S101
        return _compare(match, self._values(rows)[index])

    def _values(self, rows: EventRows) -> Floats:
        return rows.numbers(self.column)

    def _passes(self, word: str) -> bool:
        if self.text.startswith("~"):
            return any(part in word for part in self.text[1:].split("|"))
        wanted = not self.text.startswith("!")
        choices = self.text.removeprefix("!").split("|")
        return any(fits_glob(choice, word) for choice in choices) is wanted


def passes(text: str, numbers: Iterable[float]) -> bool | None:
    """Return whether any of `numbers` passes the comparison `text`; None where it is none."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    return bool(_compare(match, np.array([*numbers], np.float64)).any())


def _compare(match: re.Match[str], numbers: Floats) -> Truths:
    """Return which numbers pass the comparison that `_NUMBER` matched."""
    written = float(match[2])
    return np.asarray(_OPERATORS[match[1]](numbers, written, slack(written)), np.bool_)


def tests_of(where: Mapping[str, str]) -> tuple[Test, ...]:
    """Return the tests of a rule's `where`."""
    return tuple(Test(column, text) for column, text in where.items())


def check_where(where: Mapping[str, str]) -> Iterator[RecordFault]:
    """Yield what is wrong with a `where`."""
    for column, text in where.items():
        item = f"where.{column}"
        named = column.startswith(ATTRIBUTE) and column != ATTRIBUTE
        if column not in (*NUMBERS, *WORDS) and not named:
            yield RecordFault(
                item, f"unknown column {column!r}", suggest(column, (*NUMBERS, *WORDS))
            )
        elif column in NUMBERS and not _NUMBER.fullmatch(text):
            yield RecordFault(item, f"{text!r} compares nothing", "give for example '>=2'")
        elif not text.lstrip("!~"):
            yield RecordFault(item, "empty", "say what the value must be")
        elif text.startswith("~") and "" in text[1:].split("|"):
            remedy = "take away the '|' that has nothing beside it"
            yield RecordFault(item, "an empty word is in every text", remedy)
