"""Sparse cells: which items each key had in each bucket of event time, and how often.

What no sum can tell needs the items themselves: for quantiles the values, put into bins of one per
cent, for distinct counts the words, as hashes. Both are bounded, mergeable, and functions of the
set of events alone. The sketches of the usual library are not: KLL, t-digest and HLL answer
differently in another order, and KLL even in the same one, which would give other alerts after a
replay.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from streams.ruling.intake.rows import EventRows, Floats, Ints, Truths

BITS = 40
"""Bits of an item; the key's slot stands above them."""
MOST = 2048
"""Words of a key in a bucket of which all are kept; of more, those of the lowest hashes are."""
_MASK = (1 << BITS) - 1
_ZERO_BIN = 1 << 20
_PER_E = 1 / np.log(1.01)
_LEAST = 1e-9
PENDING = 16
"""Batches that wait until they are sorted into their bucket."""


@dataclass
class Found:
    """Items, sorted by key and item.

    Attributes:
        codes: slot (or place among the slots asked for) and item, as one number.
        counts: how often each came; low, high: lowest and highest value of each.
    """

    codes: Ints
    counts: Ints
    low: Floats
    high: Floats

    @classmethod
    def merged(cls, parts: Iterable[Found]) -> Found:
        """Return `parts` as one, each item once."""
        every = list(parts)
        codes = np.concatenate([part.codes for part in every])
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        if not len(starts):
            return NOTHING
        counts, low, high = (
            np.concatenate([getattr(part, name) for part in every])[order]
            for name in ("counts", "low", "high")
        )
        return cls(
            codes[starts],
            np.add.reduceat(counts, starts),
            np.minimum.reduceat(low, starts),
            np.maximum.reduceat(high, starts),
        )

    def at(self, index: Any) -> Found:
        """Return the items at `index`."""
        return Found(self.codes[index], self.counts[index], self.low[index], self.high[index])


