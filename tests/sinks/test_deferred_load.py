"""How much may be deferred, and what of it nobody has tried."""

from __future__ import annotations

import pyarrow as pa
import pytest

from sinks import deferred_load
from sinks.deferred_load import DeferredLoad
from sinks.ledger_entries import DEFERRED, Entry
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord

BATCH = RecordBatch([TopicRecord(0, 0, pa.table({"n": [1, 2]}))])


def claim(number: int, rows: int = 10) -> Entry:
    part = OffsetRange(0, number, number)
    return Entry(number, DEFERRED, "a", f"claim-{number}", (part,), rows, {0: number})


def test_take_when_it_was_handed_over_untried_then_its_records_are_kept_once() -> None:
    load = DeferredLoad()
    load.add(claim(1), BATCH)
    load.add(claim(2), None)

    assert (load.take("claim-1"), load.take("claim-1")) == ((True, BATCH), (False, None))
    assert load.take("claim-2") == (False, None)


def test_take_when_partitions_moved_or_too_much_is_held_then_it_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = DeferredLoad()
    load.add(claim(1), BATCH)
    load.doubt_all()
    assert load.take("claim-1") == (False, None)

    monkeypatch.setattr(deferred_load, "HELD_BYTES", 3)
    load.add(claim(2), BATCH)
    assert load.take("claim-2") == (True, None)


@pytest.mark.parametrize(
    ("limit", "most", "doubted"),
    [("MOST_CLAIMS", 3, False), ("MOST_ROWS", 30, False), ("MOST_IN_DOUBT", 3, True)],
)
def test_has_room_until_a_limit_is_reached_and_again_when_claims_are_settled(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, doubted: bool
) -> None:
    monkeypatch.setattr(deferred_load, limit, most)
    load, claims = DeferredLoad(), [claim(number) for number in range(3)]
    for one in claims:
        assert load.has_room()
        load.add(one, None if doubted else BATCH)
    load.look()
    load.seen(claims)
    assert not load.has_room()

    load.seen(claims[1:])
    assert load.has_room()


def test_has_room_when_many_were_found_in_doubt_after_a_start_then_the_flow_goes_on() -> None:
    load = DeferredLoad()
    load.seen([claim(number) for number in range(10 * deferred_load.MOST_IN_DOUBT)])

    assert load.has_room()
