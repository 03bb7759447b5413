from __future__ import annotations

from streams.runtime.merged_offsets import SPAN, MergedOffsets


def test_merged_when_an_envelope_comes_again_then_it_is_known():
    merged = MergedOffsets()

    assert [merged.add(0, 5), merged.add(0, 5), merged.add(1, 5)] == [True, False, True]


def test_merged_when_envelopes_are_out_of_order_then_each_is_new_once():
    merged = MergedOffsets()

    assert [merged.add(0, offset) for offset in (5, 3, 4, 3)] == [True, True, True, False]


def test_merged_when_an_offset_is_far_behind_then_it_counts_as_known():
    merged = MergedOffsets()
    for offset in range(0, 6 * SPAN, 2):
        merged.add(0, offset)

    assert merged.add(0, 1) is False


def test_merged_when_started_from_its_table_then_it_knows_the_same():
    merged = MergedOffsets()
    for offset in range(2 * SPAN):
        merged.add(3, offset)

    again = MergedOffsets(merged.table())

    assert [again.add(3, offset) for offset in (0, SPAN, 2 * SPAN - 1, 2 * SPAN)] == [
        False,
        False,
        False,
        True,
    ]
