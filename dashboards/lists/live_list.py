"""The open records of one type in memory, by what the log said last of each; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from citybrain.workflow.scope import WHOLE_CITY, Scope, Sealed
from citybrain.workflow.steps import Record
from dashboards.lists.scope_channel import ScopeChannel

REMEMBERED = 20_000
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class FirstRows:
    """Which records of a list that is too long are sent.

    Attributes:
        most: records that a scope may have for all of them to be sent.
        first: returns the ids of those that are sent of a scope with more.
    """

    most: int
    first: Callable[[Scope], Sequence[str]]


class LiveList(Generic[R]):
    """Holds every open record, with its row encoded once for all who look.

    Attributes:
        channels: what the viewers of each scope follow.
        bound: what is sent of a list that is too long; None: all, however long it is.
    """

    def __init__(
        self,
        is_open: Callable[[R], bool],
        row_of: Callable[[R], dict[str, Any]],
        head: Callable[[], dict[str, Any]],
    ) -> None:
        """Start with nothing open.

        Args:
            is_open: whether a record belongs on the list.
            row_of: a record as the list's page needs it; its ``id`` tells rows apart.
            head: what every message to a viewer begins with.
        """
        self._is_open, self._row_of, self._head = is_open, row_of, head
        self._open: dict[str, R] = {}
        self._rows: dict[str, msgspec.Raw] = {}
        self._closed: dict[str, int] = {}
        self.channels: dict[Scope, ScopeChannel] = {}
        self.bound: FirstRows | None = None

    def __len__(self) -> int:
        """Return how many records are open."""
        return len(self._open)

    @property
    def records(self) -> Sealed[R]:
        """The open records; who looks has to say for whom."""
        return Sealed(self._open.values())

    def find(self, name: str, scope: Scope) -> R | None:
        """Return an open record that `scope` covers; None: there is none of that id."""
        record = self._open.get(name)
        return record if record is not None and scope.covers(record) else None

    def begin(self, records: Iterable[R]) -> list[str]:
        """Take a snapshot in: what it does not name is not open any more; return what changed."""
        given = {record.id: record for record in records}
        gone = [name for name in self._open if name not in given]
        for name in gone:
            self._close(name, self._open[name].version)
        changed = [*gone, *self._taken(given.values())]
        self._note(changed)
        return changed

    def take(self, records: Iterable[R]) -> list[str]:
        """Take in what the log says; return the ids of those that changed by it.

        What is not newer than what is known changes nothing, so records may come twice and in any
        order.
        """
        changed = self._taken(records)
        self._note(changed)
        return changed

    def enter(self, scope: Scope) -> ScopeChannel:
        """Count a viewer in, and return what it follows."""
        channel = self.channels.get(scope)
        if channel is None:
            every = scope == WHOLE_CITY
            ids = [*self._open] if every else [one.id for one in self.records.seen_by(scope)]
            channel = ScopeChannel(self._head, self._row, ids, lambda all_: self._sent(scope, all_))
            self.channels[scope] = channel
        channel.viewers += 1
        return channel

    def leave(self, scope: Scope) -> None:
        """Count a viewer out."""
        channel = self.channels[scope]
        channel.viewers -= 1
        if not channel.viewers:
            del self.channels[scope]

    def beat(self) -> None:
        """Tell every viewer that nothing is broken, or what is."""
        for channel in self.channels.values():
            channel.beat()

    def renew(self, ids: Iterable[str]) -> None:
        """Make the rows of these records anew, and tell them: what stands beside has changed."""
        renewed = [name for name in ids if name in self._open]
        for name in renewed:
            self._rows.pop(name, None)
        self._note(renewed)

    def forget_rows(self) -> None:
        """Make every row anew when it is asked for: what it is made by has changed."""
        self._rows.clear()

    def rows_of(self, ids: Iterable[str], scope: Scope) -> list[msgspec.Raw]:
        """Return the encoded rows of those open records `ids` that `scope` covers, in order."""
        return [self._row(name) for name in ids if self._seen(name, scope)]

    def _sent(self, scope: Scope, ids: Collection[str]) -> Collection[str]:
        """Return which of the records `ids`, all that a scope covers, are sent to who comes."""
        if self.bound is None or len(ids) <= self.bound.most:
            return ids
        return [name for name in self.bound.first(scope) if name in ids]

    def _row(self, name: str) -> msgspec.Raw:
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = msgspec.Raw(
                msgspec.json.encode(self._row_of(self._open[name]))
            )
        return row

    def _taken(self, records: Iterable[R]) -> list[str]:
        changed: dict[str, None] = {}
        for record in records:
            if record.version > self._known(record.id):
                self._keep(record)
                changed[record.id] = None
        return list(changed)

    def _note(self, changed: list[str]) -> None:
        if not changed:
            return
        for scope, channel in self.channels.items():
            channel.note(changed, lambda name, scope=scope: self._seen(name, scope))  # type: ignore[misc]

    def _seen(self, name: str, scope: Scope) -> bool:
        record = self._open.get(name)
        return record is not None and scope.covers(record)

    def _known(self, name: str) -> int:
        record = self._open.get(name)
        return record.version if record else self._closed.get(name, 0)

    def _keep(self, record: R) -> None:
        if not self._is_open(record):
            self._close(record.id, record.version)
            return
        self._closed.pop(record.id, None)
        self._open[record.id] = record
        self._rows.pop(record.id, None)

    def _close(self, name: str, version: int) -> None:
        self._open.pop(name, None)
        self._rows.pop(name, None)
        # An older step of a record that was closed must not open it again.
        self._closed.pop(name, None)
        self._closed[name] = version
        if len(self._closed) > REMEMBERED:
            del self._closed[next(iter(self._closed))]
