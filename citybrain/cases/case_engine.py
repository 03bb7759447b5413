"""The engine of cases: (case, command, now) → steps, or a refusal with its reason; pure.

It knows no clock, no topic and no store. Whoever owns the cases hands it what they are, what time
it is and what deadlines are known, and keeps that a command is done once
(`streams.owned.records_owner.RecordsOwner`); whoever shows buttons asks it the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from citybrain.cases import opening_checks, signals
from citybrain.cases.action_kind import Also, CaseContext
from citybrain.cases.action_kinds import BY_MACHINE
from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_flow import CaseFlow, case_flow, changed
from citybrain.cases.clock_turns import facts_of_another_version
from citybrain.cases.machine_steps import NOTE_SIGNAL, YES
from citybrain.cases.moving import settled
from citybrain.cases.opening import CaseOpening, chosen, first_case
from citybrain.cases.personal_numbers import masked_details
from citybrain.cases.records import ENGINE, Case, CaseStep
from citybrain.cases.supervising import as_problem_order
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import City
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import NO_RECORD, Actor, Command

OPEN = "open"
"""The action that no workflow places: it makes a case."""


@dataclass(frozen=True)
class CaseDecision:
    """What comes of a command.

    Attributes:
        refusal: why nothing does; None: it is accepted.
        steps: what it makes, that of its own case first.
    """

    refusal: Reason | None = None
    steps: tuple[CaseStep, ...] = ()


class CaseEngine:
    """Decides by a city's workflows.

    Attributes:
        setup: workflows, units and what else the city says of cases.
        clocks: how long its cases may take, and what counts.
    """

    def __init__(self, setup: CaseSetup) -> None:
        """Go by `setup`."""
        self.setup = setup
        kinds = frozenset(setup.city.kinds)
        self._flows = {
            (one.id, one.version): case_flow(one, setup.units, kinds)
            for one in setup.every_version()
        }

    @classmethod
    def of(cls, city: City) -> CaseEngine:
        """Return what decides about the cases of `city`.

        Raises:
            ConfigError: what its folder says of cases, their limits or its calendar is faulty.
        """
        engine = cls(load_case_setup(city))
        if engine.setup.definitions:
            _ = engine.clocks  # read now, so that a fault is told now
        return engine

    @property
    def clocks(self) -> CaseClocks:
        """Reads the clocks of its cases."""
        return self.setup.clocks

    def flow(self, case: Case) -> CaseFlow | None:
        """Return what `case` can go through by its own version of its workflow, if it is known."""
        return self._flows.get((case.workflow, case.workflow_version))

    def is_watched(self, case: Case) -> bool:
        """Return whether its workflow sends a case back whose signal is there after all."""
        flow = self.flow(case) if case.signal is not None else None
        return flow is not None and bool(flow.definition.machine.persists)

    def decide(self, command: Command, context: CaseContext, cause: str) -> CaseDecision:
        """Return what comes of `command`, given all that `context` says."""
        actor = self.setup.units.as_member(command.actor)
        command = replace(command, actor=actor, details=masked_details(command.details))
        if command.action == OPEN:
            return self._open(command, context, cause)
        case = _meant(command, context)
        if case is None:
            return CaseDecision(Reason("no_case"))
        flow = self.flow(case)
        if flow is None:
            return CaseDecision(_unknown_version(case))
        command = _in_turn(command, case, context)
        refused = self.refusal(flow, case, command, context)
        if refused is not None:
            return CaseDecision(refused)
        return CaseDecision(steps=tuple(_steps(flow, case, command, context, cause)))

    def verdicts(self, actor: Actor, case: Case, context: CaseContext) -> dict[str, Reason | None]:
        """Return each action of the case's workflow with why it would be refused now; for buttons.

        What only the details of a command can show is not asked.
        """
        flow = self.flow(case)
        actor = self.setup.units.as_member(actor)
        return (
            {}
            if flow is None
            else {
                name: flow.verdict(actor, case, name) or _timely(flow, case, name, context)
                for name in sorted(flow.actions.keys() - BY_MACHINE)
            }
        )

    def refusal(
        self, flow: CaseFlow, case: Case, command: Command, context: CaseContext
    ) -> Reason | None:
        """Return why `command` is refused: first what the kit says, then time, then other cases."""
        refused = flow.refusal(case, command)
        if refused is not None:
            return refused
        placed = flow.placed[command.action, case.stage]
        late = placed.kind.timely(placed, case, context)
        return late or placed.kind.linked(placed, case, command, context)

    def moved(self, case: Case, version: int, context: CaseContext, cause: str) -> CaseDecision:
        """Return the step by which a running case goes over to another version of its workflow.

        Its stage is the one of that name, or what the version says it is called there.
        """
        flow = self._flows.get((case.workflow, version))
        if flow is None:
            return CaseDecision(Reason("no_workflow_version", {"version": str(version)}))
        stage = flow.definition.renamed.get(case.stage, case.stage)
        if stage not in flow.definition.stages:
            return CaseDecision(Reason("no_such_stage", {"stage": case.stage}))
        after = replace(case, stage=stage, workflow_version=version)
        after = settled(flow.definition, flow.units, after, after, context.now)
        facts = facts_of_another_version(flow.definition, case, after, context.now)
        after = replace(after, clock=(*case.clock, *facts))
        fields = changed(case, after)
        step = flow.step(case, "moved", context.now, by=ENGINE, cause=cause, **fields)
        return CaseDecision(steps=(step,))

    def _open(self, command: Command, context: CaseContext, cause: str) -> CaseDecision:
        found = opening_checks.opening_of(command)
        if isinstance(found, Reason):
            return CaseDecision(found)
        same = context.cases.get(context.signals.get(found.signal, ""))
        if same is not None and same.id != command.target and signals.joins(same, context.now):
            return self.decide(_noted(command, found, same.id), context, cause)
        refused = opening_checks.refusal(self.setup, command, found, context)
        if refused is not None:
            return CaseDecision(refused)
        flow = self._current(found)
        if flow is None:
            return CaseDecision(Reason("no_workflow", {"kind": found.kind}))
        at = min(command.at, context.now)
        case = first_case(
            flow.definition,
            found,
            case_id=command.target,
            number=context.number,
            by=command.actor.user,
            at=at,
        )
        command = replace(command, at=at)
        return CaseDecision(steps=(_also(flow, Also(None, "opened", case), command, cause),))

    def _current(self, found: CaseOpening) -> CaseFlow | None:
        theme = self.setup.theme_of(found.kind)
        choices = self.setup.cases.workflows
        name = found.workflow or chosen(choices, found.kind, theme, found.source)
        definition = self.setup.definitions.get(name)
        return self._flows[definition.id, definition.version] if definition else None


def _meant(command: Command, context: CaseContext) -> Case | None:
    """Return the case that a command is on; a signal's is looked up where its alert began none."""
    signal = command.details.get("signal", "")
    there = command.target in context.cases or not signal
    return context.cases.get(command.target if there else context.signals.get(signal, ""))


