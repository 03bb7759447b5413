"""What an owner wants written because of one input: records, each with its topic and key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import msgspec

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.bus import MOST_VALUE
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.errors import RecordRefused
from citybrain.floor.reason import Reason
from citybrain.floor.topics import Topic
from citybrain.workflow.commands import ALERT, Command

T = TypeVar("T")


class Output(NamedTuple):
    """One record to be written."""

    topic: Topic
    key: str
    record: Any
    value: bytes


@dataclass
class InputOutcome:
    """What is to be written, in the order in which it was decided.

    Attributes:
        outputs: that.
        failures: what could not be carried out.
        taken: inputs as they were understood, for who else reads them.
    """

    outputs: list[Output] = field(default_factory=list)
    failures: list[FailedRecord] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)

    def add(self, topic: Topic, key: str, record: Any) -> None:
        """Want `record` written on `topic`.

        Raises:
            RecordRefused: Kafka would never take it.
            ValueError: it cannot be written as JSON.
        """
        value = msgspec.json.encode(record)
        if len(value) + len(key) > MOST_VALUE:
            raise RecordRefused(
                f"{topic.name}: a record of {len(value)} bytes; at most {MOST_VALUE} fit"
            )
        self.outputs.append(Output(topic, key, record, value))

    def join(self, other: InputOutcome) -> None:
        """Put what `other` wants behind."""
        self.outputs += other.outputs
        self.failures += other.failures
        self.taken += other.taken

    def on(self, topic: Topic) -> list[Output]:
        """Return what is for `topic`, in its order."""
        return [one for one in self.outputs if one.topic is topic]

    def records(self, kind: type[T]) -> list[T]:
        """Return the records of class `kind`, in their order."""
        return [one.record for one in self.outputs if isinstance(one.record, kind)]

    @property
    def audit(self) -> list[AuditEntry]:
        """The entries for the audit log."""
        return self.records(AuditEntry)


def written(record: Any) -> bytes:
    """Return a record as JSON, or as much of it as can be said."""
    try:
        return msgspec.json.encode(record)
    except Exception:
        return repr(record).encode(errors="replace")


def audit_entry(command: Command, refused: Reason | None, cause: str, at: Any) -> AuditEntry:
    """Return the entry of the audit log about `command`, refused because of `refused` if any."""
    details = {name: value for name, value in command.details.items() if name != "silence"}
    if command.noun != ALERT:
        details["noun"] = command.noun
    return AuditEntry(
        id=command.id,
        at=at,
        user=command.actor.user,
        role=command.actor.role,
        action=command.action,
        target=command.target,
        outcome="accepted" if refused is None else "refused",
        reason="" if refused is None else refused.code,
        arguments={} if refused is None else refused.arguments,
        details={**details, "cause": cause},
    )
