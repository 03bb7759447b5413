"""Parquet files: row groups, places, where to go on, times as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from citybrain.floor.errors import SourceError
from connectors.readers.columns import PART_BYTES, plain, read
from connectors.readers.file_pieces import FileLook, FilePiece, FilePosition

LOOK = FileLook(columns=("id",))


def written(folder: Path, count: int, *, group: int, text: str = "x") -> Path:
    """Write a file of `count` rows."""
    file = folder / "a.parquet"
    pq.write_table(
        pa.table({"id": range(count), "text": [text] * count}), file, row_group_size=group
    )
    return file


START = FilePosition()


def pieces(file: Path, start: FilePosition = START, look: FileLook = LOOK) -> list[FilePiece]:
    return list(read(file, look, start))


def spans(found: list[FilePiece]) -> list[tuple[int, int]]:
    return [(one.start.offset, one.end.offset) for one in found]


def test_read_when_there_are_row_groups_then_each_is_a_piece_with_its_places(
    tmp_path: Path,
) -> None:
    found = pieces(written(tmp_path, 5, group=2))

    assert spans(found) == [(0, 2), (2, 4), (4, 5)]
    assert [one.end.line for one in found] == [3, 5, 6]
    assert found[1].rows.place(1) == "a.parquet:4"
    assert found[1].rows.raw(1) == b'{"id":3,"text":"x"}'
    assert found[1].rows.frame["id"].to_list() == [2, 3]


@pytest.mark.parametrize(("rows", "expected"), [(2, [(2, 4), (4, 5)]), (4, [(4, 5)]), (5, [])])
def test_read_when_it_goes_on_then_what_was_read_is_passed_over(
    rows: int, expected: list[tuple[int, int]], tmp_path: Path
) -> None:
    assert spans(pieces(written(tmp_path, 5, group=2), FilePosition(rows, rows + 1))) == expected


def test_read_when_rows_are_large_then_a_piece_holds_fewer_of_them(tmp_path: Path) -> None:
    found = pieces(written(tmp_path, 4, group=4, text="x" * (PART_BYTES // 2)))

    assert spans(found) == [(0, 2), (2, 4)]


def test_read_when_there_is_no_row_then_there_is_no_piece(tmp_path: Path) -> None:
    assert pieces(written(tmp_path, 0, group=1)) == []


def test_read_when_it_is_no_parquet_then_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"id,kind\n1,a\n")

    with pytest.raises(SourceError, match="not a Parquet file that can be read: "):
        pieces(file)


def test_read_when_a_column_is_missing_then_says_which(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column 'kind'"):
        pieces(written(tmp_path, 1, group=1), look=FileLook(columns=("kind",)))


def test_plain_when_columns_have_types_of_their_own_then_they_are_as_other_formats_write() -> None:
    beijing = timezone(timedelta(hours=8))
    frame = pl.DataFrame(
        {
            "local": [datetime(2026, 3, 2, 8, 30, tzinfo=UTC).replace(tzinfo=None)],
            "instant": [datetime(2026, 3, 2, 8, 30, tzinfo=beijing).astimezone(UTC)],
            "day": [date(2026, 3, 2)],
            "time": [time(8, 30)],
            "sort": pl.Series(["a"], dtype=pl.Categorical),
            "amount": [Decimal("1.50")],
        }
    )

    assert plain(frame).row(0, named=True) == {
        "local": "2026-03-02T08:30:00",
        "instant": "2026-03-02T00:30:00Z",
        "day": "2026-03-02",
        "time": "08:30:00",
        "sort": "a",
        "amount": 1.5,
    }
