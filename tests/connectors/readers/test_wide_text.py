"""UTF-16 and UTF-32 are read as UTF-8: found out, in any blocks, and broken only where broken."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import JsonRows
from connectors.readers import wide_text
from connectors.readers.file_pieces import FileLook, FilePosition
from connectors.readers.formats import reader_of
from connectors.readers.wide_text import Utf8Stream, utf8_body, utf8_stream, wide_encoding
from tests.connectors.fetch_contexts import feed

EXCEL = "编号\t类别\t说明\r\n1\tpothole\t滨河大道\U0001f6a7\r\n\r\n2\tpothole\t“人民路”\r\n"
WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32"]
few = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("ending", ["csv", "txt", "tsv.gz"])
def test_file_when_it_is_wide_text_then_reads_as_in_utf8(
    tmp_path: Path, encoding: str, ending: str
) -> None:
    data = EXCEL.encode(encoding)
    (tmp_path / f"a.{ending}").write_bytes(gzip.compress(data) if "gz" in ending else data)
    (tmp_path / "b.txt").write_bytes(EXCEL.encode())

    wide, plain = read(tmp_path / f"a.{ending}"), read(tmp_path / "b.txt")

    assert [row[1:] for row in wide] == [row[1:] for row in plain]
    assert [row[0].rpartition(":")[2] for row in wide] == ["2", "4"]
    assert wide[0][1] == ("1", "pothole", "滨河大道\U0001f6a7")


def read(path: Path, start: FilePosition | None = None) -> list[tuple[str, tuple[str, ...], bytes]]:
    return [
        (piece.rows.place(row), cells, piece.rows.raw(row))
        for piece in reader_of(path)(path, FileLook(json=JsonRows(feed())), start or FilePosition())
        for row, cells in enumerate(piece.rows.frame.rows())
    ]


@pytest.mark.parametrize("encoding", WIDE)
def test_ndjson_when_it_is_wide_text_then_reads_as_in_utf8(tmp_path: Path, encoding: str) -> None:
    text = "".join(json.dumps({"id": f"{n}", "kind": "坑"}) + "\n" for n in range(3))
    (tmp_path / "a.ndjson").write_bytes(text.encode(encoding))

    assert [row[1][0] for row in read(tmp_path / "a.ndjson")] == ["0", "1", "2"]


@pytest.mark.parametrize("encoding", WIDE)
def test_messages_when_one_is_wide_text_then_its_neighbours_are_read_as_well(encoding: str) -> None:
    row, rows = '{"id": "a"}', '[{"id": "b"}, {"id": "c"}]'
    broken = b"\xff\xfe{\0\0"

    batch, refused, taken = read_messages(
        [row.encode(), rows.encode(encoding), broken], "t[0]@{}".format, JsonRows(feed())
    )

    assert taken == 3
    assert batch.frame["id"].to_list() == ["a", "b", "c"]
    assert [(one.place, one.raw) for one in refused] == [("t[0]@2", broken)]


@few
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=80
    ),
    encoding=st.sampled_from(["utf-16", "utf-32"]),
    block=st.integers(1, 9),
    at=st.integers(0, 100),
)
def test_stream_when_read_in_any_blocks_from_anywhere_then_is_the_same(
    text: str, encoding: str, block: int, at: int
) -> None:
    whole = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide_text, "_BLOCK", block)
        stream, found = utf8_stream(io.BytesIO(text.encode(encoding)), "auto")
        if text:
            assert found == "utf-8"
        if found == "utf-8":
            assert stream.read() == whole
            stream.seek(min(at, len(whole)))
            assert stream.read() == whole[at:]


@few
@given(body=st.binary(max_size=60), name=st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le"]))
def test_stream_when_it_holds_anything_then_it_ends_and_nothing_raises(
    body: bytes, name: str
) -> None:
    whole = Utf8Stream(io.BytesIO(body), name).readall()
    assert bool(whole) <= bool(body)
    assert utf8_body(body) == (
        Utf8Stream(io.BytesIO(body), wide_encoding(body)).readall() if wide_encoding(body) else body
    )


def test_stream_when_a_character_is_broken_then_only_its_row_is() -> None:
    body = "a,b\n1,".encode("utf-16-le") + b"\x00\xd8" + "x\n3,4\n".encode("utf-16-le") + b"\x00"

    rows = utf8_body(body).split(b"\n")

    assert (rows[0], rows[2]) == (b"a,b", b"3,4")
    for broken in (rows[1], rows[3]):
        with pytest.raises(UnicodeDecodeError):
            broken.decode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"i\0d,kind\n1,2\n", id="a NUL in a header"),
        pytest.param(b"\0\n1\n", id="a NUL alone"),
        pytest.param(b"a,b\n1,\0\0\0\0\0\0\0\0\n", id="NULs in a row"),
        pytest.param("编号,类别\n1,坑\n".encode("gb18030"), id="GB18030"),
        pytest.param("编号,类别\n1,坑\n".encode(), id="UTF-8"),
    ],
)
def test_wide_encoding_when_it_is_none_then_says_so(body: bytes) -> None:
    assert wide_encoding(body) == ""
    assert utf8_body(body) is body
