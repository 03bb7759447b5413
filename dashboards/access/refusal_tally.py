"""Refusals of strangers, bounded: so many a minute each by itself, then their number; pure.

Whoever knocks a million times at the door must not fill the audit log, nor push out what people
who are known did.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from citybrain.floor.audit_entry import AuditEntry

ALONE = 20
"""Refusals of one kind that are told by themselves within `WITHIN`."""
WITHIN = timedelta(minutes=1)
MOST_ADDRESSES = 100


@dataclass
class _Kind:
    """Refusals of one action for one reason since `began`."""

    began: datetime
    last: AuditEntry
    told: int = 0
    counted: int = 0
    addresses: set[str] = field(default_factory=set)


class RefusalTally:
    """Counts refusals of nobody who is known."""

    def __init__(self) -> None:
        """Start with none."""
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def takes(self, entry: AuditEntry) -> bool:
        """Return whether an entry is one of a stranger's refusals."""
        return not entry.user and entry.outcome == "refused"

    def note(self, entry: AuditEntry) -> list[AuditEntry]:
        """Return what is to be told because of a stranger's refusal."""
        found = list(self.due(entry.at))
        kind = self._kinds.setdefault((entry.action, entry.reason), _Kind(entry.at, entry))
        if kind.told < ALONE:
            kind.told += 1
            return [*found, entry]
        kind.counted, kind.last = kind.counted + 1, entry
        if len(kind.addresses) < MOST_ADDRESSES:
            kind.addresses.add(entry.address)
        return found

    def due(self, now: datetime) -> Iterator[AuditEntry]:
        """Yield the sums of what was counted and is over by `now` (aware)."""
        for name, kind in list(self._kinds.items()):
            if now - kind.began >= WITHIN:
                del self._kinds[name]
                if kind.counted:
                    yield _sum(kind)


def _sum(kind: _Kind) -> AuditEntry:
    details = {"more": str(kind.counted), "addresses": ", ".join(sorted(kind.addresses)[:5])}
    if len(kind.addresses) > len(details["addresses"].split(", ")):
        details["of_addresses"] = str(len(kind.addresses))
    return replace(kind.last, id=str(uuid.uuid4()), address="", details=details)