_COLUMNS = ("codes", "counts", "low", "high")
NOTHING = Found(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


@dataclass
class _Bucket:
    whole: Found = field(default_factory=lambda: NOTHING)
    unmerged: list[Found] = field(default_factory=list)

    def found(self, most: int | None) -> Found:
        if self.unmerged:
            self.whole = Found.merged([self.whole, *self.unmerged])
            self.unmerged = []
            if most is not None:
                self.whole = _lowest(self.whole, most)
        return self.whole


class Items:
    """The items of the keys of one rule, by bucket."""

    def __init__(self, most: int | None = None) -> None:
        """Start with none; of each key and bucket, keep the lowest `most` and one more."""
        self._most = most
        self._buckets: dict[int, _Bucket] = {}

    def add(self, slots: Ints, buckets: Ints, items: Ints, values: Floats) -> None:
        """Take in one item of each event; `values` is what it measured."""
        codes = (slots << BITS) | items
        ones = np.ones(len(codes), np.int64)
        for number in np.unique(buckets).tolist():
            at = buckets == number
            bucket = self._buckets.setdefault(number, _Bucket())
            fresh = Found(codes[at], ones[at], values[at], values[at])
            bucket.unmerged.append(Found.merged([fresh]))
            if len(bucket.unmerged) >= PENDING:
                bucket.found(self._most)

    def forget(self, before: int) -> None:
        """Forget the buckets before `before`."""
        for number in [one for one in self._buckets if one < before]:
            del self._buckets[number]

    def of(self, slots: Ints, first: int, last: int) -> list[tuple[int, Found]]:
        """Return (bucket, items of `slots`) of `first`…`last`; codes count places in `slots`."""
        found = []
        for number in range(first, last + 1):
            if number in self._buckets:
                part = _of_slots(self._buckets[number].found(self._most), slots)
                if len(part.codes):
                    found.append((number, part))
        return found

    def pack(self) -> dict[str, Any]:
        """Return all items as plain values."""
        return {
            str(number): [getattr(bucket.found(self._most), name).tobytes() for name in _COLUMNS]
            for number, bucket in self._buckets.items()
        }

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""
        for number, columns in state.items():
            codes, counts = (np.frombuffer(raw, np.int64) for raw in columns[:2])
            low, high = (np.frombuffer(raw, np.float64) for raw in columns[2:])
            self._buckets[int(number)] = _Bucket(Found(codes, counts, low, high))


def items_of(rows: EventRows, index: Ints, column: str) -> tuple[Truths, Ints]:
    """Return which events at `index` have an item, and the items of those.

    Args:
        rows: the events.
        index: which of them.
        column: whose words are the items; "" for the bins of the values.
    """
    if not column:
        kept: Truths = ~np.isnan(rows.value[index])
        return kept, bins(rows.value[index[kept]])
    words = rows.words(column)
    codes = words.codes[index]
    kept = np.array([bool(word) for word in words.values], np.bool_)[codes]
    return kept, hashes(words.values)[codes[kept]]


def bins(values: Floats) -> Ints:
    """Return the bin of each value: one per cent wide, in the order of the values."""
    size = np.floor(np.log(np.maximum(np.abs(values), _LEAST) / _LEAST) * _PER_E).astype(np.int64)
    return _ZERO_BIN + np.where(values == 0, 0, np.sign(values).astype(np.int64) * (size + 1))


def hashes(words: Iterable[str]) -> Ints:
    """Return the hash of each word, the same in every process."""
    return np.array([_hash(word) for word in words], np.int64)


def quantiles(found: Found, quantile: float, size: int) -> Floats:
    """Return the quantile of each of `size` keys: the least value that so many do not exceed."""
    result = np.full(size, np.nan)
    keys, starts, ends = _keys(found)
    if not len(keys):
        return result
    below = np.concatenate([[0], np.cumsum(found.counts)])
    rank = np.ceil(quantile * (below[ends] - below[starts]) - 1e-9)
    rank = np.maximum(rank, 1).astype(np.int64)
    at = np.searchsorted(below, below[starts] + rank, side="left") - 1
    share = (rank - (below[at] - below[starts]) - 1) / np.maximum(found.counts[at] - 1, 1)
    result[keys] = found.low[at] + (found.high[at] - found.low[at]) * share
    return result


def distinct(parts: Iterable[Found], size: int) -> Floats:
    """Return how many different items each of `size` keys has; `parts` are those of one bucket.

    Exact up to `MOST` in each bucket, beyond that with a standard error of about 2 %.
    """
    every = list(parts)
    result = np.zeros(size)
    if not every:
        return result
    limit = np.full(size, 1 << BITS)
    for part in every:
        keys, starts, ends = _keys(part)
        full = ends - starts > MOST
        limit[keys[full]] = np.minimum(limit[keys[full]], part.codes[ends[full] - 1] & _MASK)
    codes = Found.merged(every).codes
    places = codes >> BITS
    kept = (codes & _MASK) < limit[places]
    counts = np.bincount(places[kept], minlength=size)
    return np.asarray(np.rint(counts / (limit / (1 << BITS))), np.float64)


def _of_slots(found: Found, slots: Ints) -> Found:
    """Return the items of `slots`, their codes with the place in `slots` instead of the slot."""
    starts = np.searchsorted(found.codes, slots << BITS)
    ends = np.searchsorted(found.codes, (slots + 1) << BITS)
    sizes = ends - starts
    places = np.repeat(np.arange(len(slots)), sizes)
    index = np.arange(len(places)) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    part = found.at(index)
    part.codes = (places << BITS) | (part.codes & _MASK)
    return part


def _keys(found: Found) -> tuple[Ints, Ints, Ints]:
    """Return the keys in `found`, and where the items of each begin and end."""
    owners = found.codes >> BITS
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    ends = np.append(starts[1:], len(owners)).astype(np.int64)
    return owners[starts], starts, ends[: len(starts)]


def _lowest(found: Found, most: int) -> Found:
    """Return the first `most` items of each key and one more, which says that there are more."""
    _, starts, ends = _keys(found)
    if not len(starts) or (ends - starts).max() <= most + 1:
        return found
    rank = np.arange(len(found.codes)) - np.repeat(starts, ends - starts)
    return found.at(rank <= most)


@functools.lru_cache(maxsize=200_000)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=BITS // 8).digest())
