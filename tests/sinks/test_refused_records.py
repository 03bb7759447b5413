"""What the store refuses for good is found by halves, each record of it and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.errors import StoreError
from sinks import refused_records
from sinks.record_batch import TopicRecord
from sinks.refused_records import refused


def records(count: int) -> list[TopicRecord]:
    return [TopicRecord(0, at, pa.table({"n": [at]})) for at in range(count)]


@given(st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n)))))
def test_refused_are_those_that_are_refused_alone(case: tuple[int, set[int]]) -> None:
    count, bad = case
    tries: list[int] = []

    def attempt(part: Sequence[TopicRecord]) -> str:
        tries.append(len(part))
        wrong = [one.offset for one in part if one.offset in bad]
        return f"record {wrong[0]}" if wrong else ""

    found = refused(records(count), attempt)

    there = sorted(bad & set(range(count)))
    assert found == {(0, at): f"record {at}" for at in there}
    assert len(tries) <= 1 + 2 * len(there) * (count.bit_length() + 1)


def test_refused_when_too_many_are_then_it_is_not_the_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refused_records, "MOST", 3)

    with pytest.raises(StoreError) as error:
        refused(records(20), lambda _: "Code: 53. no such type")
    assert str(error.value) == (
        "store: refuses more than 3 records of one claim, so it is not the records: "
        "Code: 53. no such type; mend the table or what makes these records"
    )
