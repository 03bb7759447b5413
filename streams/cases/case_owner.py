"""The owner of all cases: commands in, steps and audit entries out.

It is event-sourced: what it knows is the fold of `city.cases`. It has no clock and no Kafka; what
comes a second time changes nothing. What a command does to several cases is several steps: where a
crash wrote only the first of them, the others follow when the command is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

import msgspec

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import OPEN, CaseEngine
from citybrain.cases.case_flow import OVERDUE, WARNED
from citybrain.cases.clock_timers import ClockTimer
from citybrain.cases.machine_steps import ITSELF, MACHINE_REVISIT
from citybrain.cases.records import ENGINE, Case, CaseStep
from citybrain.cases.signals import verdict, verdict_at
from citybrain.floor.reason import Reason
from citybrain.floor.topics import CASES
from citybrain.workflow.commands import NO_RECORD, Command
from streams.cases.held_cases import HeldCases
from streams.owned.outcome import InputOutcome
from streams.owned.records_owner import RecordsOwner

NOUN = "case"
CLOCK = "clock"
"""The cause of what time brings."""
_NAMESPACE = UUID("5c0f6c41-5a0e-5d0f-8f5e-1503000c1e27")
_TELLS = {"warning": WARNED, "breach": OVERDUE}


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

    def __init__(self, engine: CaseEngine) -> None:
        """Decide by `engine`."""
        super().__init__(NOUN, CASES, HeldCases(engine.setup.cases.number, self._next_due))
        self.engine = engine
        self._begun = _Begun()

    def reload(self, engine: CaseEngine) -> InputOutcome:
        """Decide by `engine` from now on; the outcome tells of cases that cannot be."""
        self.engine, self.held.prefix = engine, engine.setup.cases.number
        outcome = InputOutcome()
        for case in list(self.held.open.values()):
            self.guard(case, outcome, partial(self._schedule, case))
        return outcome

    def restore(self, changes: Iterable[CaseStep]) -> InputOutcome:
        """Take over what was written before; remember what the last command found."""
        outcome = InputOutcome()
        for step in changes:
            if command := step.details.get("command", ""):  # no clock's
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
        self._tell_before(command, now, outcome)
        decided = self.engine.decide(command, self._context(now, self.records), cause)
        for step in decided.steps:
            self.changed(step, now, outcome)
        return decided.refusal

    def _tell_before(self, command: Command, now: datetime, outcome: InputOutcome) -> None:
        """Tell what was due before a command was given: what stops a clock does not hide it."""
        until = min(command.at, now)
        if not self.held.waits(until):  # no case is due by then
            return
        case = self.records.get(command.target)
        while case is not None and (due := self._next_due(case)) and due <= until:
            version = case.version
            self.on_due(case, now, outcome)
            case = self.records[case.id]
            if case.version == version:
                return

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

    def on_time(self, now: datetime) -> InputOutcome:
        """Tell timers of some cases, in the order in which they were due, however late it is."""
        outcome, found = InputOutcome(), list[tuple[ClockTimer, str]]()
        clocks, ripe = self.engine.clocks, list(self.held.ripe(now))
        for case in (one for one in ripe if one.open):
            due = [one for one in clocks.untold(case, now) if max(one.at, one.since) <= now]
            found += [(timer, case.id) for timer in due]
        found.sort(key=lambda one: (one[0].at, one[1], one[0].percent))
        for _, name in found:
            case = self.records[name]
            self.guard(case, outcome, partial(self.on_due, case, now))
        for case in ripe:
            self.guard(case, outcome, partial(self._judge, self.records[case.id], now))
        return outcome

    def on_due(self, record: Case, now: datetime, outcome: InputOutcome) -> None:
        """Tell the first timer of a case that is due and was not told."""
        for timer in self.engine.clocks.untold(record, now):
            if max(timer.at, timer.since) > now or self._tell(record, timer, now, outcome):
                return

    def _tell(self, case: Case, timer: ClockTimer, now: datetime, outcome: InputOutcome) -> bool:
        """Do what a timer asks for; return whether that changed the case."""
        if timer.kind == "deferral_ends":
            return self._taken_up(case, timer, now, outcome)
        flow = self.engine.flow(case)
        if flow is None:
            return False
        said = {
            "limit": timer.clock,
            "due": timer.at.isoformat(),
            "percent": str(timer.percent),
            "provisional": "yes" if timer.provisional else "no",
        }
        what, told = _TELLS[timer.kind], {**case.told, timer.name: timer.at}
        step = flow.step(case, what, now, by=ENGINE, cause=CLOCK, details=said, told=told)
        self.changed(step, now, outcome)
        return True

    def _taken_up(
        self, case: Case, timer: ClockTimer, now: datetime, outcome: InputOutcome
    ) -> bool:
        """Take a case up again whose time aside is over; return whether it was aside."""
        name = f"{timer.name}/{timer.at.isoformat()}"
        return self._itself(case, "end_deferral", name, {}, now, outcome)

    def _judge(self, case: Case, now: datetime, outcome: InputOutcome) -> None:
        """Do the machine's revisit where its time has come."""
        if (found := verdict(case, now)) and self.engine.is_watched(case):
            name = f"{MACHINE_REVISIT}/{case.claimed_at}/{found}"
            self._itself(case, MACHINE_REVISIT, name, {"result": found}, now, outcome)

    def _itself(
        self,
        case: Case,
        action: str,
        name: str,
        details: dict[str, str],
        now: datetime,
        outcome: InputOutcome,
    ) -> bool:
        """Do what no person does, once by its `name`; return whether that changed the case."""
        command = Command(
            id=str(uuid5(_NAMESPACE, f"{case.id}/{name}")),
            action=action,
            target=case.id,
            actor=ITSELF,
            at=now,
            details=details,
            noun=NOUN,
        )
        decided = self.engine.decide(command, self._context(now, self.records), CLOCK)
        for step in decided.steps:
            self.changed(step, now, outcome)
        return bool(decided.steps)

    def tick(self, now: datetime) -> InputOutcome:
        """Do what time brings."""
        outcome = self.on_time(now)
        self.held.forget(now)
        return outcome

    def _context(self, now: datetime, cases: Mapping[str, Case]) -> CaseContext:
        clocks = self.engine.clocks
        number = self.held.next_number(now.astimezone(clocks.time.zone).date())
        return CaseContext(now, cases, clocks, number, self.held.signals)

    def _recall(self, command: Command) -> None:
        """Hold a case again that was closed long ago: the desk brings it, and signs for it."""
        if command.action == OPEN or command.record == NO_RECORD or command.target in self.records:
            return
        case = msgspec.json.decode(command.record, type=Case)
        if case.id == command.target and not case.open:
            self.held.keep(case)

    def _schedule(self, case: Case, _outcome: InputOutcome) -> None:
        self.held.schedule(case)

    def _next_due(self, case: Case) -> datetime | None:
        judged = verdict_at(case) if self.engine.is_watched(case) else None
        told = self.engine.clocks.next_at(case) if case.open else None
        return min((at for at in (judged, told) if at is not None), default=None)
