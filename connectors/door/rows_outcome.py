"""What became of the rows of a push, as its answer tells it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.event_columns import MAPPED
from connectors.mapping.further_events import Which, further_of
from connectors.mapping.noticed import EXPIRED, LATE, PLACES
from connectors.resends.known_rows import KnownRows

ACCEPTED, KNOWN, OUTDATED, SKIPPED = "accepted", "known", "outdated", "skipped"
CHANGED, BEYOND_HORIZON = "changed", "beyond_horizon"
"""Words for events whose id is known with another content, and for those that are older than their
feed's resends are known for: whether they were delivered before nobody can say."""
FURTHER = (ACCEPTED, KNOWN, OUTDATED, CHANGED, BEYOND_HORIZON, "rejected", SKIPPED)
"""What is told of further events."""
MOST_REASONS = 50
"""Reasons that an answer sums up by; the rest stand together."""
VALUE_FIRST = r"^(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?[\d.]+(?:e[+-]?\d+)?)…?"
"""The value that a reason begins with; a space follows."""
MORE_FAULTS = rf"; (?:also\.\w+\.)?(?:{'|'.join((*MAPPED, 'attrs'))}): "
"""Where the next fault of the same row begins. Both are also asked of the store."""
_VALUE, _MORE = re.compile(rf"{VALUE_FIRST}(?= )"), re.compile(rf"{MORE_FAULTS}")


@dataclass
class RowsOutcome:
    """What became of rows: all are accepted, known, outdated, refused or skipped.

    A row is counted by its first event; what became of the further ones is counted apart.

    Attributes:
        accepted: rows that became events.
        letters: a dead letter for each row, and for each further event, that was refused.
        skipped: rows that are neither, as their feed wants it; `noticed` says why.
        noticed: word (`connectors.mapping.noticed.WORDS`) → rows; may be about any of them.
        warnings: sentences about the whole, each once.
        known: rows that had been delivered before, just the same; they change nothing.
        outdated: rows of whose record a newer version had been delivered; they change nothing.
        further: of further events how many were accepted, known, changed …
    """

    accepted: int = 0
    letters: list[DeadLetter] = field(default_factory=list)
    skipped: int = 0
    noticed: Counter[str] = field(default_factory=Counter)
    warnings: dict[str, None] = field(default_factory=dict)
    known: int = 0
    outdated: int = 0
    further: Counter[str] = field(default_factory=Counter)

    def add(self, other: RowsOutcome) -> None:
        """Count what became of more rows."""
        self.accepted += other.accepted
        self.known += other.known
        self.outdated += other.outdated
        self.letters += other.letters
        self.skipped += other.skipped
        self.noticed.update(other.noticed)
        self.warnings |= other.warnings
        self.further.update(other.further)

    @property
    def rejected(self) -> int:
        """How many rows were refused."""
        return sum(not further_of(letter.field) for letter in self.letters)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.accepted + self.known + self.outdated + self.rejected + self.skipped

    @property
    def events(self) -> int:
        """How many events were accepted."""
        return self.accepted + self.further[ACCEPTED]

    def leave_out(self, found: KnownRows, which: Which) -> None:
        """Take back from what was accepted what goes no further, and note what else was found.

        Args:
            found: of each event.
            which: what each event is of its row.
        """
        first = which == 0
        known, outdated = int((found.known & first).sum()), int((found.outdated & first).sum())
        self.accepted -= known + outdated
        self.known += known
        self.outdated += outdated
        self.noticed[CHANGED] += int((found.changed & first).sum())
        self.noticed[BEYOND_HORIZON] += int((found.beyond & first).sum())
        known, outdated = int((found.known & ~first).sum()), int((found.outdated & ~first).sum())
        self.further[ACCEPTED] -= known + outdated
        self.further[KNOWN] += known
        self.further[OUTDATED] += outdated
        self.further[CHANGED] += int((found.changed & ~first).sum())
        self.further[BEYOND_HORIZON] += int((found.beyond & ~first).sum())

    def told(self) -> dict[str, Any]:
        """Return the counts and warnings, for an answer."""
        rejected = self.rejected
        further = self.further | Counter(rejected=len(self.letters) - rejected)
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "known": self.known,
            "outdated": self.outdated,
            "changed": self.noticed[CHANGED],
            "beyond_horizon": self.noticed[BEYOND_HORIZON],
            "rejected": rejected,
            "skipped": self.skipped,
            "expired": self.noticed[EXPIRED],
            "late": self.noticed[LATE],
            "places": {word: self.noticed[word] for word in PLACES},
            "further": {word: further[word] for word in FURTHER},
            "warnings": list(self.warnings),
        }


def reasons(letters: Iterable[DeadLetter]) -> list[dict[str, Any]]:
    """Return why rows were refused, what is most often first: a reason each, with an example.

    Of a row with several faults the first counts. Reasons that differ only in the value that they
    begin with are one.
    """
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], DeadLetter] = {}
    for letter in letters:
        sort = letter.field, kind_of_reason(letter.reason)
        counts[sort] += 1
        first.setdefault(sort, letter)
    found = counts.most_common()
    told = [_reason(sort, rows, first) for sort, rows in found[:MOST_REASONS]]
    if rest := sum(rows for _, rows in found[MOST_REASONS:]):
        told.append({"field": "", "reason": "other reasons", "rows": rest, "example": ""})
    return told


def kind_of_reason(reason: str) -> str:
    """Return the reason without the value that it is about, and without further ones."""
    return _VALUE.sub("…", _MORE.split(reason)[0])


def _reason(
    sort: tuple[str, str], rows: int, first: Mapping[tuple[str, str], DeadLetter]
) -> dict[str, Any]:
    field, words = sort
    return {"field": field, "reason": words, "rows": rows, "example": first[sort].reason}
