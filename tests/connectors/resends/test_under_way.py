"""What is under way is found among the tickets as a dictionary would find it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.resends.id_table import Rows
from connectors.resends.under_way import UnderWay

Record = tuple[int, int, int]
"""Both halves of an id, and the digest; few different ones, so that some share a half."""
SMALL = st.integers(0, 3)
RECORDS = st.sets(st.tuples(SMALL, SMALL, SMALL), max_size=12)


def rows_of(records: set[Record]) -> Rows:
    return Rows(np.array(sorted(records), np.uint64).reshape(-1, 3))


@given(st.lists(RECORDS, max_size=4), RECORDS, st.integers(0, 3))
@settings(max_examples=300)
def test_find_then_it_answers_as_a_dictionary_does(
    tickets: list[set[Record]], asked: set[Record], settled: int
) -> None:
    under_way = UnderWay()
    open_ = [under_way.add(rows_of(records), 1) for records in tickets]
    if settled < len(open_):
        assert under_way.settle(open_[settled]) is (settled == 0)
        del open_[settled], tickets[settled]

    here, other, waits_for = under_way.find(rows_of(asked))

    held = set[Record]().union(*tickets)
    ordered = sorted(asked)
    assert here.tolist() == [one in held for one in ordered]
    assert other.tolist() == [
        any(kept[:2] == one[:2] and kept[2] != one[2] for kept in held) for one in ordered
    ]
    assert list(waits_for) == [
        ticket.outcome for ticket, kept in zip(open_, tickets, strict=True) if kept & asked
    ]
