"""Any bytes in a dropped file or a message: each row is read or refused, and no feed stops."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import JsonRows
from connectors.readers.file_pieces import FilePosition
from connectors.readers.formats import FORMATS, reader_of
from connectors.sources.file_drop import OpenFile, look_of
from tests.connectors.door.test_any_bytes import ENCODINGS, FORMS, JUNK, text_of
from tests.connectors.door.test_push_door import row
from tests.fakes import make_feed

FEED = make_feed(source="file_drop")
LOOK = look_of(FEED)
TEXTS = [ending for ending in FORMATS if ending.partition(".")[2][:1] in "ctnj"]


def some_bytes(chance: random.Random, *, whole: bool = False) -> bytes:
    """Return a good body in any encoding, bent a little unless it is to be `whole`."""
    columns = {"area": "", "severity": "", "value": "", "lon": "", "lat": ""}
    rows = [columns | row(at, text="滨河大道 café") for at in range(3)]
    body = text_of(chance.choice(FORMS), rows).encode(chance.choice(ENCODINGS), "replace")
    for _ in range(0 if whole else chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(body) + 1)
        to = min(len(body), at + chance.choice([0, 0, 1, 2, 30]))
        body = body[:at] + chance.choice(JUNK) + body[to:]
    return body


def read(path: Path) -> tuple[OpenFile, int]:
    """Read a file as the folder's reader does; return it, and how many rows were accounted for."""
    file = OpenFile(path, "key")
    file.pieces = reader_of(path)(path, LOOK, FilePosition())
    rows = 0
    while (piece := file.next_piece()) is not None:
        kept = piece.rows.frame.height
        places = [piece.rows.place(at) for at in range(kept)] + [one.place for one in piece.refused]
        assert len(set(places)) == len(places)
        assert all(one.reason and one.place.startswith(path.name) for one in piece.refused)
        assert all(isinstance(piece.rows.raw(at), bytes) for at in range(kept))
        rows += len(places)
    return file, rows


@pytest.mark.parametrize("ending", TEXTS)
def test_file_when_it_holds_any_bytes_then_it_is_read_or_fails_with_a_reason(
    tmp_path: Path, ending: str
) -> None:
    chance = random.Random(ending)  # noqa: S311
    read_some = failed = 0
    for number in range(120):
        body = some_bytes(chance, whole=number % 4 == 0)
        path = tmp_path / f"{number}{ending}"
        path.write_bytes(gzip.compress(body) if ending.endswith("gz") else body)

        file, rows = read(path)

        assert file.failure == "" or len(file.failure) > 10
        read_some += rows > 0
        failed += bool(file.failure)
    assert read_some > 10
    assert failed > 0 or "json" in ending or "ndjson" in ending


@pytest.mark.services
@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".ods", ".parquet"])
def test_file_when_it_is_no_such_file_at_all_then_it_fails_with_a_reason(
    tmp_path: Path, ending: str
) -> None:
    chance = random.Random(ending)  # noqa: S311
    for number in range(3):
        path = tmp_path / f"{number}{ending}"
        path.write_bytes(some_bytes(chance))

        file, rows = read(path)

        assert (rows, len(file.failure) > 10) == (0, True)


def test_file_when_a_reader_fails_in_a_way_that_nobody_thought_of_then_the_file_fails(
    tmp_path: Path,
) -> None:
    def broken() -> object:
        raise ZeroDivisionError("division by zero")
        yield

    (tmp_path / "a.csv").write_text("id\n1\n")
    file = OpenFile(tmp_path / "a.csv", "key")
    file.pieces = broken()  # type: ignore[assignment]

    assert file.next_piece() is None
    assert file.failure == "it cannot be read: ZeroDivisionError('division by zero')"


@pytest.mark.parametrize("seed", range(3))
def test_messages_when_they_hold_any_bytes_then_each_is_rows_or_refused(seed: int) -> None:
    chance, json_rows = random.Random(seed), JsonRows(FEED)  # noqa: S311
    for _ in range(60):
        values = [some_bytes(chance, whole=chance.random() < 0.5) for _ in range(5)]
        values.append(json.dumps(row(9)).encode())

        batch, refused, taken = read_messages(values, "t[0]@{}".format, json_rows)

        there = {batch.place(at) for at in range(batch.frame.height)}
        there |= {one.place for one in refused}
        empty = {f"t[0]@{at}" for at, value in enumerate(values) if not value.strip(b"[] \0\n")}
        assert there | empty == {f"t[0]@{at}" for at in range(6)}
        assert taken == 6
        assert "t[0]@5" in {batch.place(at) for at in range(batch.frame.height)}
