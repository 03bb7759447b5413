"""Columns of few different values: each value is looked at once, not each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32]
_NONE_BAD = np.empty(0, np.int64)


@dataclass(frozen=True)
class DistinctWords:
    """One word a row.

    Attributes:
        words: the different words.
        codes: row → index in `words`; 0 in bad rows.
        bad: rows for which there is no word.
    """

    words: list[str]
    codes: Codes
    bad: NDArray[np.int64]

    def array(self) -> pa.DictionaryArray:
        """Return the column as Arrow."""
        return pa.DictionaryArray.from_arrays(self.codes, pa.array(self.words, pa.utf8()))

    def text(self) -> pa.Array:
        """Return the column as plain text."""
        return pa.array(self.words, pa.utf8()).take(pa.array(self.codes))

    def map(self, meaning: Callable[[str], str]) -> DistinctWords:
        """Return what each word means."""
        return settle([meaning(word) for word in self.words], self.codes)


def constant(word: str, rows: int) -> DistinctWords:
    """Return `word` in every row."""
    return DistinctWords([word], np.zeros(rows, np.int32), _NONE_BAD)


def settle(words: list[str], codes: Codes) -> DistinctWords:
    """Return the words that `codes` point at, each once and only those that are used."""
    places: dict[str, int] = {}
    used = np.bincount(codes, minlength=len(words)) if len(words) > 1 else [1]
    moved = [
        places.setdefault(word, len(places)) if n else 0
        for word, n in zip(words, used, strict=True)
    ]
    return DistinctWords(list(places) or [""], np.array(moved, np.int32)[codes], _NONE_BAD)


def look_up(text: pa.Array, resolve: Callable[[str], str | None]) -> DistinctWords:
    """Return what `resolve` makes of each different value of `text`; None: it has no word."""
    encoded = pc.dictionary_encode(text)
    places: dict[str, int] = {}
    found = [resolve(value) for value in encoded.dictionary.to_pylist()]
    moved = [-1 if word is None else places.setdefault(word, len(places)) for word in found]
    codes = np.array(moved or [0], np.int32)[encoded.indices.to_numpy()]
    bad = np.flatnonzero(codes < 0) if -1 in moved else _NONE_BAD
    codes[bad] = 0
    return DistinctWords(list(places) or [""], codes, bad)
