"""The last versions of one feed's records in their file, and how far on Kafka they go.

SQLite: what is put and how far it goes are one transaction, so a kill at any instant, or a failure
of the machine, leaves both as they were or both as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import structlog

from connectors.resends.kept_ids import Place
from connectors.versions.revising import LastVersion

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
OPEN_DAYS = 400
"""How long a record that was never closed is known: as long as events are kept by default."""
_AT_ONCE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS versions (
    id BLOB PRIMARY KEY, said BLOB NOT NULL, closed INTEGER NOT NULL, day INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_day ON versions (day, closed);
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, part INTEGER, offset INTEGER);
"""


class KeptVersions:
    """The versions and their place; not to be used by two threads at once.

    Attributes:
        horizon_ms: how long a closed record is known after it was last delivered.
    """

    def __init__(self, file: Path, horizon_ms: int) -> None:
        """Open `file`; a broken one is put aside.

        Args:
            file: where they are.
            horizon_ms: how long a closed record is known after it was last delivered.

        Raises:
            OSError: it cannot be made or opened.
        """
        self._file, self.horizon_ms = file, horizon_ms
        self._swept_day = 0
        self._decoder = msgspec.msgpack.Decoder(LastVersion)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._store = self._opened()
        except sqlite3.DatabaseError as error:
            log.error("versions_broken", file=str(file), problem=str(error), will="begin anew")
            file.replace(file.with_suffix(".broken"))
            self._store = self._opened()

    def place(self) -> Place | None:
        """Return how far they go; None: the file was just made."""
        found = self._store.execute("SELECT part, offset FROM place").fetchone()
        return Place(*found) if found else None

    def find(self, ids: Iterable[bytes]) -> dict[bytes, LastVersion]:
        """Return record → its last version, of those of `ids` that are known."""
        wanted, found = list(dict.fromkeys(ids)), {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            sql = f"SELECT id, said FROM versions WHERE id IN ({marks})"  # noqa: S608  marks only
            for ident, said in self._store.execute(sql, some):
                found[ident] = self._decoder.decode(said)
        return found

    def put(
        self, last: Mapping[bytes, LastVersion | None], place: Place | None, now_ms: int
    ) -> None:
        """Put in the last versions of records, and note that all goes as far as `place`.

        Args:
            last: record → its version; None: it was taken back altogether.
            place: None: it is not known how far.
            now_ms: the present instant.

        Raises:
            OSError: the disk has no room, or cannot be written.
        """
        day = now_ms // DAY_MS
        rows = [
            (ident, msgspec.msgpack.encode(version), version.closed, day)
            for ident, version in last.items()
            if version is not None
        ]
        gone = [(ident,) for ident, version in last.items() if version is None]
        with self._writing():
            self._store.executemany("INSERT OR REPLACE INTO versions VALUES (?,?,?,?)", rows)
            self._store.executemany("DELETE FROM versions WHERE id = ?", gone)
            self._sweep(day)
            if place is not None:
                self._note(place)

    def note(self, place: Place) -> None:
        """Note that all goes as far as `place`.

        Raises:
            OSError: the disk has no room, or cannot be written.
        """
        with self._writing():
            self._note(place)

    def heard(self, ids: Iterable[bytes], now_ms: int) -> None:
        """Note that records came again.

        Raises:
            OSError: the disk has no room, or cannot be written.
        """
        day = now_ms // DAY_MS
        sql = "UPDATE versions SET day = ? WHERE id = ? AND day < ?"
        with self._writing():
            self._store.executemany(sql, [(day, ident, day) for ident in ids])

    def count(self) -> int:
        """Return how many records are known."""
        return int(self._store.execute("SELECT count(*) FROM versions").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make all that is written in the block one transaction."""
        try:
            with self._store:
                yield
        except sqlite3.Error as error:
            raise OSError(f"{self._file}: {error}") from error

    def _note(self, place: Place) -> None:
        at = (place.partition, place.offset)
        self._store.execute("INSERT OR REPLACE INTO place VALUES (1, ?, ?)", at)

    def _sweep(self, day: int) -> None:
        """Forget, once a day, what was not heard of for too long."""
        if day == self._swept_day:
            return
        self._swept_day = day
        horizon = -(-self.horizon_ms // DAY_MS)
        self._store.execute("DELETE FROM versions WHERE day < ? AND closed", (day - horizon,))
        oldest = day - max(horizon, OPEN_DAYS)
        self._store.execute("DELETE FROM versions WHERE day < ?", (oldest,))

    def _opened(self) -> sqlite3.Connection:
        try:
            store = sqlite3.connect(self._file, check_same_thread=False)
            with closing(store.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("PRAGMA synchronous = NORMAL")
                cursor.executescript(_TABLES)
        except sqlite3.OperationalError as error:
            raise OSError(f"{self._file}: {error}") from error
        return store
