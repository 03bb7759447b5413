"""Read CSV and its relatives (semicolon, tab, pipe) in constant memory."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc

from citybrain.floor.errors import SourceError
from connectors.fetch.source import RefusedRow
from connectors.mapping.raw_rows import RawBatch
from connectors.readers.encodings import detect_encoding, detect_separator
from connectors.readers.file_pieces import (
    BOM,
    FileLook,
    FilePiece,
    FilePosition,
    check_columns,
    open_bytes,
    shown_name,
)
from connectors.readers.record_cutter import (
    MAX_RECORD,
    Positions,
    Stretch,
    ends_open,
    stretches,
)
from connectors.readers.wide_text import utf8_stream

_UNREADABLE = "not a CSV row: a quote is not closed, or a lone carriage return"
_IS_HEADER = "the first line must name the columns"
_START = FilePosition()


@dataclass(frozen=True)
class DelimitedHeader:
    """The first record of a file, and what it tells about the rest."""

    file: str
    text: str
    names: list[str]
    encoding: str
    separator: str
    end: FilePosition


def read(path: Path, look: FileLook, start: FilePosition) -> Generator[FilePiece]:
    """Yield the rows of a CSV file from `start` on.

    Raises:
        SourceError: the file has no fit header, or is in no known encoding.
        OSError: it cannot be read.
    """
    with open_bytes(path) as stream:
        yield from read_stream(shown_name(path), stream, look, start)


def read_stream(
    name: str, stream: BinaryIO, look: FileLook, start: FilePosition = _START
) -> Generator[FilePiece]:
    """Yield the rows of CSV in `stream` from `start` on; `name` is what places begin with.

    Raises:
        SourceError: there is no fit header, or the text is in no known encoding.
        OSError: it cannot be read.
    """
    stream, encoding = utf8_stream(stream, look.encoding)
    header = read_header(name, stream, replace(look, encoding=encoding))
    if header is None:
        return
    here = max(start, header.end)
    stream.seek(here.offset)
    mark = header.separator.encode()
    for stretch in stretches(stream, mark, offset=here.offset, line=here.line):
        yield _piece(stretch, header)


def read_header(file: str, stream: BinaryIO, look: FileLook) -> DelimitedHeader | None:
    """Return what the first record says; None where the file is empty.

    Raises:
        SourceError: a column is missing or twice there, or the encoding is unknown.
    """
    encoding = look.encoding if look.encoding != "auto" else detect_encoding(stream)
    stream.seek(0)
    skip = len(BOM) if stream.read(len(BOM)) == BOM else 0
    stream.seek(skip)
    mark = look.separator.encode() or b","
    first = next(stretches(stream, mark, offset=skip, line=1, records=1), None)
    if first is None:
        return None
    if first.overlong:
        raise SourceError(f"the header line is longer than {MAX_RECORD // 1024} KiB; {_IS_HEADER}")
    text = first.record(0).decode(encoding, "replace")
    if "\r" in text:
        raise SourceError("lines end with a lone carriage return; save it with line feeds")
    separator = look.separator or detect_separator(text)
    try:
        fields = next(csv.reader([text], delimiter=separator), [])
    except csv.Error as error:
        raise SourceError(f"the header line cannot be read: {error}; {_IS_HEADER}") from error
    names = [name.strip() or f"column {at}" for at, name in enumerate(fields, 1)]
    check_columns(names, look)
    return DelimitedHeader(
        file, text, names, encoding, separator, FilePosition(first.end, first.end_line)
    )


def _piece(stretch: Stretch, header: DelimitedHeader) -> FilePiece:
    if stretch.overlong:
        frame, kept = _parse_nothing(header), np.empty(0, np.int64)
        refused = [_refuse(stretch, header, 0, "the row is longer than 1 MiB")]
    else:
        frame, kept, refused = _parse(stretch, header)
    rows = RawBatch(
        frame=frame,
        place=lambda row: f"{header.file}:{stretch.lines[kept[row]]}",
        raw=lambda row: _raw(stretch, header, int(kept[row])),
        media_type="text/csv",
        header=header.text if header.separator == "," else as_comma_csv(header.names).decode(),
    )
    start = FilePosition(stretch.offset, stretch.line)
    return FilePiece(rows, tuple(refused), start, FilePosition(stretch.end, stretch.end_line))


Parsed = tuple[pl.DataFrame, Positions, list[RefusedRow]]


def _parse(stretch: Stretch, header: DelimitedHeader) -> Parsed:
    """Return the rows, which record each is, and the records that are no rows.

    All at once where that works; else the halves by themselves, down to the record at fault.
    """
    whole = _parse_fast(stretch, header)
    if whole is not None:
        return whole
    if len(stretch) == 1:
        refused = [_refuse(stretch, header, 0, _reason(stretch, header))]
        return _parse_nothing(header), np.empty(0, np.int64), refused
    half = len(stretch) // 2
    cut = int(stretch.starts[half])
    left = replace(
        stretch, data=stretch.data[:cut], starts=stretch.starts[:half], lines=stretch.lines[:half]
    )
    right = replace(
        stretch,
        data=stretch.data[cut:],
        starts=stretch.starts[half:] - cut,
        lines=stretch.lines[half:],
    )
    one, two = _parse(left, header), _parse(right, header)
    kept = np.concatenate((one[1], two[1] + half))
    return pl.concat([one[0], two[0]]), kept, one[2] + two[2]


def _parse_fast(stretch: Stretch, header: DelimitedHeader) -> Parsed | None:
    """Parse all records in one go; None if any of them cannot be told apart."""
    last = stretch.record(len(stretch) - 1)
    if b'"' in last and ends_open(last, header.separator.encode()):
        return None
    wrong: dict[int, pc.InvalidRow] = {}

    def note(row: pc.InvalidRow) -> str:
        wrong[row.number - 1] = row
        return "skip"

    try:
        table = _parse_arrow(_utf8(stretch.data, header), header, note)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows + len(wrong) != len(stretch):
        return None
    kept = np.delete(np.arange(len(stretch)), list(wrong))
    frame = pl.DataFrame(pl.from_arrow(table))
    if not _aligned(stretch, frame, kept, wrong):
        return None
    full = ~_blank(stretch)[kept]
    if not full.all():
        frame, kept = frame.filter(pl.Series(full)), kept[full]
    want = len(header.names)
    refused = [
        _refuse(stretch, header, at, f"{row.actual_columns} fields where the header has {want}")
        for at, row in wrong.items()
    ]
    return frame, kept, refused


def _aligned(
    stretch: Stretch, frame: pl.DataFrame, kept: Positions, wrong: Mapping[int, pc.InvalidRow]
) -> bool:
    """Say whether every row holds as many newlines as its record.

    Where quotes are misplaced, the parser may see other records than we do, and yet as many.
    """
    newlines = np.flatnonzero(np.frombuffer(stretch.data, np.uint8) == ord("\n"))
    if len(newlines) <= len(stretch):
        return True
    ends = np.append(stretch.starts[1:], len(stretch.data))
    held = np.diff(np.searchsorted(newlines, ends), prepend=0)
    held -= np.isin(ends - 1, newlines)
    sums = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)))
    found = np.zeros(len(stretch), np.int64)
    found[kept] = sums.to_series().fill_null(0).to_numpy()
    for at, row in wrong.items():
        found[at] = row.text.count("\n")
    return bool((found == held).all())


def _parse_arrow(data: bytes, header: DelimitedHeader, note: object) -> pa.Table:
    return pc.read_csv(
        pa.BufferReader(data),
        read_options=pc.ReadOptions(
            use_threads=False, column_names=header.names, block_size=len(data) + 1
        ),
        parse_options=pc.ParseOptions(
            delimiter=header.separator,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(header.names, pa.utf8()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,  # `_utf8` has
        ),
    )


def _parse_nothing(header: DelimitedHeader) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(header.names, pl.String))


def _blank(stretch: Stretch) -> npt.NDArray[np.bool_]:
    """Say which records are empty lines."""
    sizes = np.diff(stretch.starts, append=len(stretch.data))
    text = np.frombuffer(stretch.data, np.uint8)
    first = text[stretch.starts]
    ends = np.isin(first, (ord("\r"), ord("\n")))
    return np.asarray(ends & (sizes <= len(b"\r\n")))


def _raw(stretch: Stretch, header: DelimitedHeader, index: int) -> bytes:
    record = _utf8(stretch.record(index), header)
    if header.separator == ",":
        return record
    try:
        return as_comma_csv(next(csv.reader([record.decode()], delimiter=header.separator)))
    except csv.Error:
        return record


def as_comma_csv(fields: Sequence[str | None]) -> bytes:
    """Return `fields` as a line of UTF-8 CSV with commas, as dead letters keep it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    return out.getvalue().encode()


def _utf8(data: bytes, header: DelimitedHeader) -> bytes:
    """Return `data` in UTF-8. Raises UnicodeDecodeError where it is not what its header says.

    A byte order mark in the middle, where somebody joined files, means nothing and is left out.
    """
    text = data.decode(header.encoding)
    data = data if header.encoding == "utf-8" else text.encode()
    return data.replace(BOM, b"") if BOM in data else data


def _reason(stretch: Stretch, header: DelimitedHeader) -> str:
    try:
        stretch.data.decode(header.encoding)
    except UnicodeDecodeError as error:
        broken = stretch.data[error.start : error.end].hex(" ")
        return f"not {header.encoding} text: byte {broken} at {error.start}"
    return _UNREADABLE


def _refuse(stretch: Stretch, header: DelimitedHeader, index: int, reason: str) -> RefusedRow:
    raw = stretch.record(index)
    with contextlib.suppress(UnicodeDecodeError):  # else it is kept as it came
        raw = _utf8(raw, header)
    return RefusedRow(f"{header.file}:{stretch.lines[index]}", reason, raw)
