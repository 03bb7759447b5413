"""What would become of a file or a captured body if it were delivered: read and mapped, not sent.

It goes through the readers, the mapping and the policies that the door and the fetchers use; the
only thing that is missing is Kafka.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from citybrain.city.records import City, Feed
from citybrain.floor.errors import SourceError
from connectors.door.bodies import JSON, NDJSON, BodyPiece, media_of, pieces
from connectors.door.intake import Intake
from connectors.door.rows_outcome import RowsOutcome
from connectors.door.unpacking import unpack
from connectors.mapping.fields import substitute
from connectors.mapping.further_events import Which
from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import split_lines
from connectors.mapping.raw_shape import Columns, uses_of
from connectors.mapping.texts import filled
from connectors.readers.file_pieces import FilePosition, open_bytes
from connectors.readers.formats import reader_of
from connectors.sources import http_push
from connectors.sources.file_drop import look_of

BATCH = "try"
SHOWN_EVENTS = 10
MOST_UNMAPPED = 200
"""Different values of a column that are remembered."""
_TYPES = {".json": JSON, ".ndjson": NDJSON, ".jsonl": NDJSON, ".csv": "text/csv"}
_TYPES |= {".tsv": "text/tab-separated-values", ".txt": "text/plain"}


@dataclass
class Trial:
    """What would become of the rows.

    Attributes:
        feed: the feed.
        outcome: counts, letters and what else would be told.
        events: the first events.
        filled: raw field that the mapping reads → rows in which it is there.
        read: rows that could be read at all.
        unmapped: place of a rule in the feed → raw value that has no meaning → rows.
        oldest, newest: `occurred_at` of the events; None without any.
        points: (lon, lat) of the events, WGS-84.
        further: name of a further event → how many there would be.
    """

    feed: Feed
    outcome: RowsOutcome = field(default_factory=RowsOutcome)
    events: list[dict[str, object]] = field(default_factory=list)
    filled: Counter[str] = field(default_factory=Counter)
    read: int = 0
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    further: Counter[str] = field(default_factory=Counter)

    def take(self, table: pa.Table, which: Which) -> None:
        """Take note of the events of a piece, and of what each is of its row."""
        for number, name in enumerate(self.feed.also, 1):
            self.further[name] += int((which == number).sum())
        left = SHOWN_EVENTS - len(self.events)
        self.events += table.slice(0, max(left, 0)).to_pylist()
        frame = pl.DataFrame(pl.from_arrow(table.select(["occurred_at", "lon", "lat"])))
        if frame.height:
            times = [frame["occurred_at"].min(), frame["occurred_at"].max(), self.oldest]
            known = [time for time in (*times, self.newest) if isinstance(time, datetime)]
            self.oldest, self.newest = min(known), max(known)
        self.points += frame.drop_nulls(["lon", "lat"]).select("lon", "lat").rows()


def try_feed(feed: Feed, city: City, path: Path, now: datetime, content_type: str = "") -> Trial:
    """Return what would become of the file at `path`, if `feed` had it at `now`.

    Args:
        feed: its source decides on the road: push as a body, file drop as a file, Kafka as
            messages, one a line; what only one road can read goes that road.
        city: the feed's city.
        path: a file, packed (``.gz``) or not.
        now: the present instant.
        content_type: of a body; "": by the file's name.

    Raises:
        DoorRefusal: no row of a body can be read.
        SourceError: the file cannot be read.
        OSError: it is not there.
    """
    intake, trial = Intake(feed, city), Trial(feed)
    for index, piece in enumerate(_pieces(intake, path, content_type)):
        _look(trial, piece.rows.frame)
        haul = intake.haul(piece, f"{BATCH}/{index}" if index else BATCH, now)
        trial.outcome.add(haul.outcome)
        trial.take(haul.table, haul.which)
    return trial


def _pieces(intake: Intake, path: Path, content_type: str) -> Iterator[BodyPiece]:
    feed = intake.feed
    name = path.name.lower()
    ending = Path(name.removesuffix(".gz")).suffix
    if feed.source == "kafka" and ending in (".json", ".ndjson", ".jsonl"):
        yield from _messages(intake, path)
    elif content_type or ending == ".json" or (feed.source != "file_drop" and ending in _TYPES):
        said = content_type or _TYPES[ending]
        media = media_of(said, http_push.encoding_of(feed))
        body = unpack(path.read_bytes(), "gzip" if name.endswith(".gz") else "")
        yield from pieces(body, media, intake.bodies, path.name)
    else:
        for piece in reader_of(path)(path, look_of(feed), FilePosition()):
            yield BodyPiece(piece.rows, piece.refused)


def _messages(intake: Intake, path: Path) -> Iterator[BodyPiece]:
    with open_bytes(path) as file:
        values = split_lines(file.read())
    first = 0
    while first < len(values):
        start = first

        def place(at: int, start: int = start) -> str:
            return f"{path.name}:{start + at + 1}"

        rows, refused, taken = read_messages(values[first:], place, intake.bodies.json)
        yield BodyPiece(rows, refused)
        first += taken


def _look(trial: Trial, frame: pl.DataFrame) -> None:
    """Count what is there of the fields that the mapping reads, and what has no meaning."""
    columns = Columns(frame)
    trial.read += frame.height
    for path in uses_of(trial.feed):
        column = columns.pick(path)
        if column is not None:
            text = pl.Series("text", pl.from_arrow(filled(column)))
            trial.filled[path] += int((text.str.strip_chars() != "").sum())
    for place, name, rule in trial.feed.rules():
        if not (rule.values or name == "kind") or rule.const is not None or len(rule.fields) != 1:
            continue
        column = columns.pick(rule.fields[0])
        if column is None:
            continue
        found = trial.unmapped.setdefault(place, Counter())
        counts = pl.Series("text", pl.from_arrow(filled(column))).value_counts()
        for value, rows in counts.iter_rows():
            word = substitute(value, rule)
            bad = word is None or (name == "kind" and word not in trial.feed.kinds)
            if value.strip() and bad and (value in found or len(found) < MOST_UNMAPPED):
                found[value] += rows


def check_readable(path: Path) -> None:
    """Make sure that there is a file at `path`.

    Raises:
        SourceError: there is none.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file; give the path of one")
