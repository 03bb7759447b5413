"""The table answers as a dictionary does, whatever is put in, in memory and in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.resends import id_table
from connectors.resends.id_table import LEAST, IdTable, Rows

IDS = st.tuples(
    # Few first words, so that ids want one slot and probing wraps at the end.
    st.sampled_from([0, 1, 2**32, 2**63, 2**64 - 1, 2**64 - 2**32]),
    st.integers(0, 3),
    st.integers(0, 2),
)


def rows_of(ids: list[tuple[int, int, int]]) -> Rows:
    return Rows(np.array(ids, np.uint64).reshape(-1, 3))


def put(table: IdTable, ids: set[tuple[int, int, int]], stamp: int) -> IdTable:
    if not table.has_room(len(ids)):
        table = table.rebuilt(1, len(ids))
    table.put(rows_of(sorted(ids)), stamp)
    return table


@settings(max_examples=200)
@given(steps=st.lists(st.sets(IDS, max_size=20), max_size=10), asked=st.sets(IDS, min_size=1))
def test_find_then_it_answers_as_a_dictionary_does(
    steps: list[set[tuple[int, int, int]]], asked: set[tuple[int, int, int]]
) -> None:
    table, model = IdTable(32), {}
    for number, ids in enumerate(steps, start=1):
        table = put(table, ids, number)
        model |= dict.fromkeys(ids, number)
    wanted = sorted(asked)
    found = table.find(rows_of(wanted))
    assert found.known.tolist() == [one in model for one in wanted]
    stamps = [int(table.stamp[slot]) for slot in found.slot[found.known]]
    assert stamps == [model[one] for one in wanted if one in model]
    others = [any(one[:2] == known[:2] and one != known for known in model) for one in wanted]
    missing = ~found.known  # where it is found, looking for its other contents ends
    assert found.other[missing].tolist() == np.array(others)[missing].tolist()
    assert table.used == len(model)


def test_table_when_it_is_opened_again_then_it_holds_what_was_put_in(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    table = IdTable(file=file)
    table.head[:4] = b"note"
    table.put(rows_of([(1, 2, 3), (4, 5, 6)]), 7)
    again = IdTable(file=file)
    assert again.used == 2
    assert bytes(again.head[:4]) == b"note"
    assert again.find(rows_of([(4, 5, 6), (4, 5, 7)])).known.tolist() == [True, False]


def test_slot_when_a_kill_left_it_without_a_stamp_then_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    table = IdTable(file=file)
    table.put(rows_of([(1, 2, 3)]), 7)
    table.stamp[:] = 0
    again = IdTable(file=file)
    assert not again.find(rows_of([(1, 2, 3)])).known.any()
    again.put(rows_of([(1, 2, 4)]), 8)
    assert again.find(rows_of([(1, 2, 4)])).known.all()


def test_rebuilt_then_the_old_ones_are_left_out_and_there_is_room(tmp_path: Path) -> None:
    table = IdTable()
    table.put(rows_of([(n << 40, n, 0) for n in range(600)]), 5)
    table.put(rows_of([(n << 40, n, 0) for n in range(100)]), 9)
    assert not table.has_room(200)
    made = table.rebuilt(6, 2_000, tmp_path / "ids")
    assert made.used == 100
    assert made.has_room(2_000)
    asked = rows_of([(5 << 40, 5, 0), (500 << 40, 500, 0)])
    assert made.find(asked).known.tolist() == [True, False]


def test_many_rows_then_none_is_lost() -> None:
    rng = np.random.default_rng(7)
    table, put_in = IdTable(LEAST), []
    for number in range(20):
        rows = Rows(rng.integers(0, 2**64, (5_000, 3), dtype=np.uint64))
        if not table.has_room(5_000):
            table = table.rebuilt(1, 5_000)
        assert not table.find(rows).known.any()
        table.put(rows, number + 1)
        put_in.append(rows)
    assert all(table.find(rows).known.all() for rows in put_in)
    assert table.used == 100_000


def test_file_when_it_is_none_of_ours_then_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_bytes(b"x" * (id_table.HEAD_BYTES + 5))
    with pytest.raises(ValueError, match=f"^{file}: 4101 bytes are no table of ids$"):
        IdTable(file=file)


def test_file_when_it_is_full_then_it_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    IdTable(file=file).stamp[:] = 1
    with pytest.raises(ValueError, match=f"^{file}: 1024 of 1024 slots are in use, no table of"):
        IdTable(file=file)


def test_disk_when_it_has_no_room_then_that_is_said_before_anything_is_put_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int, _start: int, _size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        IdTable(file=tmp_path / "ids")


def test_forget_when_rows_are_there_then_they_are_not_found_and_their_neighbours_are() -> None:
    table = IdTable(32)
    ids = [(1, number, 0) for number in range(8)]  # all want one slot
    table.put(rows_of(ids), 7)

    table.forget(rows_of([ids[0], ids[3], (9, 9, 9)]))

    assert table.find(rows_of(ids)).known.tolist() == [False, *[True] * 2, False, *[True] * 4]
    assert not table.find(rows_of(ids)).other[0]
    made = table.rebuilt(5, 2)
    made.put(rows_of([ids[0]]), 8)
    assert (made.used, made.find(rows_of(ids)).known.sum()) == (7, 7)
