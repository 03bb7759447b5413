"""Cut a stream of text bytes into whole records, in constant memory and with true line numbers.

A record is a line, except that in CSV a quoted field may hold newlines. All of it works on bytes:
in UTF-8 and in GB18030 neither the newline nor the quote nor the comma is ever part of another
character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

BLOCK = 1024 * 1024
MAX_RECORD = 1024 * 1024
"""Bytes that a record may have; one of more than twice as many is passed over, not kept."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """Whole records that lie behind one another in the stream.

    Attributes:
        data: their bytes.
        starts: where in `data` each record starts.
        lines: number (from 1) of the line on which each record starts.
        offset: where in the stream `data` starts.
        line: number of the line on which `data` starts.
        end: where in the stream the next record starts.
        end_line: number of the line on which the next record starts.
        overlong: the data is the head of one record that is longer than `MAX_RECORD`.
    """

    data: bytes
    starts: Positions
    lines: Positions
    offset: int
    line: int
    end: int
    end_line: int
    overlong: bool = False

    def record(self, index: int) -> bytes:
        """Return the bytes of one record without its line end."""
        ends = self.starts[index + 1 : index + 2]
        stop = int(ends[0]) if len(ends) else len(self.data)
        return self.data[int(self.starts[index]) : stop].rstrip(b"\r\n")

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.starts)


def stretches(
    stream: BinaryIO, separator: bytes = b"", *, offset: int, line: int, records: int = 10_000
) -> Iterator[Stretch]:
    """Yield what is left of `stream` as stretches of at most `records` records and `BLOCK` bytes.

    Where a stretch ends depends on nothing but where it starts.

    Args:
        stream: stands at `offset`, where a record starts.
        separator: of CSV fields; b"" where quotes mean nothing (NDJSON).
        offset: where the stream stands.
        line: number of the line that starts there.
        records: the most records in a stretch.

    Raises:
        OSError: the stream cannot be read.
    """
    kept, final = b"", False
    while kept or not final:
        whole, lines = record_ends(kept, separator, final=final)
        take = min(records, max(1, int(np.searchsorted(whole, BLOCK, "right"))))
        enough = len(whole) >= records or (len(whole) and whole[-1] >= BLOCK)
        if not enough and not final and len(kept) < BLOCK + MAX_RECORD:
            block = stream.read(BLOCK)
            kept, final = kept + block, not block
            continue
        if not len(whole):
            found = _overlong(stream, kept, offset, line)
        else:
            found = _stretch(kept, whole[:take], lines[:take], (offset, line))
        yield found
        kept = b"" if found.overlong else kept[len(found.data) :]
        offset, line = found.end, found.end_line


def record_ends(
    data: bytes, separator: bytes = b"", *, final: bool = True
) -> tuple[Positions, Positions]:
    """Return where each whole record in `data` ends, and how many lines end there or before.

    Args:
        data: starts where a record starts.
        separator: of CSV fields; b"" where quotes mean nothing.
        final: nothing follows `data`, so its last line is whole without a newline, too.
    """
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == ord("\n")) + 1
    if final and len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    lines = np.arange(1, len(ends) + 1)
    if separator and len(ends) and b'"' in data:
        whole = _outside_quotes(data, text, ends, separator, final=final)
        return ends[whole], lines[whole]
    return ends, lines


def _outside_quotes(
    data: bytes, text: npt.NDArray[np.uint8], ends: Positions, separator: bytes, *, final: bool
) -> npt.NDArray[np.bool_]:
    """Say of each line end whether a record ends there, not only a line inside of a quoted field.

    Only a line with an odd number of quotes can open or close such a field; those few are looked
    at one by one. A quote that is never closed opens nothing: its line is a record by itself.
    """
    quotes = np.flatnonzero(text == ord('"'))
    counts = np.diff(np.searchsorted(quotes, ends), prepend=0)
    whole = np.ones(len(ends), np.bool_)
    opened = -1
    for odd in np.flatnonzero(counts & 1):
        start = int(ends[odd - 1]) if odd else 0
        if opened >= 0 and int(ends[odd]) - _start_of(ends, opened) <= MAX_RECORD:
            whole[opened:odd] = False
            opened = -1
        elif ends_open(data[start : int(ends[odd])], separator):
            opened = int(odd)
        else:
            opened = -1
    if opened >= 0 and not final and len(data) - _start_of(ends, opened) <= MAX_RECORD:
        whole[opened:] = False
    return whole


def _start_of(ends: Positions, line: int) -> int:
    """Return where line number `line` (from 0) starts."""
    return int(ends[line - 1]) if line else 0


def ends_open(line: bytes, separator: bytes) -> bool:
    """Say whether `line` of CSV ends inside of a quoted field."""
    at = 0
    while True:
        if line[at : at + 1] == b'"':
            at = _closing_quote(line, at + 1)
            if at < 0:
                return True
        at = line.find(separator, at)
        if at < 0:
            return False
        at += 1


def _closing_quote(line: bytes, at: int) -> int:
    while True:
        at = line.find(b'"', at)
        if at < 0 or line[at + 1 : at + 2] != b'"':
            return at
        at += 2


def _stretch(kept: bytes, whole: Positions, lines: Positions, here: tuple[int, int]) -> Stretch:
    offset, line = here
    size, count = int(whole[-1]), int(lines[-1])
    return Stretch(
        data=kept[:size],
        starts=np.concatenate(([0], whole[:-1])),
        lines=np.concatenate(([0], lines[:-1])) + line,
        offset=offset,
        line=line,
        end=offset + size,
        end_line=line + count,
    )


def _overlong(stream: BinaryIO, kept: bytes, offset: int, line: int) -> Stretch:
    """Pass over a record that is too long, keeping only its head."""
    size = len(kept)
    while block := stream.readline(BLOCK):
        size += len(block)
        if block.endswith(b"\n"):
            break
    return Stretch(
        data=kept[:1024],
        starts=np.zeros(1, np.int64),
        lines=np.full(1, line),
        offset=offset,
        line=line,
        end=offset + size,
        end_line=line + 1,
        overlong=True,
    )
