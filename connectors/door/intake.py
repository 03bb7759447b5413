"""From the posted bytes of one feed to events and dead letters; whatever they hold, no exception.

Pure: time and names are arguments, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa
import structlog

from citybrain.city.records import City, Feed
from citybrain.floor import events
from citybrain.floor.dead_letters import DeadLetter
from connectors.door.bodies import BodyPiece, Media, pieces, record_piece
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.row_refusals import Origin, write_letter

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Haul:
    """What became of some rows: each is an event or has a letter."""

    table: pa.Table
    letters: tuple[DeadLetter, ...]


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
    """Makes events of what is posted for one feed; safe to use in several threads at once."""

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            ConfigError: the paths of the mapping contradict each other.
            OSError: the city's polygons are needed and cannot be read.
        """
        self.feed = feed
        self._json = JsonRows(feed)
        self._mapper = Mapper(feed, city)

    @property
    def unplaced(self) -> int:
        """Rows so far whose position was none of the city's."""
        return self._mapper.unplaced

    def take(self, body: bytes, media: Media, batch: str, now: datetime) -> Iterator[Haul]:
        """Return what becomes of `body`, piece by piece; the same pieces for the same body.

        Raises:
            Refusal: no row of it can be read.
        """
        for index, piece in enumerate(pieces(body, media, self._json, batch)):
            # Ids that are made of the batch and the row's number must differ among pieces.
            yield self._haul(piece, f"{batch}/{index}" if index else batch, now)

    def take_together(
        self, posts: Sequence[SmallPost], now: datetime
    ) -> tuple[pa.Table, list[tuple[int, list[DeadLetter]]]]:
        """Return the events of all `posts` in one table; of each post how many, and its letters."""
        if len(posts) == 1:
            haul = self._take_post(posts[0], now)
            return haul.table, [(haul.table.num_rows, list(haul.letters))]
        sizes = [len(post.records) for post in posts]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        posts_of: dict[str, int] = {}  # place of a row → its post; no two posts have one batch

        def place(at: int) -> str:
            index = int(np.searchsorted(starts, at, side="right")) - 1
            where = f"push {posts[index].batch}:{at - starts[index] + 1}"
            posts_of[where] = index
            return where

        records = [record for post in posts for record in post.records]
        # Where ids are made of the batch and the row, no other gathering may have the same ones.
        haul = self._haul(record_piece(records, self._json, place), posts[0].batch + "+", now)
        letters: list[list[DeadLetter]] = [[] for _ in posts]
        for letter in haul.letters:
            index = posts_of[letter.place]
            letters[index].append(msgspec.structs.replace(letter, batch=posts[index].batch))
        told = [(size - len(some), some) for size, some in zip(sizes, letters, strict=True)]
        return haul.table, told

    def origin(self, batch: str, now: datetime, media_type: str, header: str = "") -> Origin:
        """Return what the letters of a batch share."""
        return Origin(self.feed, now, batch, media_type, header)

    def _take_post(self, post: SmallPost, now: datetime) -> Haul:
        piece = record_piece(post.records, self._json, lambda at: f"push {post.batch}:{at + 1}")
        return self._haul(piece, post.batch, now)

    def _haul(self, piece: BodyPiece, batch: str, now: datetime) -> Haul:
        rows = piece.rows
        origin = self.origin(batch, now, rows.media_type, rows.header)
        letters = [
            write_letter(origin, one.place, "", one.reason, one.raw) for one in piece.refused
        ]
        try:
            mapped = self._mapper.apply(rows, now, batch)
        except Exception as error:
            log.exception("rows_not_mapped", feed=self.feed.id)
            return Haul(events.empty(), (*letters, *_refuse_all(rows, origin, repr(error))))
        return Haul(mapped.table, (*letters, *mapped.letters))


def _refuse_all(rows: RawBatch, origin: Origin, error: str) -> Iterator[DeadLetter]:
    reason = f"the mapping failed: {error}"
    for row in range(rows.frame.height):
        yield write_letter(origin, rows.place(row), "", reason, rows.raw(row))
