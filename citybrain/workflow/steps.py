"""Steps of a record's life: each makes the next version; nothing is ever edited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from citybrain.floor.clock import Instant
from citybrain.workflow.scope import Belonging


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What the kit knows of every record with a life of its own.

    Attributes:
        id: UUID.
        version: of the record; counts up by one from 1; 0: before its first step.
        state: one of its workflow's states.
        updated_at: instant of the last step.
        touched: version of the last step that changed what a person decides upon; not of what
            the owner does by itself.
        touched_by, touched_what: who made it, and what it was (`Change.what`).
    """

    id: str
    version: int
    state: str
    updated_at: Instant
    touched: int = 0
    touched_by: str = ""
    touched_what: str = ""

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns."""
        raise NotImplementedError


R = TypeVar("R", bound=Record)


class Change(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """One step of a record's life, keyed by the record.

    Attributes:
        id: of the record.
        version: of the record after this step.
        what: what happened, in the past tense: acknowledged, raised …
        at: instant of the step.
        by: account name, or the part of the platform that made it.
        cause: id of the command, ``topic/partition/offset`` of the record that made it, or
            ``clock``.
        details: what the step says besides (comment, owner, code of a reason …).
        after: the whole record after the step.
    """

    id: str
    version: int
    what: str
    at: Instant
    by: str
    cause: str
    after: R
    details: dict[str, str] = {}
    schema: int = 1

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns: whom the record does."""
        return self.after.belonging


def fold(changes: Iterable[Change[R]]) -> dict[str, R]:
    """Return the records as their changes leave them; of two of one version the first counts."""
    records: dict[str, R] = {}
    for change in changes:
        known = records.get(change.id)
        if known is None or change.version > known.version:
            records[change.id] = change.after
    return records
