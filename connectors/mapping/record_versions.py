"""What rows say of their record's version: its status, its number, since when it is so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.city.records import Feed
from citybrain.floor.event_columns import STATUS, STATUSES, UPDATED_AT, VERSION
from citybrain.floor.events import INSTANT
from connectors.mapping.distinct_words import DistinctWords
from connectors.mapping.event_times import AHEAD_MS
from connectors.mapping.fields import Fields
from connectors.mapping.local_times import UNKNOWN, Millis, explain_time, read_times
from connectors.mapping.texts import filled, quote, to_text

_LARGEST = 2**53


@dataclass(frozen=True)
class VersionReader:
    """Reads the versions of one feed's records; of one without versions, nothing."""

    feed: Feed

    def read(self, fields: Fields, occurred: Millis, now_ms: int) -> dict[str, pa.Array]:
        """Return the columns `status`, `version` and `updated_at` of all rows, and note faults.

        Args:
            fields: the raw rows.
            occurred: when they occurred; since then a record is so where the source has a field
                for it and leaves it empty.
            now_ms: the present instant.
        """
        return {
            STATUS: self._status(fields).array(),
            VERSION: self._version(fields),
            UPDATED_AT: self._updated_at(fields, occurred, now_ms),
        }

    def _status(self, fields: Fields) -> DistinctWords:
        known = ("", *STATUSES)
        return fields.words(
            STATUS,
            lambda word: word if word in known else None,
            lambda text: f"{quote(text)} is no status; it is {' or '.join(STATUSES)}",
        )

    def _version(self, fields: Fields) -> pa.Array:
        if VERSION not in self.feed.mapping:
            return pa.nulls(fields.columns.rows, pa.int64())
        numbers = fields.number(VERSION)
        given = ~np.isnan(numbers)
        wrong = given & ((np.abs(numbers) > _LARGEST) | (numbers != np.trunc(numbers)))
        raw = fields.raw(VERSION)
        fields.faults.add(
            VERSION,
            np.flatnonzero(wrong),
            lambda row: f"{quote(to_text(raw.slice(row, 1))[0].as_py())} is no whole number",
        )
        good = given & ~wrong
        return pa.array(np.where(good, numbers, 0).astype(np.int64), mask=~good)

    def _updated_at(self, fields: Fields, occurred: Millis, now_ms: int) -> pa.Array:
        rule = self.feed.mapping.get(UPDATED_AT)
        if rule is None:
            return pa.nulls(fields.columns.rows, INSTANT)
        raw = fields.raw(UPDATED_AT) if rule.default is None else fields.text(UPDATED_AT)
        text, zone = filled(raw), rule.zone or self.feed.time_zone
        times = read_times(raw, rule.format, zone)
        empty = pc.equal(pc.utf8_trim_whitespace(text), "").to_numpy(zero_copy_only=False)
        unread, ahead = ~empty & (times == UNKNOWN), times > now_ms + AHEAD_MS

        def why(row: int) -> str:
            told = text[row].as_py()
            if unread[row]:
                return explain_time(told, rule.format, zone)
            return f"{quote(told)} is more than 5 minutes in the future"

        fields.faults.add(UPDATED_AT, np.flatnonzero(unread | ahead), why)
        return pa.array(np.where(empty | unread, occurred, times)).cast(INSTANT)