def _noted(command: Command, found: CaseOpening, same: str) -> Command:
    """Return what an alert tells the case that there is of its signal, in place of another one."""
    details = {"holds": YES, "alert": next(iter(found.alerts), "")}
    return replace(command, action=NOTE_SIGNAL, target=same, details=details, record=NO_RECORD)


def _in_turn(command: Command, case: Case, context: CaseContext) -> Command:
    """Return `command` at an instant that is not to come, nor before the case's last step."""
    at = max(min(command.at, context.now), case.updated_at)
    return command if at == command.at else replace(command, at=at)


def _unknown_version(case: Case) -> Reason:
    known = {"workflow": case.workflow, "version": str(case.workflow_version)}
    return Reason("no_workflow_of_case", known)


def _timely(flow: CaseFlow, case: Case, name: str, context: CaseContext) -> Reason | None:
    placed = flow.placed.get((name, case.stage))
    return placed.kind.timely(placed, case, context) if placed else None


def _steps(
    flow: CaseFlow, case: Case, command: Command, context: CaseContext, cause: str
) -> Iterable[CaseStep]:
    said = {"action": command.action, "role": command.actor.role}
    first = flow.commanded(case, command, cause, said)
    yield first
    placed = flow.placed[command.action, case.stage]
    for one in placed.kind.also(placed, case, command, context):
        yield _also(flow, one, command, cause)
    yield from _by_itself(flow, first.after, command, cause)


def _also(flow: CaseFlow, one: Also, command: Command, cause: str) -> CaseStep:
    """Return the step that a command makes of another case, or of a new one."""
    before, after = one.before or one.after, one.after
    fields: dict[str, Any] = changed(before, after)
    at = command.at if one.before is None else max(command.at, before.updated_at)
    if one.before is None:
        fields = changed(before, settled(flow.definition, flow.units, None, after, at))
    details = {**command.details, "command": command.id, "case": command.target}
    said = {"action": command.action, "role": command.actor.role}
    by = command.actor.user
    return flow.step(
        before, one.what, at, by=by, cause=cause, details={**details, **said}, **fields
    )


def _by_itself(flow: CaseFlow, case: Case, command: Command, cause: str) -> Iterator[CaseStep]:
    """Yield what follows from a step without anybody doing it."""
    found = as_problem_order(flow.definition, flow.units, case, command.at)
    if found is None:
        return
    after = settled(flow.definition, flow.units, case, found, command.at)
    said, fields = {"command": command.id}, changed(case, after)
    yield flow.step(case, "flagged", command.at, by=ENGINE, cause=cause, details=said, **fields)
