"""Sparse cells: what quantiles and distinct counts are made of."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ruling.memory.items import BITS, MOST, Found, Items, bins, distinct, hashes, quantiles

Seen = tuple[int, int, float]
"""Slot, bucket and value."""


def add(to: Items, events: list[Seen]) -> None:
    slots, buckets, values = (np.array(column) for column in zip(*events, strict=True))
    numbers = values.astype(np.float64)
    to.add(slots.astype(np.int64), buckets.astype(np.int64), bins(numbers), numbers)


def quantile(known: Items, share: float, first: int, last: int, slots: int = 1) -> list[float]:
    parts = [part for _, part in known.of(np.arange(slots), first, last)]
    found: list[float] = quantiles(Found.merged(parts), share, slots).tolist()
    return found


def words(count: int, since: int = 0) -> list[str]:
    return [f"sensor-{number}" for number in range(since, since + count)]


def counted(*buckets: list[str]) -> int:
    known = Items(MOST)
    for number, found in enumerate(buckets):
        hashed = hashes(found)
        slots = np.zeros(len(hashed), np.int64)
        known.add(slots, np.full(len(hashed), number), hashed, np.zeros(len(hashed)))
    parts = [part for _, part in known.of(np.array([0]), 0, len(buckets))]
    return int(distinct(parts, 1)[0])


def test_quantiles_when_numbers_are_plain_then_they_are_exact() -> None:
    known = Items()
    add(known, [(0, number % 3, float(number)) for number in range(1, 21)])

    assert quantile(known, 0.5, 0, 2) == [10.0]
    assert quantile(known, 0.95, 0, 2) == [19.0]
    assert quantile(known, 0.01, 0, 2) == [1.0]


def test_quantiles_when_keys_differ_then_each_has_its_own_and_nan_without_any() -> None:
    known = Items()
    add(known, [(0, 5, 3.0), (2, 5, 8.0), (2, 6, -4.0), (2, 6, 0.0)])

    found = quantile(known, 0.5, 5, 6, slots=3)

    assert found[0::2] == [3.0, 0.0]
    assert np.isnan(found[1])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0.01, 0.99))
def test_quantiles_when_of_any_numbers_then_within_a_hundredth(
    values: list[float], share: float
) -> None:
    known = Items()
    add(known, [(0, 0, value) for value in values])

    (found,) = quantile(known, share, 0, 0)

    rank = max(1, int(np.ceil(share * len(values) - 1e-9)))
    assert found == pytest.approx(sorted(values)[rank - 1], rel=0.0101, abs=1.1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.floats(-99, 99)), min_size=1),
    st.randoms(use_true_random=False),
    st.integers(1, 20),
)
def test_items_when_in_any_order_and_split_then_the_same_to_the_last_bit(
    events: list[Seen], chance: object, size: int
) -> None:
    straight, mixed, order = Items(), Items(), list(events)
    chance.shuffle(order)  # type: ignore[attr-defined]
    add(straight, events)
    for start in range(0, len(order), size):
        add(mixed, order[start : start + size])

    assert repr(quantile(mixed, 0.7, 0, 3, 3)) == repr(quantile(straight, 0.7, 0, 3, 3))


def test_bins_when_values_grow_then_bins_do() -> None:
    values = np.array([-1e9, -2.0, -1.0, -1e-12, 0.0, 1e-12, 1.0, 1.02, 1e9])

    assert (np.diff(bins(values)) > 0).all()
    assert bins(np.array([100.0, 100.2])).tolist() == [bins(np.array([100.0]))[0]] * 2


def test_distinct_when_few_then_exact_over_buckets() -> None:
    assert counted(words(MOST), words(5, since=3)) == MOST
    assert counted(words(3), words(3), words(2, since=2)) == 4


def test_distinct_when_many_then_within_four_in_a_hundred_whatever_the_order() -> None:
    every = words(50_000)
    straight = counted(every)

    assert abs(straight - 50_000) < 2_000
    assert counted(every[::-1]) == straight
    assert abs(counted(every[:30_000], every[20_000:]) - 50_000) < 2_000


def test_hashes_when_made_then_the_same_in_every_process() -> None:
    assert hashes(["", "cam_1"]).tolist() == [538_561_554_222, 505_382_659_045]
    assert hashes(words(1000)).max() < 1 << BITS


def test_items_when_old_then_they_are_forgotten() -> None:
    known = Items()
    add(known, [(0, 1, 1.0), (0, 2, 2.0)])
    known.forget(2)

    assert [bucket for bucket, _ in known.of(np.array([0]), 0, 9)] == [2]


def test_items_when_packed_then_another_takes_over_all() -> None:
    known, again = Items(), Items()
    add(known, [(0, 1, 1.0), (1, 1, 7.0), (1, 2, 9.0)])
    again.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(known.pack())))
    add(again, [(1, 2, 8.0)])

    assert quantile(again, 0.5, 1, 2, 2) == [1.0, 8.0]
