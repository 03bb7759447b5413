"""How often each raw field that a mapping reads is there, day by day; a field that ends is told.

Departments change their exports without a word: a column is dropped, renamed, or comes empty. Where
the mapping needs it every row is refused; where it does not, events go on without it and nobody
notices. So a field that was there for a week and is in none of the last rows is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from citybrain.floor.wall_clock import DAY_MS

SAMPLE = 256
"""Rows of a batch that are looked at."""
DAYS = 8
"""Days that are remembered: today, and the week before."""
LOOK_MS = 1_000
"""How often a batch is looked at."""
MISSED = 20
"""How many rows should have had a field, by the week before, until it is told that none has."""
FEWEST_DAYS, GAPS = 2, 3
"""Days that a field must be known of; how often the longest gap so far it must be missing."""
FORMERLY = 0.5
"""A field that was there less often than this is not missed."""


class FieldDays(msgspec.Struct):
    """What is known of one field.

    Attributes:
        days: day since 1970 → [rows that were looked at, rows in which it was there].
        missing: rows since it was last there; they are not in `days`.
        longest: the most rows without it that were followed by one with it.
    """

    days: dict[int, list[int]] = {}
    missing: int = 0
    longest: int = 0

    def count(self, day: int, rows: int, there: int) -> None:
        """Count `rows` of `day`, in `there` of which it was."""
        if not there:
            self.missing += rows
            return
        known = self.days.setdefault(day, [0, 0])
        known[0] += rows + self.missing  # they were gaps, not the end
        known[1] += there
        self.longest, self.missing = max(self.longest, self.missing), 0

    def forget(self, before: int) -> None:
        """Forget the days before `before`; what was missing until then is how it is now."""
        gone = [day for day in self.days if day < before]
        for day in gone:
            del self.days[day]

    @property
    def share(self) -> float:
        """How often it was there, of 1."""
        rows = sum(rows for rows, _ in self.days.values())
        return sum(there for _, there in self.days.values()) / rows if rows else 0.0

    @property
    def ended(self) -> bool:
        """Whether it was there on days before, and is not any more; no gap was ever like this."""
        if len(self.days) < FEWEST_DAYS or self.missing < GAPS * self.longest:
            return False
        return self.share >= FORMERLY and self.missing * self.share >= MISSED


Known = dict[str, FieldDays]


class ColumnFill:
    """The fields of one feed; not for several threads at once."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Know nothing yet of the fields at `paths`."""
        self.fields: Known = {path: FieldDays() for path in paths}
        self._looked_ms = 0
        self._ended: list[str] = []

    def recall(self, known: Mapping[str, FieldDays]) -> None:
        """Take over what an earlier process knew; of fields that are not read any more nothing."""
        self.fields |= {path: days for path, days in known.items() if path in self.fields}

    def see(self, pick: Callable[[str], pa.Array | None], rows: int, now_ms: int) -> None:
        """Look at a batch: `pick` gives the column at a path, None where no row has it."""
        if now_ms - self._looked_ms < LOOK_MS:
            return
        self._looked_ms = now_ms
        day, some = now_ms // DAY_MS, min(rows, SAMPLE)
        for path, known in self.fields.items():
            column = pick(path)
            known.count(day, some, 0 if column is None else _there(column, some))
            if len(known.days) > DAYS:
                known.forget(day - DAYS + 1)
        self._ended = [path for path, known in self.fields.items() if known.ended]

    def ended(self) -> list[str]:
        """Return the fields that were there, and are not any more, as of the last look."""
        return self._ended

    def words(self, path: str) -> str:
        """Return what is to be said of a field that ended."""
        known = self.fields[path]
        return (
            f"field {path!r} was there in {known.share:.0%} of the rows of the week before, and is "
            f"in none of the last {known.missing} that were looked at"
        )


def _there(column: pa.Array, rows: int) -> int:
    some = column.slice(0, rows)
    missing = some.null_count
    if pa.types.is_string(some.type) or pa.types.is_large_string(some.type):
        missing += pc.sum(pc.equal(pc.binary_length(some), 0)).as_py() or 0
    return len(some) - int(missing)
