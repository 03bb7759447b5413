"""Files that a department drops into a folder: CSV, workbooks, NDJSON, Parquet, packed or not.

A file is read when it has not changed for `settle_s`; piece by piece, each piece one envelope;
moved to ``done/`` or ``failed/`` at its end. Where it stands is noted after Kafka acknowledged a
piece. After a crash it goes on behind the last note, and a piece that was acknowledged but not
noted any more is found on Kafka by its `Envelope.batch` and not sent again.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import structlog

from citybrain.city.records import Feed
from citybrain.floor.errors import SourceError
from connectors.fetch.source import (
    EnvelopeReceipt,
    FetchContext,
    RawParcel,
    SourceKind,
    SourceOption,
    one_of,
)
from connectors.fetch.watched_folder import DropFolder, FolderWatch, identity, look_at
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_shape import mapped_columns, uses_of
from connectors.readers.encodings import ENCODINGS, SEPARATORS
from connectors.readers.file_pieces import FileLook, FilePiece, FilePosition, shown_name
from connectors.readers.formats import reader_of

log = structlog.get_logger(__name__)
RESCAN = timedelta(seconds=5)
"""The folder is listed this often even if no change was seen: network mounts tell of none."""
REMEMBERED = 1_000
"""Finished files by which one that is dropped again is known."""
_FAULTS = (SourceError, PermissionError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError)


class FileNote(msgspec.Struct, frozen=True):
    """How far a file was read: what is before `offset` was acknowledged, up to `receipt`."""

    key: str
    file: str
    offset: int
    line: int
    receipt: EnvelopeReceipt


class OpenFile:
    """One file that is being read."""

    def __init__(self, file: Path, key: str) -> None:
        """Begin with `file`, whose identity is `key`."""
        self.file, self.key = file, key
        self.name = shown_name(file)
        self.look = look_at(file)
        self.pieces: Generator[FilePiece] | None = None
        self.landed: frozenset[str] = frozenset()
        self.line = 1
        self.under_way = 0
        self.failure = ""

    def next_piece(self) -> FilePiece | None:
        """Return the next piece that is not on Kafka yet; None at the end, or where it fails.

        Raises:
            OSError: the file is gone, or its disk does not answer.
        """
        try:
            for piece in self.pieces or ():
                if self.batch(piece) not in self.landed:
                    self.line = piece.end.line
                    return piece
        except _FAULTS as error:
            self.failure = str(error)
        except OSError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            # Read again it would fail again, and hold up all files behind it.
            log.exception("file_not_read", file=self.name)
            self.failure = f"it cannot be read: {error!r}"
        return None

    def batch(self, piece: FilePiece) -> str:
        """Return the name that a piece has on Kafka."""
        return f"file:{self.name}#{self.key}:{piece.start.offset}-{piece.end.offset}"


class FileDrop:
    """Reads the files of one feed's folder, one after another."""

    def __init__(self, feed: Feed, context: FetchContext) -> None:
        """Watch the folder of `feed`.

        Raises:
            SourceError: the folder cannot be made or listed.
        """
        self._feed, self._desk = feed, context
        self._look = look_of(feed)
        path = Path(SOURCE.option(feed, "folder") or context.settings.data / "drop" / feed.id)
        settle = timedelta(seconds=float(SOURCE.option(feed, "settle_s")))
        try:
            self._folder = DropFolder(path, SOURCE.option(feed, "pattern"), settle)
        except OSError as error:
            raise SourceError(f"folder {path}: {error}") from error
        self._changes = FolderWatch(path)
        self._waiting: list[Path] = []
        self._reading: OpenFile | None = None
        self._list_at = datetime.min.replace(tzinfo=UTC)

    def poll(self, now: datetime) -> RawParcel | None:
        """Return the next piece of the file at hand; else wait a little for files to come."""
        if not self._folder.path.is_dir():
            raise SourceError(f"folder {self._folder.path}: it is gone; make it again")
        try:
            if not self._folder.lock():
                return None
            if self._reading is None:
                self._reading = self._begin_next(now)
            return self._read(self._reading, now) if self._reading else None
        except FileNotFoundError as error:
            self._forget(error)
            return None
        except OSError as error:
            raise SourceError(f"folder {self._folder.path}: {error}") from error

    def next_at(self, now: datetime) -> datetime:
        """Return at once where `poll` itself waits for changes, else a little later."""
        if not self._folder.mine:
            return now + RESCAN
        if self._reading:
            return now + timedelta(milliseconds=10)
        return now if self._changes.works else self._list_at

    def delivered(self, parcel: RawParcel, receipt: EnvelopeReceipt) -> None:
        """Note that the piece in `parcel` is on Kafka."""
        note: FileNote = msgspec.structs.replace(parcel.note, receipt=receipt)
        self._desk.checkpoints.save(f"file-{note.key}", note)
        if self._reading is not None and self._reading.key == note.key:
            self._reading.under_way -= 1

    def close(self) -> None:
        """Let another gateway go on."""
        if self._reading is not None and self._reading.pieces is not None:
            self._reading.pieces.close()
        self._folder.unlock()

    def _begin_next(self, now: datetime) -> OpenFile | None:
        if not self._waiting and (self._changes.wait() or now >= self._list_at):
            self._waiting = self._folder.ready(now)
            self._list_at = min(now + RESCAN, self._folder.settles_at(now) or now + RESCAN)
        return self._begin(self._waiting.pop(0), now) if self._waiting else None

    def _begin(self, file: Path, now: datetime) -> OpenFile | None:
        """Open `file` where it was left, unless it is one that was read already."""
        reading = OpenFile(file, "")
        try:
            reading.key = identity(file)
            if reading.key in self._finished():
                log.warning("file_dropped_again", feed=self._feed.id, file=reading.name)
                self._folder.finish(file, day_of(now))
                return None
            note = self._resume(reading)
            start = FilePosition(note.offset, note.line)
            reading.pieces = reader_of(file)(file, self._look, start)
        except _FAULTS as error:
            reading.failure = str(error)
        return reading

    def _resume(self, reading: OpenFile) -> FileNote:
        """Return where to go on, and find out what landed on Kafka behind that."""
        checkpoints = self._desk.checkpoints
        note = checkpoints.load(f"file-{reading.key}", FileNote)
        if note is None:
            note = FileNote(reading.key, reading.name, 0, 1, self._desk.end())
            checkpoints.save(f"file-{reading.key}", note)
        else:
            reading.landed = frozenset(self._desk.landed(note.receipt))
            log.info("file_resumed", feed=self._feed.id, file=reading.name, line=note.line)
        return note

    def _read(self, reading: OpenFile, now: datetime) -> RawParcel | None:
        piece = None if reading.failure else reading.next_piece()
        if piece is not None:
            reading.under_way += 1
            end = piece.end
            note = FileNote(reading.key, reading.name, end.offset, end.line, EnvelopeReceipt(0, 0))
            return RawParcel(piece.rows, reading.batch(piece), piece.refused, note)
        if reading.under_way == 0:
            self._end(reading, now)
            self._reading = None
        return None

    def _end(self, reading: OpenFile, now: datetime) -> None:
        """Put a file away: to the done ones, or to the failed ones with the reason."""
        if not reading.failure and look_at(reading.file) != reading.look:
            reading.failure = (
                "it changed while it was read: write it under a name that ends in .part and "
                "rename it when it is whole"
            )
        if reading.failure:
            taken = f"\nRows before line {reading.line} were taken." if reading.line > 1 else ""
            reason = f"{reading.name}: {reading.failure}{taken}"
            moved = self._folder.fail(reading.file, day_of(now), reason)
            log.warning("file_failed", feed=self._feed.id, reason=reason, moved=str(moved))
        else:
            self._remember(reading.key)
            self._folder.finish(reading.file, day_of(now))
            log.info("file_read", feed=self._feed.id, file=reading.name, lines=reading.line - 1)
        self._desk.checkpoints.drop(f"file-{reading.key}")

    def _forget(self, error: FileNotFoundError) -> None:
        """Go on to the next file where one was taken away; should it come back, it is resumed."""
        reading, self._reading = self._reading, None
        name, line = (reading.name, reading.line) if reading else (str(error.filename), 1)
        log.warning("file_vanished", feed=self._feed.id, file=name, line=line)

    def _finished(self) -> list[str]:
        return self._desk.checkpoints.load("finished", list[str]) or []

    def _remember(self, key: str) -> None:
        self._desk.checkpoints.save("finished", [*self._finished(), key][-REMEMBERED:])


