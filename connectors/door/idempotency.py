"""Remember batches by their Idempotency-Key for 24 hours, also through a crash.

A batch is claimed before its first record goes to Kafka, and finished, with its answer, after
Kafka acknowledged the last. A claim without an answer is what a crash or an outage leaves: the
envelopes that landed all the same are found on Kafka by their `Envelope.batch`, and only the rest
is sent when the batch comes again. So an event is on Kafka once however often its batch is sent.

Of two gateways only one works on a batch at a time: `process_locks` tells whether the other one
lives.

What this rests on: one data folder for the gateways that a department's batches may come to (an
SQLite file in it keeps the claims), and a retry within 24 hours with the same body. A power cut
may lose the last claims, as it may lose what Kafka acknowledged but had not flushed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from citybrain.floor import bus
from citybrain.floor.clock import millis
from citybrain.floor.errors import BusError
from citybrain.floor.events import label
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS
from connectors.batches.batch_labels import parts_landed
from connectors.door.answers import Answer
from connectors.door.process_locks import ProcessLock
from connectors.fetch.source import EnvelopeReceipt

KEPT = timedelta(hours=24)
OLD_LETTERS = "dead-letters"
"""Scope under which an earlier version kept replayed dead letters, for ever: `LetterLedger` takes
them over when it is first opened, which may be long after the gateway."""
LANDS_WITHIN_MS = 2 * 60_000
"""A record cannot reach Kafka later than this after an attempt: the producer gives up before."""
_LAYOUT = """
    CREATE TABLE IF NOT EXISTS batches (
        scope TEXT, name TEXT, digest BLOB, claimed_ms INTEGER, attempts BLOB,
        status INTEGER, answer BLOB, PRIMARY KEY (scope, name)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS batches_by_age ON batches (claimed_ms);
"""


def ledger_path(data: Path) -> Path:
    """Return where the ledger lies under the data folder."""
    return data / "gateway" / "batches.sqlite"


class Attempt(msgspec.Struct, frozen=True, array_like=True):
    """One attempt to send a batch: its envelopes lie behind `offset`, or did not land.

    Attributes:
        partition, offset: the newest record of the feed's partition when it began.
        at_ms: when it began.
        owner: the process that makes it.
        part: `Envelope.batch` of the envelope that it goes with, where others go with it.
    """

    partition: int
    offset: int
    at_ms: int
    owner: str = ""
    part: str = ""


@dataclass(frozen=True)
class BatchStanding:
    """What is known of a batch when it comes.

    Attributes:
        digest: hash of the body that first came under its name.
        answer: what was answered then; None: it is to be worked on now.
        attempts: those of before that came to no answer.
        busy: another process that lives may still be sending it.
    """

    digest: bytes
    answer: Answer | None = None
    attempts: tuple[Attempt, ...] = ()
    busy: bool = False


class BatchLedger:
    """The claims, in an SQLite file; safe to use in several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`.

        Raises:
            sqlite3.Error: the file is no SQLite file, or cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_LAYOUT)
        self._owners = owners_of(path.parent)

    def others_live(self) -> bool:
        """Say whether another process uses the data folder; looked at once a second."""
        return self._owners.others_live()

    def claim(
        self, scope: str, name: str, digest: bytes, *, behind: EnvelopeReceipt, now: datetime
    ) -> BatchStanding:
        """Claim a batch for an attempt; what was answered within 24 hours stands.

        Raises:
            sqlite3.Error: the file cannot be written.
        """
        attempt = Attempt(behind.partition, behind.offset, millis(now), self._owners.own)
        fresh = (scope, name, digest, attempt.at_ms, msgspec.json.encode([attempt]))
        with self._lock:
            made = self._db.execute(
                "INSERT INTO batches VALUES (?, ?, ?, ?, ?, NULL, NULL)"
                " ON CONFLICT DO UPDATE SET digest = excluded.digest, status = NULL,"
                " claimed_ms = excluded.claimed_ms, attempts = excluded.attempts, answer = NULL"
                " WHERE claimed_ms < ?",
                (*fresh, millis(now - KEPT)),
            ).rowcount
            if made > 0:
                return BatchStanding(digest)
            first, told, status, body = self._db.execute(
                "SELECT digest, attempts, status, answer FROM batches WHERE scope = ? AND name = ?",
                (scope, name),
            ).fetchone()
            if status is not None:
                return BatchStanding(first, Answer(status, body))
            attempts = msgspec.json.decode(told, type=tuple[Attempt, ...])
            if under_way(attempts, self._owners, attempt.at_ms):
                return BatchStanding(first, None, attempts, busy=True)
            if first == digest:
                self._db.execute(
                    "UPDATE batches SET attempts = ? WHERE scope = ? AND name = ?",
                    (msgspec.json.encode([*attempts, attempt]), scope, name),
                )
            return BatchStanding(first, None, attempts)

    def finish(self, scope: str, name: str, answer: Answer) -> None:
        """Keep what was answered.

        Raises:
            sqlite3.Error: the file cannot be written.
        """
        with self._lock:
            self._db.execute(
                "UPDATE batches SET status = ?, answer = ? WHERE scope = ? AND name = ?",
                (answer.status, answer.body, scope, name),
            )

    def forget(self, now: datetime, most: int = 10_000) -> int:
        """Drop up to `most` batches that are older than 24 hours; return how many."""
        with self._lock:
            return self._db.execute(
                "DELETE FROM batches WHERE (scope, name) IN (SELECT scope, name FROM batches"
                " WHERE claimed_ms < ? AND scope <> ? LIMIT ?)",
                (millis(now - KEPT), OLD_LETTERS, most),
            ).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
            self._owners.close()


def owners_of(folder: Path) -> ProcessLock:
    """Join the processes that send batches or letters of one gateway's folder."""
    return ProcessLock(folder / "owners")


def under_way(attempts: Iterable[Attempt], owners: ProcessLock, now_ms: int) -> bool:
    """Say whether another process that lives may still be sending one of `attempts`."""
    return any(
        now_ms - one.at_ms < LANDS_WITHIN_MS and owners.lives_elsewhere(one.owner)
        for one in attempts
    )


def landed_parts(settings: Settings, attempts: Iterable[Attempt]) -> frozenset[str]:
    """Return the parts of batches that landed since each of `attempts`. Blocks while it reads.

    Raises:
        BusError: Kafka does not answer.
    """
    found: set[str] = set()
    for attempt in attempts:
        last = _last_possible(settings, attempt)
        spot = (EVENTS, attempt.partition, attempt.offset + 1, last)
        for _, value in bus.read_range(settings, *spot):
            found.update(parts_landed(label(value)[1]))
    return frozenset(found)


def part(batch: str, index: int) -> str:
    """Return the name of one envelope's share of a batch; `Envelope.batch` joins them with ","."""
    return f"{batch}#{index}"


def _last_possible(settings: Settings, attempt: Attempt) -> int:
    reader = bus.consumer(settings)
    spot = TopicPartition(EVENTS.name, attempt.partition)
    until = attempt.at_ms + LANDS_WITHIN_MS
    try:
        later = reader.offsets_for_times({spot: until})[spot]
        return int(reader.end_offsets([spot])[spot] if later is None else later.offset) - 1
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: {EVENTS.name}: {error!r}") from error
    finally:
        reader.close()
