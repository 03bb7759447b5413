"""A sink that was overtaken notices it by the log before it changes anything."""

from __future__ import annotations

import pytest

from sinks.ledger_entries import CLAIM, Entry
from sinks.ledger_view import ClaimLedger
from sinks.owned_partitions import OwnedPartitions
from sinks.record_batch import OffsetRange
from sinks.repair import NotOurs


def claim(seq: int, owner: str, partition: int) -> Entry:
    part = OffsetRange(partition, seq, seq)
    return Entry(seq, CLAIM, owner, f"claim-{seq}", (part,), 1, {partition: seq})


def test_check_when_another_claimed_since_then_it_is_not_ours_until_kafka_is_believed_again() -> (
    None
):
    owned, view = OwnedPartitions(), ClaimLedger("city.events", "a")
    view.learn([claim(1, "b", 0), claim(2, "b", 1)])
    owned.assign(frozenset({0}))
    owned.look(view)
    owned.check(view)

    view.learn([claim(3, "b", 1), claim(4, "a", 0)])
    owned.check(view)  # another partition, and our own claim

    view.learn([claim(5, "b", 0)])
    with pytest.raises(NotOurs):
        owned.check(view)
    owned.look(view)
    owned.check(view)


def test_look_when_nothing_was_assigned_then_owns_nothing() -> None:
    owned = OwnedPartitions()
    owned.look(ClaimLedger("city.events", "a"))
    assert owned.now == frozenset()
