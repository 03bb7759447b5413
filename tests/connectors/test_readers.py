import gzip
import io
from datetime import UTC, datetime

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.floor.errors import SourceError
from connectors.mapping.json_rows import JsonRows
from connectors.readers import record_cutter, workbook
from connectors.readers.file_pieces import FileLook, FilePosition
from connectors.readers.formats import reader_of
from connectors.readers.record_cutter import record_ends, stretches
from tests.connectors.fetch_contexts import feed


def lines_of(data: bytes, *, separator: bytes = b",", count: int = 10_000, offset: int = 0):
    stream = io.BytesIO(data)
    stream.seek(offset)
    found = []
    for stretch in stretches(stream, separator, offset=offset, line=1, records=count):
        assert stretch.offset == offset
        offset = stretch.end
        found += [(int(line), stretch.record(index)) for index, line in enumerate(stretch.lines)]
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a,b", [(1, b"a,b")], id="no newline at the end"),
        pytest.param(b"a\r\nb\r\n", [(1, b"a"), (2, b"b")], id="windows line ends"),
        pytest.param(b'"a\nb",c\nd\n', [(1, b'"a\nb",c'), (3, b"d")], id="quoted newline"),
        pytest.param(
            b'x,"1\n2\n""3""\n4"\ny\n', [(1, b'x,"1\n2\n""3""\n4"'), (5, b"y")], id="doubled quotes"
        ),
        pytest.param(b'5" pipe,a\nb\n', [(1, b'5" pipe,a'), (2, b"b")], id="stray quote"),
        pytest.param(
            b'"open,a\nb\nc\n', [(1, b'"open,a'), (2, b"b"), (3, b"c")], id="never closed"
        ),
        pytest.param(b"a\n\n\nb\n", [(1, b"a"), (2, b""), (3, b""), (4, b"b")], id="blank lines"),
    ],
)
def test_records_of_csv_are_lines_unless_quoted(data, expected):
    assert lines_of(data) == expected


def test_quotes_mean_nothing_without_a_separator():
    assert lines_of(b'{"a\nb"}\n', separator=b"") == [(1, b'{"a'), (2, b'b"}')]


few = settings(max_examples=25, deadline=None)

FIELDS = st.one_of(
    st.text("ab1", max_size=3),
    st.text('a\n",', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"'),
)
ROWS = st.lists(st.lists(FIELDS, min_size=1, max_size=3).map(",".join), max_size=12)


@few
@given(rows=ROWS, block=st.integers(1, 40), count=st.integers(1, 5))
def test_any_block_size_gives_the_same_records(rows, block, count):
    data = "".join(row + "\n" for row in rows).encode()
    whole = lines_of(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_cutter, "BLOCK", block)
        assert lines_of(data, count=count) == whole
    assert whole == expected_records(rows)


def expected_records(rows):
    line, found = 1, []
    for row in rows:
        found.append((line, row.encode()))
        line += row.count("\n") + 1
    return found


@few
@given(data=st.text('a,"\n', max_size=60).map(str.encode), cut=st.integers(0, 10))
def test_reading_on_from_any_record_gives_the_same_rest(data, cut):
    ends, _ = record_ends(data, b",")
    start = int(ends[min(cut, len(ends) - 1)]) if len(ends) else 0
    rest = [record for _, record in lines_of(data, offset=start)]
    assert rest == [record for _, record in lines_of(data)][len(lines_of(data)) - len(rest) :]


def test_an_overlong_record_is_passed_over(monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 16)
    monkeypatch.setattr(record_cutter, "MAX_RECORD", 16)
    data = b"a\n" + b"x" * 100 + b"\nb\n"
    found = list(stretches(io.BytesIO(data), b",", offset=0, line=1))
    assert [(one.line, one.overlong, len(one)) for one in found] == [
        (1, False, 1),
        (2, True, 1),
        (3, False, 1),
    ]
    assert found[-1].record(0) == b"b"


@few
@given(rows=ROWS, start=st.integers(0, 5))
def test_a_stretch_ends_where_it_did_when_reading_goes_on_from_its_start(rows, start):
    data = "".join(row + "\n" for row in rows).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_cutter, "BLOCK", 8)
        found = list(stretches(io.BytesIO(data), b",", offset=0, line=1))
        if start < len(found):
            stream = io.BytesIO(data)
            stream.seek(found[start].offset)
            again = list(
                stretches(stream, b",", offset=found[start].offset, line=found[start].line)
            )
            assert [(one.offset, one.line, one.end) for one in again] == [
                (one.offset, one.line, one.end) for one in found[start:]
            ]


