"""Repairs that people ask for: who asks writes them into the store, who owns the feed does them.

Only the sink that owns a feed's partition can keep others out of its tables meanwhile, so a repair
is asked for (table `repair_steps`), not done by who asks. Killed in the middle it stays asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from clickhouse_connect.driver.client import Client

from citybrain.floor import bus
from citybrain.floor.clock import Clock
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, partition_of
from sinks.repair import NotOurs, Repairer
from sinks.table import rollups_of

log = structlog.get_logger(__name__)

ASKED, MENDED, FAILED = "asked", "mended", "failed"
STAYS_ASKED = timedelta(days=7)
PIECE = timedelta(weeks=16)
_COLUMNS = ("request", "feed", "since", "until", "step", "tables", "buckets", "events", "words")


class AskedRepair(NamedTuple):
    """A repair of one feed's rollups from `since` to `until` (aware)."""

    request: uuid.UUID
    feed: str
    since: datetime
    until: datetime


class RepairAnswer(NamedTuple):
    """What became of one.

    Attributes:
        feed: whose rollups.
        step: `MENDED` or `FAILED`.
        tables: those that were wrong.
        buckets: how many (table, bucket).
        events: by how many events they were off, all together.
        words: why it failed.
    """

    feed: str
    step: str
    tables: Sequence[str]
    buckets: int
    events: int
    words: str


def ask(client: Client, feeds: Iterable[str], since: datetime, until: datetime) -> uuid.UUID:
    """Ask for a repair of `feeds`; return its name."""
    request = uuid.uuid4()
    rows = [[request, feed, since, until, ASKED, [], 0, 0, ""] for feed in feeds]
    client.insert("repair_steps", rows, column_names=list(_COLUMNS))
    return request


def answers(client: Client, request: uuid.UUID) -> list[RepairAnswer]:
    """Return what is known of a repair that was asked for, the feeds in order."""
    found = client.query(
        "SELECT feed, step, tables, buckets, events, words FROM repair_steps"
        " WHERE request = {request:UUID} AND step != {asked:String} ORDER BY feed, at"
        " LIMIT 1 BY feed",
        {"request": str(request), "asked": ASKED},
    )
    return [RepairAnswer(*row) for row in found.result_rows]


@dataclass
class RepairRequests:
    """Does what was asked for, as far as it is of partitions of ours.

    Attributes:
        clock: the present.
        settings: where Kafka is, which is asked once how many partitions there are.
    """

    clock: Clock
    settings: Settings
    _partitions: int = 0

    def serve(self, mender: Repairer, owned: frozenset[int]) -> None:
        """Do all that is asked of `owned` partitions. Blocks.

        Raises:
            one of `sinks.outage.TROUBLE`: the store is away; it stays asked.
        """
        waiting = self._waiting(mender.client)
        if waiting and not self._partitions:
            self._partitions = bus.partitions(self.settings, EVENTS)
        for one in waiting if self._partitions else ():
            if partition_of(one.feed, self._partitions) in owned:
                done = self._done(mender, one)
                row = [*one, *done[1:]]
                mender.client.insert("repair_steps", [row], column_names=list(_COLUMNS))

    def _waiting(self, client: Client) -> list[AskedRepair]:
        found = client.query(
            "SELECT request, feed, since, until FROM repair_steps WHERE step = {asked:String}"
            " AND at > {oldest:DateTime64(3, 'UTC')} AND (request, feed) NOT IN"
            " (SELECT request, feed FROM repair_steps WHERE step != {asked:String}) ORDER BY at",
            {"asked": ASKED, "oldest": self.clock.now() - STAYS_ASKED},
        ).result_rows
        return [
            AskedRepair(request, str(feed), since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
            for request, feed, since, until in found
        ]

    def _done(self, mender: Repairer, one: AskedRepair) -> RepairAnswer:
        tables, buckets, events = dict[str, None](), 0, 0
        now = self.clock.now()
        try:
            for table in rollups_of(mender.tables, mender.table.name):
                spans = partial(mender.spans, table, feeds=[one.feed], now=now)
                for low, high in pieces(one.since, one.until):
                    for span in spans(low, high):
                        if found := mender.mend_span(table, span):
                            tables[table.name] = None
                            buckets, events = buckets + found.buckets, events + found.events
        except NotOurs:
            raise
        except Exception as error:
            mender.client.query("SELECT 1")  # raises in an outage: it stays asked
            words = str(error)[:1000]
            return RepairAnswer(one.feed, FAILED, list(tables), buckets, events, words)
        if tables:
            log.warning("repaired_as_asked", feed=one.feed, tables=list(tables), buckets=buckets)
        return RepairAnswer(one.feed, MENDED, list(tables), buckets, events, "")


def pieces(since: datetime, until: datetime) -> Iterable[tuple[datetime, datetime]]:
    """Yield the time from `since` to `until` in pieces that are looked at at once."""
    while since <= until:
        end = min(until, since + PIECE)
        yield since, end
        since = end + timedelta(milliseconds=1)
