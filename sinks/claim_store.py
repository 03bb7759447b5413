"""The ledger of `sinks.claim_ledger`, kept in table `sink_ledger`."""
# ruff: noqa: S608  what is put into SQL here is constants of this module

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client

from citybrain.floor.errors import StoreError
from sinks.ledger_entries import CLAIM, Entry
from sinks.record_batch import OffsetRange

_COLUMNS = "seq, kind, owner, claim_id, ranges, rows, reached"
_INSERT = {"async_insert": 0, "insert_deduplicate": 1}
_ATTEMPTS = 10
_KEEP = 200_000


class Claims:
    """One topic's log in the store. Blocks; every method raises what the client raises."""

    def __init__(self, client: Client, topic: str) -> None:
        """Use `client` for the log of `topic`."""
        self._client = client
        self._topic = topic

    def load(self) -> list[Entry]:
        """Return the entries that matter to a newcomer, in order.

        Those are the newest one, every owner's newest claim, and what was settled.
        """
        return self._select(
            "(seq = (SELECT max(seq) FROM sink_ledger WHERE topic = {topic:String})"
            " OR kind != {claim:String} OR (owner, seq) IN (SELECT owner, max(seq) FROM sink_ledger"
            " WHERE topic = {topic:String} AND kind = {claim:String} GROUP BY owner))"
        )

    def read(self, after: int) -> list[Entry]:
        """Return the entries with a number above `after`, in order."""
        return self._select("seq > {after:UInt64}", after=after)

    def append(self, entry: Entry) -> list[Entry]:
        """Append `entry` unless its number is taken; return the entries from its number on.

        A store that is killed between noting the token and keeping the row says afterwards that the
        number is taken, yet no entry has it. Both happen under one lock, so an entry that is not
        seen then will never be; the number is tried again under another token.

        Raises:
            StoreError: the number stays neither free nor taken.
        """
        for attempt in range(_ATTEMPTS):
            self._insert(entry, f"{self._topic}:{entry.seq}" + (f"/{attempt}" if attempt else ""))
            found = self.read(entry.seq - 1)
            if found:
                return found
        problem = f"store: sink_ledger: {self._topic}: number {entry.seq} cannot be taken"
        raise StoreError(f"{problem}; look at the store's log")

    def age_s(self, claim_id: str) -> float:
        """Return how many seconds ago that claim was appended, by the store's clock."""
        sql = (
            "SELECT dateDiff('millisecond', min(written_at), now64(3)) / 1000 FROM sink_ledger"
            " WHERE topic = {topic:String} AND claim_id = {claim:String}"
        )
        return float(self._rows(sql, claim=claim_id)[0][0])

    def forget(self, newest: int, needed: int) -> None:
        """Drop the parts of the log that lie far behind number `newest`, and before `needed`."""
        sql = (
            "SELECT DISTINCT _partition_id FROM sink_ledger WHERE topic = {topic:String} GROUP BY"
            " _partition_id HAVING max(seq) < {limit:UInt64}"
        )
        for (part,) in self._rows(sql, limit=max(min(newest - _KEEP, needed), 0)):
            self._client.command(f"ALTER TABLE sink_ledger DROP PARTITION ID '{part}'")

    def _insert(self, entry: Entry, token: str) -> None:
        row = {
            "topic": self._topic,
            "seq": entry.seq,
            "kind": entry.kind,
            "owner": entry.owner,
            "claim_id": entry.claim_id,
            "ranges": [[part.partition, part.first, part.last] for part in entry.ranges],
            "rows": entry.rows,
            "reached": {str(partition): last for partition, last in entry.reached.items()},
        }
        self._client.raw_insert(
            "sink_ledger",
            insert_block=_once(json.dumps(row).encode()),
            fmt="JSONEachRow",
            settings=_INSERT | {"insert_deduplication_token": token},
        )

    def _select(self, where: str, **parameters: object) -> list[Entry]:
        sql = f"SELECT {_COLUMNS} FROM sink_ledger WHERE topic = {{topic:String}} AND {where}"
        rows = self._rows(f"{sql} ORDER BY seq", claim=CLAIM, **parameters)
        return [_entry(row) for row in rows]

    def _rows(self, sql: str, **parameters: object) -> Sequence[Sequence[Any]]:
        given = {"topic": self._topic, **parameters}
        return self._client.query(sql, parameters=given).result_rows


def _once(body: bytes) -> Generator[bytes, None, None]:
    """Yield `body`: a generator, which the HTTP client does not send a second time by itself."""
    yield body


def _entry(row: Sequence[Any]) -> Entry:
    seq, kind, owner, token, ranges, rows, reached = row
    parts = tuple(OffsetRange(int(p), int(first), int(last)) for p, first, last in ranges)
    return Entry(seq, kind, owner, token, parts, rows, {int(p): int(o) for p, o in reached.items()})