def read_all(path, **look):
    """Return (rows as dicts, their places, refused places and reasons) of a whole file."""
    rows, places, refused = [], [], []
    for piece in reader_of(path)(path, FileLook(**look), FilePosition()):
        found = piece.rows.frame.to_dicts()
        rows += found
        places += [piece.rows.place(index) for index in range(len(found))]
        refused += [(one.place, one.reason, one.raw) for one in piece.refused]
    return rows, places, refused


CSV = '编号,内容\n1,井盖缺失\n2,"路灯\n不亮"\n3,积水\n'
ROWS_OF_CSV = [
    {"编号": "1", "内容": "井盖缺失"},
    {"编号": "2", "内容": "路灯\n不亮"},
    {"编号": "3", "内容": "积水"},
]


@pytest.mark.parametrize(
    ("name", "data", "look"),
    [
        pytest.param("a.csv", CSV.encode(), {}, id="utf-8"),
        pytest.param("a.csv", CSV.encode("utf-8-sig"), {}, id="utf-8 with byte order mark"),
        pytest.param("a.csv", CSV.encode("gb18030"), {}, id="gb18030 found out"),
        pytest.param("a.csv", CSV.encode("gbk"), {"encoding": "gbk"}, id="gbk stated"),
        pytest.param("a.CSV", CSV.replace(",", ";").encode(), {}, id="semicolon"),
        pytest.param("a.tsv", CSV.replace(",", "\t").encode(), {}, id="tab"),
        pytest.param("a.txt", CSV.replace(",", "|").encode(), {"separator": "|"}, id="pipe stated"),
        pytest.param("a.csv.gz", gzip.compress(CSV.encode("gb18030")), {}, id="packed"),
        pytest.param("a.csv", CSV.replace("\n", "\r\n").encode(), {}, id="windows line ends"),
    ],
)
def test_csv_in_every_dress_is_the_same(tmp_path, name, data, look):
    (tmp_path / name).write_bytes(data)
    rows, places, refused = read_all(tmp_path / name, **look)
    assert [{k: v.replace("\r", "") for k, v in row.items()} for row in rows] == ROWS_OF_CSV
    assert places == [f"{name}:2", f"{name}:3", f"{name}:5"]
    assert refused == []


def test_ascii_that_turns_gb18030_late_is_found_out(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"a,b\n" + b"1,x\n" * 400_000 + "2,海".encode("gb18030"))
    rows, _, refused = read_all(path)
    assert rows[-1] == {"a": "2", "b": "海"}
    assert len(rows) == 400_001
    assert refused == []


def test_bad_rows_of_csv_are_refused_by_themselves(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b'a,b\n1,x\n2\n3,\xff\n"4\n4",y\n\n5,"open\n6,z\n7,8,9\n')
    rows, places, refused = read_all(path, encoding="utf-8")
    assert rows == [{"a": "1", "b": "x"}, {"a": "4\n4", "b": "y"}, {"a": "6", "b": "z"}]
    assert places == ["bad.csv:2", "bad.csv:5", "bad.csv:9"]
    assert refused == [
        ("bad.csv:3", "1 fields where the header has 2", b"2"),
        ("bad.csv:4", "not utf-8 text: byte ff at 2", b"3,\xff"),
        (
            "bad.csv:8",
            "not a CSV row: a quote is not closed, or a lone carriage return",
            b'5,"open',
        ),
        ("bad.csv:10", "3 fields where the header has 2", b"7,8,9"),
    ]


