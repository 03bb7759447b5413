"""Hold the rollups of any span against a recount of the events, by feed. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from sinks.recount import BucketSpan, rollup_of
from sinks.repair import Repairer, WrongBuckets
from sinks.repair_requests import pieces
from sinks.table import Table, rollups_of

LOOKS = 3
"""A row is in `events` a moment before it is in the rollups: what differs is looked at again."""


class WrongRollup(NamedTuple):
    """What differs of one feed in one rollup."""

    feed: str
    table: str
    found: WrongBuckets


@dataclass(frozen=True)
class StoreCheck:
    """Checks the rollups of the events.

    Attributes:
        mender: knows how they follow; it mends nothing here.
        wait: waits a moment between two looks at the same.
    """

    mender: Repairer
    wait: Callable[[], object]

    def wrong(
        self, since: datetime, until: datetime, feeds: Iterable[str], now: datetime
    ) -> Iterator[WrongRollup]:
        """Yield what differs from `since` to `until`, of buckets that are over by then."""
        named = sorted(feeds)
        for table in rollups_of(self.mender.tables, self.mender.table.name):
            over = until - timedelta(seconds=rollup_of(table).bucket_s)
            for low, high in pieces(since, over):
                for span in self.mender.spans(table, low, high, named, now):
                    yield from self._by_feed(table, span)

    def _by_feed(self, table: Table, span: BucketSpan) -> Iterator[WrongRollup]:
        if self._lasting(table, span) is None:
            return
        for feed in span.feeds:
            found = self._lasting(table, BucketSpan(span.low, span.high, (feed,)))
            if found is not None:
                yield WrongRollup(feed, table.name, found)

    def _lasting(self, table: Table, span: BucketSpan) -> WrongBuckets | None:
        found = self.mender.wrong(table, span)
        for _ in range(LOOKS - 1):
            if found is None:
                return None
            self.wait()
            found = self.mender.wrong(table, span)
        return found


def feeds_between(client: Client, since: datetime, until: datetime) -> Sequence[str]:
    """Return the feeds of which the store has events, or says so, from `since` to `until`."""
    sql = (
        "SELECT DISTINCT feed FROM (SELECT DISTINCT feed FROM events WHERE occurred_at"
        " BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')} UNION ALL"
        " SELECT DISTINCT feed FROM feed_totals WHERE at BETWEEN {since:DateTime64(3, 'UTC')}"
        " - INTERVAL 1 DAY AND {until:DateTime64(3, 'UTC')}) ORDER BY feed"
    )
    found = client.query(sql, {"since": since, "until": until}).result_rows
    return [str(feed) for (feed,) in found]
