"""Request bodies: what they are said to be, unpacked, and cut into pieces of rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from citybrain.floor.errors import SourceError
from connectors.door.answers import DoorRefusal, unreadable
from connectors.door.unpacking import too_large
from connectors.fetch.source import RefusedRow
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from connectors.readers.delimited import read_stream
from connectors.readers.encodings import ENCODINGS, known_encoding
from connectors.readers.file_pieces import FileLook
from connectors.readers.wide_text import utf8_body

MAX_ROWS = 100_000
"""Rows of a body: each may become a dead letter, all of which are held until Kafka has them."""
VALUES_A_ROW = 40
"""Commas that a row of a JSON array may have: they bound its elements before any is made."""
PIECE_BYTES = 4 * 1024 * 1024
PIECE_ROWS = 10_000
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
_KINDS = {
    JSON: JSON,
    NDJSON: NDJSON,
    "application/ndjson": NDJSON,
    "application/jsonl": NDJSON,
    "application/x-jsonlines": NDJSON,
    CSV: CSV,
    "text/tab-separated-values": CSV,
    "text/plain": CSV,
}
"""Media type → how it is read; the separator of CSV is found out."""
BOM = b"\xef\xbb\xbf"
_OF_JSON = ("utf-8", "utf-16")
_OF_CSV = tuple(name for name in ENCODINGS if name not in ("auto", *_OF_JSON))
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True)
class Media:
    """What a body is said to be.

    Attributes:
        kind: `JSON`, `NDJSON` or `CSV`.
        charset: encoding of CSV, one of `ENCODINGS`; wide text is known without.
    """

    kind: str
    charset: str = "utf-8"


@dataclass(frozen=True)
class BodyPiece:
    """Some rows of a body."""

    rows: RawBatch
    refused: tuple[RefusedRow, ...]


def media_of(content_type: str, charset: str = "utf-8") -> Media:
    """Return what a Content-Type says.

    Args:
        content_type: of the request.
        charset: encoding of CSV where it names none: the feed's.

    Raises:
        Refusal: it is none that the door reads.
    """
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind not in _KINDS:
        message = f"Content-Type {kind[:100]!r} is not read here"
        remedy = f"send {JSON}, {NDJSON} or {CSV}"
        raise DoorRefusal(415, "unsupported_media_type", message, remedy)
    given = dict(part.partition("=")[::2] for part in parameters)
    said = given.get("charset", "").strip('"')
    found = known_encoding(said) if said else charset if _KINDS[kind] == CSV else "utf-8"
    if not found or (found not in _OF_JSON and _KINDS[kind] != CSV):
        message = f"charset {said[:40]!r} is not read here"
        remedy = f"send UTF-8 or UTF-16; CSV may also be {', '.join(_OF_CSV)}"
        raise DoorRefusal(415, "unsupported_charset", message, remedy)
    return Media(_KINDS[kind], found)


def records_of(body: bytes, media: Media) -> list[bytes] | None:
    """Return the JSON records of an array or a single object; None where rows are lines.

    A body of several JSON lines under ``application/json`` is read as lines.

    Raises:
        Refusal: it is neither.
    """
    if media.kind != JSON:
        return None
    try:
        if body.lstrip()[:1] == b"[":
            _limit(body.count(b",") // VALUES_A_ROW)
            return [bytes(record) for record in _ARRAY.decode(body)]
        return [bytes(_ANY.decode(body))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if body.lstrip()[:1] == b"{" and b"\n" in body.strip():
            return None
        raise unreadable(f"the body is not JSON: {error}") from error


@dataclass(frozen=True)
class FeedBodies:
    """How the bodies of a feed are read.

    Attributes:
        json: reads its JSON.
        columns: what CSV must have.
    """

    json: JsonRows
    columns: tuple[str, ...] = ()


def pieces(body: bytes, media: Media, feed: FeedBodies, batch: str) -> Iterator[BodyPiece]:
    """Cut `body` into pieces of at most some ten thousand rows.

    The same body gives the same pieces, always. Places are ``push <batch>:<line>``, of an array
    ``push <batch>:<element>``, from 1.

    Raises:
        Refusal: no row of it can be read.
    """
    name = f"push {batch}"
    if media.kind == CSV:
        _limit(body.count(b"\n"))
        yield from _csv_pieces(body, FileLook(media.charset, columns=feed.columns), name)
        return
    body = json_text(body)
    records = records_of(body, media)
    _limit(body.count(b"\n") if records is None else len(records))
    if records is None:
        yield from _line_pieces(body, feed.json, name)
        return
    for first in range(0, len(records), PIECE_ROWS):
        some = records[first : first + PIECE_ROWS]
        yield record_piece(some, feed.json, partial(_place, name, first))


def json_text(body: bytes) -> bytes:
    """Return a body of JSON as UTF-8, without its byte order mark."""
    return utf8_body(body).removeprefix(BOM)


def _limit(rows: int) -> None:
    if rows > MAX_ROWS:
        raise too_large(f"the body has more than {MAX_ROWS} rows")


def _place(name: str, first: int, at: int) -> str:
    return f"{name}:{first + at + 1}"


def record_piece(records: list[bytes], json: JsonRows, place: Callable[[int], str]) -> BodyPiece:
    """Return the rows in `records`; `place` names the place of one of them."""
    rows = json.read_records(records)
    kept = rows.kept
    refused = tuple(RefusedRow(place(at), why, records[at]) for at, why in rows.bad)
    batch = RawBatch(
        rows.frame, lambda row: place(int(kept[row])), lambda row: records[kept[row]], JSON
    )
    return BodyPiece(batch, refused)


def _line_pieces(body: bytes, json: JsonRows, name: str) -> Iterator[BodyPiece]:
    start = line = 0
    while start < len(body):
        end = _cut(body, start)
        data = body[start:end] if start or end < len(body) else body
        yield _line_piece(data, json, name, line)
        if end < len(body):
            line += data.count(b"\n")
        start = end


def _cut(body: bytes, start: int) -> int:
    """Return where the piece that begins at `start` ends: behind a line."""
    if len(body) - start <= PIECE_BYTES:
        return len(body)
    end = body.rfind(b"\n", start, start + PIECE_BYTES)
    if end < 0:
        end = body.find(b"\n", start)
    return len(body) if end < 0 else end + 1


def _line_piece(data: bytes, json: JsonRows, name: str, before: int) -> BodyPiece:
    rows = json.read(data)
    lines = _Lines(data)
    kept = rows.kept
    refused = tuple(
        RefusedRow(f"{name}:{before + lines.number(at)}", why, lines.text(at))
        for at, why in rows.bad
    )
    batch = RawBatch(
        rows.frame,
        lambda row: f"{name}:{before + lines.number(int(kept[row]))}",
        lambda row: lines.text(int(kept[row])),
        JSON,
    )
    return BodyPiece(batch, refused)


class _Lines:
    """The lines of NDJSON that are not blank, split when the first is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines: list[bytes] = []
        self._numbers: list[int] = []

    def text(self, index: int) -> bytes:
        self._split()
        return self._lines[index]

    def number(self, index: int) -> int:
        self._split()
        return self._numbers[index]

    def _split(self) -> None:
        if self._lines:
            return
        lines = self._data.split(b"\n")
        full = [at for at, line in enumerate(lines) if line and not line.isspace()]
        self._lines = [lines[at] for at in full]
        self._numbers = [int(number) for number in np.array(full, np.int64) + 1]


def _csv_pieces(body: bytes, look: FileLook, name: str) -> Iterator[BodyPiece]:
    try:
        for piece in read_stream(name, io.BytesIO(body), look):
            yield BodyPiece(piece.rows, piece.refused)
    except (SourceError, UnicodeError) as error:
        raise unreadable(f"the body is not CSV: {error}") from error
