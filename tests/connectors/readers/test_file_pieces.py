"""What every reader of files shares: names, packed files, the columns that a table must have."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from citybrain.floor.errors import SourceError
from connectors.readers.file_pieces import (
    MAX_COLUMNS,
    FileLook,
    FilePosition,
    check_columns,
    open_bytes,
    shown_name,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("案件.csv".encode(), "案件.csv", id="utf-8"),
        pytest.param("案件.csv".encode("gb18030"), "案件.csv", id="old-windows"),
        pytest.param(b"a\xff.csv", "a\ufffd.csv", id="neither"),
    ],
)
def test_shown_name_when_written_in_any_encoding_then_is_readable(
    name: bytes, expected: str
) -> None:
    assert shown_name(Path(os.fsdecode(b"/drop/" + name))) == expected


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "A.CSV.GZ"])
def test_open_bytes_when_packed_or_not_then_gives_what_is_inside(name: str, tmp_path: Path) -> None:
    content = b"id,kind\n1,a\n"
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)

    with open_bytes(file) as stream:
        assert stream.read() == content


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        pytest.param(["id", "kind"], ("id",), id="more-than-needed"),
        pytest.param(["place"], ("place.lon", "place.lat"), id="paths-into-a-column"),
        pytest.param(["place.lon"], ("place.lon",), id="a-name-with-a-point"),
    ],
)
def test_check_columns_when_all_are_there_then_says_nothing(
    names: list[str], columns: tuple[str, ...]
) -> None:
    check_columns(names, FileLook(columns=columns))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        pytest.param(["a", "id", "a"], "column 'a' is there twice: rename one", id="twice"),
        pytest.param(
            ["a", "b"],
            "no column 'id', 'place.lon', which the feed's mapping needs; the file has 'a', 'b': "
            "correct its header or the mapping",
            id="missing",
        ),
        pytest.param(
            [f"c{number}" for number in range(MAX_COLUMNS + 1)],
            f"{MAX_COLUMNS + 1} columns; at most {MAX_COLUMNS} are read",
            id="too-many",
        ),
    ],
)
def test_check_columns_when_a_table_does_not_fit_then_says_why(
    names: list[str], problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        check_columns(names, FileLook(columns=("id", "place.lon")))

    assert str(caught.value) == problem


def test_positions_when_compared_then_the_offset_counts_first() -> None:
    assert max(FilePosition(3), FilePosition(2, 9)) == FilePosition(3, 1)
