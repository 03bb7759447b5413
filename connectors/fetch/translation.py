"""Turn a parcel into an envelope and dead letters; whatever the rows hold, this does not fail."""

from __future__ import annotations

from datetime import datetime

import structlog

from citybrain.city.records import City, Feed
from citybrain.floor import events
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.events import Envelope
from connectors.fetch.source import RawParcel
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.feed_pace import FeedPace
from connectors.mapping.row_refusals import Origin, write_letter

log = structlog.get_logger(__name__)


class Translation:
    """Maps the parcels of one feed."""

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            OSError: the feed locates by polygon, and the city's GeoJSON cannot be read.
        """
        self._feed = feed
        self._mapper = Mapper(feed, city)

    @property
    def pace(self) -> FeedPace:
        """What is remembered of the feed."""
        return self._mapper.pace

    def translate(self, parcel: RawParcel, now: datetime) -> tuple[Envelope, list[DeadLetter]]:
        """Return the envelope of the rows that are events, and a letter for each other row."""
        feed, rows = self._feed, parcel.rows
        origin = Origin(feed, now, parcel.batch, rows.media_type, rows.header)
        letters = [
            write_letter(origin, one.place, "", one.reason, one.raw) for one in parcel.refused
        ]
        try:
            mapped = self._mapper.apply(rows, now, parcel.batch)
            table, refused = mapped.table, mapped.letters
        except Exception as error:
            log.exception("rows_not_mapped", feed=feed.id, batch=parcel.batch)
            table, refused = events.empty(), _refuse_all(parcel, origin, repr(error))
        letters += refused
        envelope = Envelope(feed.id, feed.department, table, len(letters), parcel.batch)
        return envelope, letters


def _refuse_all(parcel: RawParcel, origin: Origin, error: str) -> list[DeadLetter]:
    """Refuse every row: one that breaks the mapping must not stop the feed."""
    rows, reason = parcel.rows, f"the mapping broke: {error}"
    return [
        write_letter(origin, rows.place(row), "", reason, rows.raw(row))
        for row in range(rows.frame.height)
    ]