@few
@given(
    rows=st.lists(
        st.sampled_from(["1,x", "2", '3,"a\nb"', '4,"open', "", "5,5,5", '6,x"y', '"7""",\x00'])
    ),
    block=st.integers(1, 40),
)
def test_any_block_size_gives_the_same_rows_places_and_refusals(tmp_path_factory, rows, block):
    path = tmp_path_factory.mktemp("blocks") / "a.csv"
    path.write_text("a,b\n" + "".join(row + "\n" for row in rows))
    whole = read_all(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_cutter, "BLOCK", block)
        assert read_all(path) == whole


def test_a_missing_column_fails_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,time\n1,2\n")
    with pytest.raises(SourceError) as error:
        read_all(path, columns=("id", "lon"))
    assert str(error.value) == (
        "no column 'lon', which the feed's mapping needs; the file has 'id', 'time': correct its "
        "header or the mapping"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,a\n1,2\n", "column 'a' is there twice: rename one"),
        (
            b"a,\0b\n1,2\n",
            "the name of column 2, '\\x00b', holds a NUL character: save the file as text in UTF-8",
        ),
        (
            b"a," + b"b" * 1025 + b"\n1,2\n",
            "the name of column 2 has 1025 characters; at most 1024 may be: is the first line the "
            "header?",
        ),
        (
            b"x" * 3 * 2**20 + b"\n1\n",
            "the header line is longer than 1024 KiB; the first line must name the columns",
        ),
        (
            b"a," + b"b" * 200_000 + b"\n1,2\n",
            "the header line cannot be read: field larger than field limit (131072); the first "
            "line must name the columns",
        ),
        (b"a,b\r1,2\r", "lines end with a lone carriage return; save it with line feeds"),
        (
            b"a,b\n" + b"\xff" * 50,
            "the text is neither UTF-8 nor GB18030; state it in options.encoding",
        ),
    ],
    ids=["twice", "NUL", "long name", "long header", "long field", "lone CR", "unknown"],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, data, message):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(SourceError) as error:
        read_all(tmp_path / "a.csv")
    assert str(error.value) == message


def test_an_empty_file_and_a_bare_header_have_no_rows(tmp_path):
    for data in (b"", b"a,b", b"\xef\xbb\xbf"):
        (tmp_path / "a.csv").write_bytes(data)
        assert read_all(tmp_path / "a.csv") == ([], [], [])


@pytest.mark.services
def test_a_workbook_reads_as_its_csv_export_would(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["编号", "时间", "区划", "数值", "完成"])
    book.active.append([1, datetime(2026, 5, 1, 8, 30), 150302, 1.5, True])  # noqa: DTZ001
    book.active.append([None, None, None, None, None])
    book.active.append(["B2", "2026-05-02", "150303", None, False])
    path = tmp_path / "表.xlsx"
    book.save(path)
    rows, places, refused = read_all(path, columns=("编号",))
    assert rows == [
        {
            "编号": "1",
            "时间": "2026-05-01T08:30:00",
            "区划": "150302",
            "数值": "1.5",
            "完成": "true",
        },
        {"编号": "B2", "时间": "2026-05-02", "区划": "150303", "数值": None, "完成": "false"},
    ]
    assert places == ["表.xlsx:2", "表.xlsx:4"]
    assert refused == []


@pytest.mark.services
def test_a_workbook_is_gone_on_with_where_it_was(tmp_path):
    book = openpyxl.Workbook()
    for number in range(5):
        book.active.append([number])
    book.save(tmp_path / "a.xlsx")
    pieces = list(workbook.read(tmp_path / "a.xlsx", FileLook(), FilePosition(2, 4)))
    assert [piece.rows.frame.to_dicts() for piece in pieces] == [[{"0": "3"}, {"0": "4"}]]
    assert (pieces[0].start, pieces[0].end) == (FilePosition(2, 4), FilePosition(4, 6))


