"""Remember what became of each dead letter, for ever, also through a crash.

Ten thousand letters share a standing: that of the claim that they were replayed by. So a batch is
claimed with one row a letter and settled with one row in all, and the file keeps 25 bytes a letter.

Claims are written before anything is sent: what a crash leaves between the claim and the answer is
found on Kafka by the attempt's `Envelope.batch`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from citybrain.floor.clock import millis
from citybrain.floor.dead_letters import Mark
from connectors.door.idempotency import (
    OLD_LETTERS,
    Attempt,
    ledger_path,
    owners_of,
    under_way,
)
from connectors.fetch.source import EnvelopeReceipt

MOST_NAMES = 10_000
"""Letters that are asked for or claimed at once."""
_OLD_MARKS: dict[int | None, Mark | None] = {None: None, 202: "replayed", 410: "discarded"}
_CACHE_KIB = 16 * 1024
_UUID_BYTES = 16
_LAYOUT = """
    CREATE TABLE IF NOT EXISTS standings (
        number INTEGER PRIMARY KEY, mark TEXT, at_ms INTEGER, attempts BLOB
    );
    CREATE TABLE IF NOT EXISTS letters (
        id BLOB PRIMARY KEY, standing INTEGER NOT NULL
    ) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class LettersStanding:
    """What is known of dead letters that are to be replayed or discarded together.

    Attributes:
        settled: letter → what became of it.
        open: letter → attempts that came to no answer.
        busy: those that another process that lives may still be sending.
        newest: number of the newest standing there was; a later one is somebody's work since.
    """

    settled: Mapping[str, Mark]
    open: Mapping[str, tuple[Attempt, ...]]
    busy: frozenset[str]
    newest: int


@dataclass(frozen=True)
class LetterClaim:
    """Letters that one process works on, by the standings that they share."""

    numbers: tuple[int, ...]


