"""Turn a parcel into an envelope and dead letters; whatever the rows hold, this does not fail."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

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
SAY_EVERY = timedelta(minutes=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Translation:
    """Maps the parcels of one feed."""

    def __init__(self, feed: Feed, city: City) -> None:
        """Prepare the mapping of `feed`.

        Raises:
            OSError: the feed locates by polygon, and the city's GeoJSON cannot be read.
        """
        self._feed = feed
        self._mapper = Mapper(feed, city)
        self._unsaid: Counter[str] = Counter()
        self._warnings: dict[str, None] = {}
        self._said_at = _LONG_AGO

    @property
    def pace(self) -> FeedPace:
        """What is remembered of the feed."""
        return self._mapper.pace

    def say(self, now: datetime) -> None:
        """Say in the log what was noticed since it was last said: nobody gets an answer here."""
        if now - self._said_at < SAY_EVERY:
            return
        self._said_at = now
        if self._unsaid or self._warnings:
            warnings = list(self._warnings)
            log.warning("rows_noticed", feed=self._feed.id, warnings=warnings, **self._unsaid)
            self._unsaid, self._warnings = Counter(), {}

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
            self._unsaid.update(mapped.noticed.counts())
            self._warnings |= dict.fromkeys(mapped.warnings)
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
