"""Events as columns, grouped by kind once, for all rules that look at them.

Words (feed, area, subject …) are codes into a list of this batch's words, so that a rule compares
and groups integers; no Python object is made per event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.city.city_box import WORLD, CityBox

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

CUT = {"district": 6, "street": 9}
_ID = np.dtype("V16")
ATTRIBUTE = "attrs."


@dataclass(frozen=True)
class WordColumn:
    """A column of words: `codes` (int64, one a row) into `values`."""

    codes: Ints
    values: list[str]


class EventRows:
    """A batch of events, columns of `citybrain.floor.events.SCHEMA`.

    Attributes:
        table: the events.
        at_ms: `occurred_at`, ms, unless they are looked at as changes.
        value: `value`, NaN where there is none.
        changes: the same and those that came too late to count when they occurred, each at the
            instant since which its record is so; mostly these rows themselves.
    """

    def __init__(self, table: pa.Table, box: CityBox = WORLD, at_ms: Ints | None = None) -> None:
        """Look at `table`; a position outside of `box` is none.

        Args:
            table: the events.
            box: where the city is.
            at_ms: the instant of each; by default when it occurred.
        """
        self._box = box
        self.table = table.unify_dictionaries().combine_chunks()
        occurred: Ints = _numpy(self.table["occurred_at"].cast(pa.int64()))
        self.at_ms: Ints = occurred if at_ms is None else at_ms
        self.changes: EventRows = self
        self._words: dict[str, WordColumn] = {}
        self._numbers: dict[str, Floats] = {}

    def __len__(self) -> int:
        """Return how many events there are."""
        return int(self.table.num_rows)

    @cached_property
    def value(self) -> Floats:
        """`value` of each event, NaN where there is none."""
        return np.asarray(_numpy(self.table["value"]), np.float64)

    @cached_property
    def severity(self) -> Ints:
        """`severity` of each event, 0 to 4."""
        return np.asarray(_numpy(self.table["severity"]), np.int64)

    @cached_property
    def signs(self) -> Ints:
        """`sign` of each event: 1, or -1 where it takes the one that was told before back."""
        return np.asarray(_numpy(self.table["sign"]), np.int64)

    @cached_property
    def takes_back(self) -> bool:
        """Whether any row takes another one back."""
        return bool((self.signs < 0).any())

    def news(self, index: Ints, columns: Iterable[str]) -> Ints:
        """Return those at `index` that tell something, for who cannot take anything back.

        A newer version does so only where the one before it is not at `index`, too, or differs in
        its instant or in `columns`.
        """
        there = np.zeros(len(self), np.bool_)
        there[index] = True
        before = np.maximum(index - 1, 0)
        same = there[before] & (self.signs[before] < 0) & (self.ids[before] == self.ids[index])
        for codes in (self.at_ms, *map(self._comparable, columns)):
            same &= codes[before] == codes[index]
        told: Ints = index[(self.signs[index] > 0) & ~same]
        return told

    def _comparable(self, column: str) -> Ints:
        """Return a column as whole numbers that are equal where it is."""
        if column in self.table.column_names and not _is_text(self.table[column].type):
            return self.numbers(column).view(np.int64)
        return self.words(column).codes

    @property
    def lon(self) -> Floats:
        """Longitude of each event, degrees (WGS-84), NaN where there is none."""
        return self._position[0]

    @property
    def lat(self) -> Floats:
        """Latitude of each event, degrees (WGS-84), NaN where there is none."""
        return self._position[1]

    def numbers(self, column: str) -> Floats:
        """Return a column of numbers, NaN where there is none."""
        if column in ("lon", "lat"):
            return self.lon if column == "lon" else self.lat
        if column not in self._numbers:
            self._numbers[column] = np.asarray(_numpy(self.table[column]), np.float64)
        return self._numbers[column]

    @cached_property
    def _position(self) -> tuple[Floats, Floats]:
        lon, lat = (np.asarray(_numpy(self.table[one]), np.float64) for one in ("lon", "lat"))
        there = self._box.holds(lon, lat)
        return np.where(there, lon, np.nan), np.where(there, lat, np.nan)

    @cached_property
    def ids(self) -> npt.NDArray[np.void]:
        """Id of each event, its 16 bytes."""
        ids = _array(self.table["event_id"])
        whole = np.frombuffer(ids.buffers()[1], _ID)
        return whole[ids.offset : ids.offset + len(ids)]

    def words(self, column: str) -> WordColumn:
        """Return a column of words: one of the event's own, district, street or ``attrs.x``."""
        if column not in self._words:
            self._words[column] = self._make(column)
        return self._words[column]

    def texts(self, index: Ints, longest: int) -> list[str]:
        """Return the first `longest` characters of `text` of the events at `index`, a few."""
        found = self.table["text"].take(pa.array(index)).to_pylist()
        return [(text or "")[:longest] for text in found]

    def of_kinds(self, kinds: frozenset[str]) -> Ints:
        """Return the indices of the events of `kinds`, in the batch's order within each kind."""
        order, starts = self._by_kind
        known = self.words("kind").values
        spans = [
            order[starts[code] : starts[code + 1]]
            for code, kind in enumerate(known)
            if kind in kinds
        ]
        if not spans:
            return np.empty(0, np.int64)
        return spans[0] if len(spans) == 1 else np.concatenate(spans)

    @cached_property
    def _by_kind(self) -> tuple[Ints, Ints]:
        kinds = self.words("kind")
        order = np.argsort(kinds.codes, kind="stable")
        counts = np.bincount(kinds.codes, minlength=len(kinds.values))
        return order, np.concatenate([[0], np.cumsum(counts)])

    def _make(self, column: str) -> WordColumn:
        if column in CUT:
            return _cut(self.words("area"), CUT[column])
        if column.startswith(ATTRIBUTE):
            found = pc.map_lookup(self.table["attrs"], column.removeprefix(ATTRIBUTE), "first")
            return _encoded(pc.fill_null(found, ""))
        return _encoded(self.table[column])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return `column` in one piece."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.chunks else pa.array([], column.type)
    return array


def _encoded(column: pa.ChunkedArray | pa.Array) -> WordColumn:
    array = _array(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes = np.asarray(_numpy(array.indices), np.int64)
    return WordColumn(codes, [str(word) for word in array.dictionary.to_pylist()])


def _cut(words: WordColumn, digits: int) -> WordColumn:
    known: dict[str, int] = {}
    lookup = [
        known.setdefault(word[:digits] if len(word) >= digits else "", len(known))
        for word in words.values
    ]
    codes = np.asarray(lookup, np.int64)[words.codes] if lookup else words.codes
    return WordColumn(codes, list(known))


def _numpy(column: Any) -> Any:
    return (
        column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
    )
