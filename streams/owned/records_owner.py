"""What every owner of records with a life of their own shares: commands once, steps, time.

It is event-sourced: what it knows is the fold of its topic of steps. It has no clock and no Kafka;
what comes a second time changes nothing. An owner of another type of record says what its inputs
are, what a change leads to, and what time brings; the rest is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from citybrain.floor.dead_letters import FailedRecord, problem_of
from citybrain.floor.reason import Reason
from citybrain.floor.topics import AUDIT, COMMANDS, Topic
from citybrain.workflow.commands import Command
from citybrain.workflow.refusals import FROM_THE_FUTURE, faulty
from citybrain.workflow.steps import Change, Record
from streams.owned.held_records import HeldRecords
from streams.owned.outcome import InputOutcome, audit_entry, written

log = structlog.get_logger(__name__)

AHEAD = timedelta(minutes=5)
"""So far ahead of ours the clock of a desk may be."""
MOST_DONE = 100_000
"""Commands that are remembered as done: who sends one a second time does so within seconds."""
R = TypeVar("R", bound=Record)
C = TypeVar("C", bound=Change[Any])
Handler = Callable[[Command, str, datetime, InputOutcome], Reason | None]
"""(command, cause, now, outcome) → why it is refused; what it leads to goes into the outcome."""


class RecordsOwner(ABC, Generic[R, C]):
    """Owns all records of one type.

    Attributes:
        noun: what one is called in commands.
        steps: the topic of its steps.
        held: the records.
        handlers: by action, who carries out what is not a single record's own action.
        undo: takes back what was changed in memory by what could not be carried out.
    """

    def __init__(self, noun: str, steps: Topic, held: HeldRecords[R]) -> None:
        """Start with nothing known."""
        self.noun, self.steps, self.held = noun, steps, held
        self.handlers: dict[str, Handler] = {}
        self.undo = held.undo
        self._done: dict[str, None] = {}
        self._unaudited: set[str] = set()
        self._aside: dict[str, int] = {}

    @abstractmethod
    def changed(self, change: C, now: datetime, outcome: InputOutcome) -> None:
        """Apply a change of the data or of a person, and do what follows from it."""

    @abstractmethod
    def act(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        """Do what is one record's own action, or return why it is refused."""

    @abstractmethod
    def on_due(self, record: R, now: datetime, outcome: InputOutcome) -> None:
        """Do what time brings for an open record whose `next_due` has come."""

    @property
    def records(self) -> Mapping[str, R]:
        """The records by id, also those that were closed of late."""
        return self.held.known

    def restore(self, changes: Iterable[C]) -> InputOutcome:
        """Take over what was written before, in its order; known versions change nothing.

        What cannot be taken over is left out, and told by the outcome.
        """
        outcome = InputOutcome()
        for change in changes:
            known = self.records.get(change.id)
            if known is None or change.version > known.version:
                self._keep(change.after, outcome)
            self.written(change.details.get("command", ""))
        return outcome

    def hold(self, records: Iterable[R]) -> InputOutcome:
        """Take over records as they were at an instant (a snapshot); as `restore` does."""
        outcome = InputOutcome()
        for record in records:
            self._keep(record, outcome)
        return outcome

    def written(self, command: str) -> None:
        """Take note that what a command led to was written; perhaps not its entry."""
        self._unaudited.add(command)

    def take_command(
        self, command: Command, cause: str, now: datetime, unsigned: Reason | None = None
    ) -> InputOutcome:
        """Do what `command` wants, or refuse it; the same command is done once.

        One that was done before a restart may not be in the audit log yet: it gets its entry. One
        that nobody of ours signed is refused for the reason `unsigned`; it takes nobody's id away.
        """
        outcome = InputOutcome()
        if unsigned is not None:
            if command.id not in self._done:
                entry = audit_entry(command, unsigned, cause, now)
                outcome.add(AUDIT, entry.user, entry)
            return outcome
        if command.id in self._done:
            return outcome
        self._done[command.id] = None
        if len(self._done) > MOST_DONE:
            del self._done[next(iter(self._done))]
        refused = self._timely(command, now) or self._carried_out(command, cause, now, outcome)
        entry = audit_entry(command, refused, cause, now)
        outcome.add(AUDIT, entry.user, entry)
        return outcome

    def done_again(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> None:
        """Complete a command of which a crash may have written only some steps."""

    def waits(self, now: datetime) -> bool:
        """Return whether `on_time` has more to do at `now`."""
        return self.held.waits(now)

    def on_time(self, now: datetime) -> InputOutcome:
        """Do what is due for some of the records; while it `waits`, there are more of them."""
        outcome = InputOutcome()
        for record in self.held.ripe(now):
            self.guard(record, outcome, partial(self.on_due, record, now))
        return outcome

    def guard(self, record: R, outcome: InputOutcome, act: Callable[[InputOutcome], None]) -> None:
        """Let `act` do something about a record that is held; where it raises, nothing was done.

        The record is then left alone until it changes, so that it fails once and not every second.
        """
        if self._aside.get(record.id) == record.version:
            return
        own = InputOutcome()
        try:
            with self.undo.attempt():
                act(own)
        except Exception as error:
            self.set_aside(record, error, outcome)
        else:
            outcome.join(own)

    def attempt(self, what: str, value: bytes, act: Callable[[], InputOutcome]) -> InputOutcome:
        """Return what `act` leads to; where it raises nothing was done, and that is told."""
        try:
            with self.undo.attempt():
                return act()
        except Exception as error:
            place = f"{self.steps.name}: {what}"
            log.error("attempt_failed", place=place, exc_info=error)
            return InputOutcome(
                failures=[FailedRecord(self.steps, place, value, problem_of(error))]
            )

    def set_aside(self, record: R, error: Exception, outcome: InputOutcome) -> None:
        """Leave a record alone until it changes, and want that told."""
        self._aside[record.id] = record.version
        place = f"{self.steps.name}: {record.id} @ {record.version}"
        log.error("record_set_aside", place=place, exc_info=error)
        outcome.failures.append(FailedRecord(self.steps, place, written(record), problem_of(error)))

    def apply(self, change: C, outcome: InputOutcome) -> None:
        """Want `change` written, and know the record as it is after it."""
        outcome.add(self.steps, change.id, change)
        self.held.keep(change.after)

    def _keep(self, record: R, outcome: InputOutcome) -> None:
        try:
            with self.undo.attempt():
                self.held.keep(record)
        except Exception as error:
            self.set_aside(record, error, outcome)

    def _timely(self, command: Command, now: datetime) -> Reason | None:
        """Refuse what was clicked in the future: it decides about times."""
        return FROM_THE_FUTURE if command.at > now + AHEAD else None

    def _carried_out(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        """Carry a command out, or return why it is refused; one that raises changed nothing."""
        own = InputOutcome()
        try:
            with self.undo.attempt():
                refused = self._carry_out(command, cause, now, own)
        except Exception as error:
            log.exception("command_failed", cause=cause)
            outcome.failures.append(
                FailedRecord(COMMANDS, cause, written(command), problem_of(error))
            )
            return faulty(error)
        outcome.join(own)
        return refused

    def _carry_out(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        if command.id in self._unaudited:
            self._unaudited.discard(command.id)
            self.done_again(command, cause, now, outcome)
            return None
        handle = self.handlers.get(command.action, self.act)
        return handle(command, cause, now, outcome)