@pytest.mark.services
def test_an_empty_workbook_has_no_rows(tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    assert read_all(tmp_path / "a.xlsx") == ([], [], [])


@pytest.mark.services
def test_a_small_workbook_that_describes_a_huge_sheet_ends_nothing_but_its_own_reading(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "id", 1
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(
        SourceError,
        match=r"^reading the workbook failed or took more than 512 MiB of memory "
        r"\(code -?\d+: .*\): save it as CSV$",
    ):
        read_all(tmp_path / "a.xlsx")


@pytest.mark.services
def test_a_broken_workbook_says_so(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK no zip")
    with pytest.raises(SourceError, match=r"^not a workbook that can be read: "):
        read_all(tmp_path / "a.xlsx")


def test_parquet_reads_row_group_by_row_group_and_goes_on_inside(tmp_path):
    path = tmp_path / "a.parquet"
    at = datetime(2026, 5, 1, tzinfo=UTC)
    frame = pl.DataFrame({"id": range(25_000), "at": at, "kind": "x"})
    frame.write_parquet(path, row_group_size=12_000)
    reader = reader_of(path)
    pieces = list(reader(path, FileLook(columns=("id",)), FilePosition()))
    spans = [(piece.start.offset, piece.end.offset) for piece in pieces]
    assert spans == [
        (0, 10_000),
        (10_000, 12_000),
        (12_000, 22_000),
        (22_000, 24_000),
        (24_000, 25_000),
    ]
    assert pieces[0].rows.frame.row(0) == (0, "2026-05-01T00:00:00Z", "x")
    rest = list(reader(path, FileLook(), pieces[1].end))
    assert [(piece.start.offset, piece.end.offset) for piece in rest] == spans[2:]
    assert rest[0].rows.place(0) == "a.parquet:12001"


def test_large_rows_make_smaller_pieces(tmp_path):
    frame = pl.DataFrame({"id": range(1_000), "text": "x" * 20_000})
    frame.write_parquet(tmp_path / "a.parquet")
    pieces = list(
        reader_of(tmp_path / "a.parquet")(tmp_path / "a.parquet", FileLook(), FilePosition())
    )
    assert [piece.rows.frame.height for piece in pieces] == [200] * 5
    assert pieces[-1].rows.place(199) == "a.parquet:1000"


def test_an_unknown_ending_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(SourceError) as error:
        reader_of(tmp_path / "a.dat")
    assert str(error.value) == (
        "no reader for '.dat'; known: .csv .csv.gz .tsv .tsv.gz .txt .txt.gz .ndjson .ndjson.gz "
        ".jsonl .jsonl.gz .xlsx .xls .ods .parquet"
    )


def ndjson(path, data):
    path.write_bytes(data)
    return read_all(path, json=JsonRows(feed()))


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.jsonl.gz"])
def test_ndjson_reads_what_the_mapping_needs(tmp_path, name):
    text = '\ufeff{"id": 1, "text": "井盖", "time": "t", "more": [1]}\n\n{"id":"2","text":"a\\nb"}'
    data = text.encode()
    data = gzip.compress(data) if name.endswith("gz") else data
    rows, places, refused = ndjson(tmp_path / name, data)
    assert rows == [
        {"id": "1", "text": "井盖", "time": "t"},
        {"id": "2", "text": "a\nb", "time": None},
    ]
    assert places == [f"{name}:1", f"{name}:3"]
    assert refused == []


def test_bad_lines_of_ndjson_are_refused_by_themselves(tmp_path):
    data = b'{"id":1,"text":"a"}\n  \nno json\n{"id":2,"text":"b"}\n[1]\n{"id":3,"text":"\xff"}\n'
    rows, places, refused = ndjson(tmp_path / "a.ndjson", data)
    assert [row["id"] for row in rows] == ["1", "2"]
    assert places == ["a.ndjson:1", "a.ndjson:4"]
    assert [(place, raw) for place, _, raw in refused] == [
        ("a.ndjson:3", b"no json"),
        ("a.ndjson:5", b"[1]"),
        ("a.ndjson:6", b'{"id":3,"text":"\xff"}'),
    ]
    assert refused[0][1].startswith("not JSON: ")


@few
@given(
    lines=st.lists(st.sampled_from(['{"id":1,"text":"x"}', "", "bad", "{}", '{"id":"2"}'])),
    block=st.integers(1, 40),
)
def test_any_block_size_gives_the_same_objects_and_refusals(tmp_path_factory, lines, block):
    path = tmp_path_factory.mktemp("blocks") / "a.ndjson"
    data = "\n".join(lines).encode()
    whole = ndjson(path, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_cutter, "BLOCK", block)
        assert ndjson(path, data) == whole
