"""Which events a rule looks at, and under which key."""

from __future__ import annotations

import numpy as np

from streams.ruling.intake.rows import EventRows
from streams.ruling.intake.selection import Selection, Slots
from tests.streams.ruling.rig import Seen, rule, table

EVENTS = [
    Seen(0, subject="a", area="150302003", severity=1),
    Seen(1, subject="b", area="150303001", severity=3, kind="traffic_speed"),
    Seen(2, subject="a", area="150303001", severity=3),
    Seen(3, subject="a", area="150302003", severity=3),
]


def test_selection_when_kinds_and_where_are_given_then_only_what_passes_both() -> None:
    tested = rule(above={"yellow": "1"}, where={"severity": ">=2"})

    assert Selection(tested).of(EventRows(table(EVENTS))).tolist() == [2, 3]


def test_slots_when_keys_are_of_two_columns_then_each_pair_has_one() -> None:
    rows, slots = EventRows(table(EVENTS)), Slots()

    found = slots.of(rows, np.arange(4), ("subject", "district"))

    assert [slots.keys[slot] for slot in found.tolist()] == [
        ("a", "150302"),
        ("b", "150303"),
        ("a", "150303"),
        ("a", "150302"),
    ]
    assert len(slots) == 3


def test_slots_when_a_rule_distinguishes_by_nothing_then_all_have_the_same() -> None:
    slots = Slots()

    assert slots.of(EventRows(table(EVENTS)), np.arange(4), ()).tolist() == [0, 0, 0, 0]
    assert slots.keys == [()]


def test_slots_when_a_key_comes_again_in_another_batch_then_it_keeps_its_slot() -> None:
    slots = Slots()
    slots.restore([("b",), ("a",)], [])

    assert slots.of(EventRows(table(EVENTS)), np.arange(4), ("subject",)).tolist() == [1, 0, 1, 1]
    assert slots.find(("a",)) == 1
    assert slots.find(("c",)) is None


def test_slots_when_a_key_was_released_then_its_slot_is_given_to_another() -> None:
    slots = Slots()
    assert [slots.slot((name,)) for name in "abc"] == [0, 1, 2]

    assert slots.release(1)
    assert not slots.release(1)
    restored = Slots()
    restored.restore(slots.keys, slots.free)

    for one in (slots, restored):
        assert one.find(("b",)) is None
        assert [one.slot((name,)) for name in "cdeb"] == [2, 1, 3, 4]
        assert (len(one), list(one.free)) == (5, [])
