"""From the posted bytes of one feed to events and dead letters; whatever they hold, no exception.

Pure: time and names are arguments, nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import structlog

from citybrain.city.records import City, Feed
from citybrain.floor import events
from citybrain.floor.dead_letters import DeadLetter
from connectors.door.answers import DoorRefusal, unreadable
from connectors.door.bodies import BodyPiece, FeedBodies, Media, pieces, record_piece
from connectors.door.rows_outcome import ACCEPTED, SKIPPED, RowsOutcome
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.feed_pace import FeedPace
from connectors.mapping.further_events import Which, spans
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.noticed import Noticed, Rows
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import needed_columns
from connectors.mapping.row_refusals import Origin, write_letter

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Haul:
    """What became of some rows.

    Attributes:
        table: the events.
        which: what each event is of its row.
        outcome: how many, the letters of what was refused, and what else is to be told.
        noticed: which rows of those that could be read the words of the outcome are about.
        skipped: which of them are neither event nor letter.
        further_skipped: the row of each further event that is neither.
    """

    table: pa.Table
    which: Which
    outcome: RowsOutcome
    noticed: Noticed = field(default_factory=Noticed)
    skipped: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    further_skipped: Rows = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True)
class SmallPost:
    """A small JSON body whose records may share an envelope with others'.

    Attributes:
        batch: its name: the sender's idempotency key, or one made for it.
        records: its JSON records.
        part: its share's name in `Envelope.batch`, "" where the sender gave no key.
    """

    batch: str
    records: list[bytes]
    part: str = ""


class Intake:
    """Makes events of what is posted for one feed; safe to use in several threads at once.

    Attributes:
        feed: the feed.
        bodies: how its bodies are read.
    """

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            ConfigError: the paths of the mapping contradict each other.
            OSError: the city's polygons are needed and cannot be read.
        """
        self.feed = feed
        self.bodies = FeedBodies(JsonRows(feed), needed_columns(feed))
        self._mapper = Mapper(feed, city)

    @property
    def pace(self) -> FeedPace:
        """What is remembered of the feed."""
        return self._mapper.pace

    def take(self, body: bytes, media: Media, batch: str, now: datetime) -> Iterator[Haul]:
        """Return what becomes of `body`, piece by piece; the same pieces for the same body.

        Raises:
            Refusal: no row of it can be read.
        """
        index = 0
        try:
            for piece in pieces(body, media, self.bodies, batch):
                # Ids that are made of the batch and the row's number must differ among pieces.
                yield self.haul(piece, f"{batch}/{index}" if index else batch, now)
                index += 1
        except DoorRefusal:
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            # Whatever bytes make a reader fail, coming again does not help.
            log.exception("body_not_read", feed=self.feed.id)
            if not index:
                raise unreadable(f"the body cannot be read: {error!r}") from error
            reason = f"what follows could not be read: {error!r}"
            origin = self.origin(batch, now, media.kind)
            letter = write_letter(origin, f"push {batch}", "", reason, body)
            yield _nothing([letter])

    def take_together(
        self, posts: Sequence[SmallPost], now: datetime
    ) -> tuple[pa.Table, Which, list[RowsOutcome]]:
        """Return the events of all `posts` in one table, what each is, and each post's outcome.

        The events of a post lie behind those of the posts before it.
        """
        if len(posts) == 1:
            haul = self._take_post(posts[0], now)
            return haul.table, haul.which, [haul.outcome]
        sizes = [len(post.records) for post in posts]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        posts_of: dict[str, int] = {}  # place of a row → its post; no two posts have one batch

        def place(at: int) -> str:
            index = int(np.searchsorted(starts, at, side="right")) - 1
            where = f"push {posts[index].batch}:{at - starts[index] + 1}"
            posts_of[where] = index
            return where

        records = [record for post in posts for record in post.records]
        piece = record_piece(records, self.bodies.json, place)
        # Where ids are made of the batch and the row, no other gathering may have the same ones.
        haul = self.haul(piece, posts[0].batch + "+", now)
        told = [RowsOutcome(warnings=haul.outcome.warnings) for _ in posts]
        for letter in haul.outcome.letters:
            index = posts_of[letter.place]
            told[index].letters.append(msgspec.structs.replace(letter, batch=posts[index].batch))
        _tell_rows(haul, told, lambda row: posts_of[piece.rows.place(int(row))])
        for size, one in zip(sizes, told, strict=True):
            one.accepted = size - one.rows
        for one, span in zip(told, spans(haul.which, [one.accepted for one in told]), strict=True):
            one.further[ACCEPTED] = span.stop - span.start - one.accepted
        return haul.table, haul.which, told

    def origin(self, batch: str, now: datetime, media_type: str, header: str = "") -> Origin:
        """Return what the letters of a batch share."""
        return Origin(self.feed, now, batch, media_type, header)

    def _take_post(self, post: SmallPost, now: datetime) -> Haul:
        piece = record_piece(
            post.records, self.bodies.json, lambda at: f"push {post.batch}:{at + 1}"
        )
        return self.haul(piece, post.batch, now)

    def haul(self, piece: BodyPiece, batch: str, now: datetime) -> Haul:
        """Return what becomes of a piece; `batch` makes the ids of rows that have none."""
        rows = piece.rows
        origin = self.origin(batch, now, rows.media_type, rows.header)
        letters = [
            write_letter(origin, one.place, "", one.reason, one.raw) for one in piece.refused
        ]
        try:
            mapped = self._mapper.apply(rows, now, batch)
        except Exception as error:
            log.exception("rows_not_mapped", feed=self.feed.id)
            return _nothing([*letters, *_refuse_all(rows, origin, repr(error))])
        further = int(np.count_nonzero(mapped.which))
        outcome = RowsOutcome(
            mapped.table.num_rows - further,
            letters + mapped.letters,
            len(mapped.skipped),
            mapped.noticed.counts(),
            dict.fromkeys(mapped.warnings),
            further=Counter({ACCEPTED: further, SKIPPED: len(mapped.further_skipped)}),
        )
        return Haul(
            mapped.table,
            mapped.which,
            outcome,
            mapped.noticed,
            mapped.skipped,
            mapped.further_skipped,
        )


def _tell_rows(haul: Haul, told: list[RowsOutcome], post: Callable[[int], int]) -> None:
    """Tell each post of its rows that `haul` has skipped, or noticed something about."""
    for row in haul.skipped:
        told[post(row)].skipped += 1
    for row in haul.further_skipped:
        told[post(row)].further[SKIPPED] += 1
    for word, rows in haul.noticed:
        for row in rows:
            told[post(row)].noticed[word] += 1


def _nothing(letters: list[DeadLetter]) -> Haul:
    return Haul(events.empty(), np.empty(0, np.uint8), RowsOutcome(letters=letters))


def _refuse_all(rows: RawBatch, origin: Origin, error: str) -> Iterator[DeadLetter]:
    reason = f"the mapping failed: {error}"
    for row in range(rows.frame.height):
        yield write_letter(origin, rows.place(row), "", reason, rows.raw(row))