def look_of(feed: Feed) -> FileLook:
    """Return how the files of `feed` look, and which columns their tables need."""
    encoding = SOURCE.option(feed, "encoding").lower()
    separator = SEPARATORS[SOURCE.option(feed, "separator")]
    return FileLook(encoding, separator, mapped_columns(feed), JsonRows(feed), uses_of(feed))


def day_of(now: datetime) -> str:
    """Return the day, in UTC, that finished files are filed under."""
    return now.date().isoformat()


def _seconds(text: str) -> str:
    try:
        return "" if float(text) >= 0 else f"{text!r} is negative"
    except ValueError:
        return f"{text!r} is not a number"


SOURCE = SourceKind(
    title="files dropped into a watched folder",
    options={
        "folder": SourceOption("the folder; default <data>/drop/<feed>"),
        "pattern": SourceOption("which file names are read, as a glob such as cases_*.csv", "*"),
        "encoding": SourceOption(
            "of CSV: auto finds UTF-8, GB18030, UTF-16", "auto", one_of(ENCODINGS)
        ),
        "separator": SourceOption(
            "of CSV: auto looks at the header", "auto", one_of(tuple(SEPARATORS))
        ),
        "settle_s": SourceOption("seconds a file must not change before it is read", "2", _seconds),
    },
    open=FileDrop,
)