class LetterLedger:
    """What became of letters, in an SQLite file; for one thread, beside other processes."""

    def __init__(self, data: Path) -> None:
        """Open or make the file under the data folder `data`.

        Raises:
            sqlite3.Error: the file is no SQLite file, or cannot be written.
        """
        batches = ledger_path(data)
        batches.parent.mkdir(parents=True, exist_ok=True)
        path = batches.parent / "letters.sqlite"
        self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.executescript(_LAYOUT)
        self._owners = owners_of(batches.parent)
        if batches.exists():
            self._take_over(batches)

    def standing(self, names: Sequence[str], now: datetime) -> LettersStanding:
        """Return what is known of at most `MOST_NAMES` letters."""
        ids = {_key(name): name for name in names}
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT id, standing FROM letters WHERE id IN ({marks})"  # noqa: S608  question marks
        with self._transaction("DEFERRED"):
            newest = self._newest()
            found = self._db.execute(sql, tuple(ids)).fetchall()
            shared = self._standings({number for _, number in found})
        settled, tried = dict[str, Mark](), dict[str, tuple[Attempt, ...]]()
        for key, number in found:
            mark, attempts = shared[number]
            if mark is None:
                tried[ids[key]] = attempts
            else:
                settled[ids[key]] = mark
        busy = {one for one in set(tried.values()) if under_way(one, self._owners, millis(now))}
        names_busy = frozenset(name for name, some in tried.items() if some in busy)
        return LettersStanding(settled, tried, names_busy, newest)

    def claim(
        self,
        parts: Mapping[str, str],
        known: LettersStanding,
        *,
        behind: EnvelopeReceipt,
        now: datetime,
    ) -> LetterClaim | None:
        """Claim letters for an attempt; None: somebody worked on letters since `known`, look again.

        Args:
            parts: letter → `Envelope.batch` of the envelope that has it; "" where it is alone in
                one of its own name.
            known: what stood when it was decided; its open attempts stay beside the new one.
            behind: the newest record of the feed's partition.
            now: the present instant.
        """
        at_ms = millis(now)
        groups = dict[tuple[str, tuple[Attempt, ...]], list[str]]()
        for name, part in parts.items():
            groups.setdefault((part, known.open.get(name, ())), []).append(name)
        with self._transaction("IMMEDIATE"):
            if self._newest() != known.newest:
                return None
            numbers = []
            for (part, earlier), names in groups.items():
                made = Attempt(behind.partition, behind.offset, at_ms, self._owners.own, part)
                numbers.append(self._stand(names, None, at_ms, (*earlier, made)))
        return LetterClaim(tuple(numbers))

    def settle(self, claim: LetterClaim, mark: Mark, now: datetime) -> None:
        """Keep what became of the letters of a claim, for ever."""
        with self._transaction("IMMEDIATE"):
            self._db.executemany(
                "UPDATE standings SET mark = ?, at_ms = ?, attempts = x'5b5d' WHERE number = ?",
                [(mark, millis(now), number) for number in claim.numbers],
            )

    def settle_letters(self, names: Sequence[str], mark: Mark, now: datetime) -> None:
        """Keep what became of letters, whoever claimed them, for ever."""
        if names:
            with self._transaction("IMMEDIATE"):
                self._stand(names, mark, millis(now), ())

    def others_live(self) -> bool:
        """Say whether another process uses the data folder; looked at once a second."""
        return self._owners.others_live()

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        self._owners.close()

    def _stand(
        self, names: Iterable[str], mark: Mark | None, at_ms: int, attempts: tuple[Attempt, ...]
    ) -> int:
        """Make a standing that `names` share; return its number."""
        made = self._db.execute(
            "INSERT INTO standings (mark, at_ms, attempts) VALUES (?, ?, ?)",
            (mark, at_ms, msgspec.json.encode(attempts)),
        ).lastrowid
        number = int(made or 0)
        self._db.executemany(
            "INSERT OR REPLACE INTO letters VALUES (?, ?)",
            ((key, number) for key in sorted(map(_key, names))),  # in order: less than half of it
        )
        return number

    def _standings(
        self, numbers: Iterable[int]
    ) -> dict[int, tuple[Mark | None, tuple[Attempt, ...]]]:
        found = {}
        for number in numbers:
            mark, attempts = self._db.execute(
                "SELECT mark, attempts FROM standings WHERE number = ?", (number,)
            ).fetchone()
            found[number] = mark, msgspec.json.decode(attempts, type=tuple[Attempt, ...])
        return found

    def _newest(self) -> int:
        (newest,) = self._db.execute("SELECT max(number) FROM standings").fetchone()
        return int(newest or 0)

    def _take_over(self, batches: Path) -> None:
        """Take over what an earlier version kept beside the batches; a second time does nothing."""
        old = sqlite3.connect(batches, timeout=5.0, isolation_level=None)
        try:
            kept = "SELECT status, claimed_ms, attempts, name FROM batches WHERE scope = ?"
            groups = dict[tuple[int | None, int, bytes], list[str]]()
            for *stood, name in old.execute(kept, (OLD_LETTERS,)):
                groups.setdefault(tuple(stood), []).append(name)
            with self._transaction("IMMEDIATE"):
                for (status, at_ms, attempts), names in groups.items():
                    tried = msgspec.json.decode(attempts, type=tuple[Attempt, ...])
                    self._stand(names, _OLD_MARKS[status], at_ms, tried)
            old.execute("DELETE FROM batches WHERE scope = ?", (OLD_LETTERS,))
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
        finally:
            old.close()

    @contextlib.contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        self._db.execute(f"BEGIN {kind}")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _key(name: str) -> bytes:
    """Return the 16 bytes of a letter's id; of what is no UUID its text."""
    try:
        key = bytes.fromhex(name.replace("-", ""))
    except ValueError:
        return name.encode()
    return key if len(key) == _UUID_BYTES else name.encode()
