"""What the desk's owner wants to be written because of one input."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from citybrain.alerts.records import AlertChange, Command, Notice, Silence
from citybrain.floor.audit_entry import AuditEntry


@dataclass
class Outcome:
    """What is to be written; of each kind in this order."""

    changes: list[AlertChange] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)

    def join(self, other: Outcome) -> None:
        """Put what `other` wants behind."""
        self.changes += other.changes
        self.silences += other.silences
        self.notices += other.notices
        self.audit += other.audit


def entry(command: Command, refused: str, cause: str, now: datetime) -> AuditEntry:
    """Return the entry of the audit log about `command`, refused because of `refused` if any."""
    details = {name: value for name, value in command.details.items() if name != "silence"}
    return AuditEntry(
        id=command.id,
        at=now,
        user=command.actor.user,
        role=command.actor.role,
        action=command.action,
        target=command.target,
        outcome="refused" if refused else "accepted",
        reason=refused,
        details={**details, "cause": cause},
    )
