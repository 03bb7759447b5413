"""The owner of all cases: commands in, steps and audit entries out.

It is event-sourced: what it knows is the fold of `city.cases`. It has no clock and no Kafka; what
comes a second time changes nothing. What a command does to several cases is several steps: where a
crash wrote only the first of them, the others follow when the command is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import OPEN, CaseEngine
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.reason import Reason
from citybrain.floor.topics import CASES
from citybrain.workflow.commands import NO_RECORD, Command
from streams.cases.held_cases import HeldCases
from streams.owned.outcome import InputOutcome
from streams.owned.records_owner import RecordsOwner

NOUN = "case"


@dataclass
class _Begun:
    """A command whose steps were read, perhaps not all of them.

    Attributes:
        command: its id.
        at: when it was decided.
        before: the cases that it changed, as they were before; None: it made them.
    """

    command: str = ""
    at: datetime | None = None
    before: dict[str, Case | None] = field(default_factory=dict)


class CaseOwner(RecordsOwner[Case, CaseStep]):
    """All open cases, and those closed of late."""

    held: HeldCases

    def __init__(self, engine: CaseEngine, zone: ZoneInfo) -> None:
        """Decide by `engine`; days are those of `zone`."""
        super().__init__(NOUN, CASES, HeldCases(engine.setup.cases.number, self._next_due))
        self.engine, self._zone = engine, zone
        self._begun = _Begun()

    def restore(self, changes: Iterable[CaseStep]) -> InputOutcome:
        """Take over what was written before; remember what the last command found."""
        outcome = InputOutcome()
        for step in changes:
            command = step.details.get("command", "")
            if command != self._begun.command:
                self._begun = _Begun(command, step.at)
            self._begun.before.setdefault(step.id, self.records.get(step.id))
            outcome.join(super().restore([step]))
        return outcome

    def act(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        """Do what is one case's own action, or return why it is refused."""
        self._recall(command)
        decided = self.engine.decide(command, self._context(now, self.records), cause)
        for step in decided.steps:
            self.changed(step, now, outcome)
        return decided.refusal

    def changed(self, change: CaseStep, now: datetime, outcome: InputOutcome) -> None:
        """Apply a step."""
        del now
        self.apply(change, outcome)

    def done_again(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> None:
        """Complete a command of which a crash wrote only some steps."""
        begun = self._begun
        if begun.command != command.id or begun.at is None:
            return
        found = {**self.records, **begun.before}
        cases = {name: case for name, case in found.items() if case is not None}
        decided = self.engine.decide(command, self._context(begun.at, cases), cause)
        for step in decided.steps:
            known = self.records.get(step.id)
            if known is None or known.version < step.version:
                self.changed(step, now, outcome)

    def on_due(self, record: Case, now: datetime, outcome: InputOutcome) -> None:
        """Do what time brings for an open case."""

    def tick(self, now: datetime) -> InputOutcome:
        """Do what time brings."""
        outcome = self.on_time(now)
        self.held.forget(now)
        return outcome

    def _context(self, now: datetime, cases: Mapping[str, Case]) -> CaseContext:
        number = self.held.next_number(now.astimezone(self._zone).date())
        return CaseContext(now, cases, number=number)

    def _recall(self, command: Command) -> None:
        """Hold a case again that was closed long ago: the desk brings it, and signs for it."""
        if command.action == OPEN or command.record == NO_RECORD or command.target in self.records:
            return
        case = msgspec.json.decode(command.record, type=Case)
        if case.id == command.target and not case.open:
            self.held.keep(case)

    def _next_due(self, case: Case) -> datetime | None:
        return case.deferral.until if case.deferral else None
