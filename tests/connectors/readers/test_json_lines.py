"""NDJSON files: pieces, places, byte order marks, lines that are no objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.floor.errors import SourceError
from connectors.mapping.json_rows import JsonRows
from connectors.readers import json_lines, record_cutter
from connectors.readers.file_pieces import FileLook, FilePiece, FilePosition
from tests.connectors.fetch_contexts import feed

START = FilePosition()


def pieces(folder: Path, data: bytes, start: FilePosition = START) -> list[FilePiece]:
    file = folder / "a.ndjson"
    file.write_bytes(data)
    return list(json_lines.read(file, FileLook(json=JsonRows(feed("file_drop"))), start))


def places(found: list[FilePiece]) -> list[tuple[str, str]]:
    return [
        (row["id"], piece.rows.place(at))
        for piece in found
        for at, row in enumerate(piece.rows.frame.to_dicts())
    ]


def refused(found: list[FilePiece]) -> list[tuple[str, str]]:
    return [(one.place, one.reason.split(":")[0]) for piece in found for one in piece.refused]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_read_when_lines_are_blank_or_no_objects_then_places_are_the_files_lines(
    mark: bytes, tmp_path: Path
) -> None:
    found = pieces(tmp_path, mark + b'{"id":1}\n\n{"id":\nhello\n{"id":2}\n')

    assert places(found) == [("1", "a.ndjson:1"), ("2", "a.ndjson:5")]
    assert refused(found) == [("a.ndjson:3", "not JSON"), ("a.ndjson:4", "not JSON")]
    assert found[0].rows.raw(1) == b'{"id":2}'
    assert found[0].refused[1].raw == b"hello"
    assert found[0].end.line == 6


def test_read_when_it_goes_on_then_what_was_read_is_passed_over(tmp_path: Path) -> None:
    found = pieces(tmp_path, b'{"id":1}\n{"id":2}\n', FilePosition(9, 2))

    assert places(found) == [("2", "a.ndjson:2")]
    assert found[0].start == FilePosition(9, 2)


def test_read_when_a_line_is_far_too_long_then_it_alone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("BLOCK", "MAX_RECORD"):
        monkeypatch.setattr(record_cutter, limit, 16)
    long = b'{"id":"' + b"x" * 100 + b'"}'

    found = pieces(tmp_path, b'{"id":1}\n' + long + b'\n{"id":2}\n')

    assert places(found) == [("1", "a.ndjson:1"), ("2", "a.ndjson:3")]
    assert refused(found) == [("a.ndjson:2", "longer than 1 MiB")]


def test_read_when_the_file_is_empty_then_there_is_no_piece(tmp_path: Path) -> None:
    assert pieces(tmp_path, b"") == []


def test_read_when_the_feed_does_not_map_json_then_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"{}\n")

    with pytest.raises(SourceError, match="does not say how its JSON is read"):
        list(json_lines.read(file, FileLook(), START))
