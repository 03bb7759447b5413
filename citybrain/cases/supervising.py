"""Supervision 督办 runs beside the stages: begun, raised, answered, ended by who watches; pure.

Whoever has the case, has or had a part of it, or is of a unit that did, never ends it. A problem
order raises it by itself.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from citybrain.accounts.roles import SUPERVISE_CASES, WORK_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.case_parts import CaseFlag, Supervision, SupervisionStep
from citybrain.cases.definition import ActionEntry, WorkflowDefinition
from citybrain.cases.handing_over import handed_on
from citybrain.cases.moving import above_work, said, supervising_unit, worked_by
from citybrain.cases.records import DEFERRED, ENGINE, MERGED, SUSPENDED, Case
from citybrain.cases.units import Units, acts_for, is_of
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

WORDS = {
    "own_supervision": Text(
        "被督办方不能办结或升级对自己的督办", "who is supervised neither raises nor ends it"
    ),
    "not_supervised": Text("案件未被督办", "it is not supervised"),
    "no_level": Text("没有“{given}”这个督办级别", "there is no level '{given}' of supervision"),
    "level_reached": Text("督办已达{level}", "it has reached the level {level} already"),
}
"""Why a supervision goes no further."""
_STILL = (SUSPENDED, DEFERRED)


def _watched(case: Case, unit: str) -> tuple[str, ...]:
    """Return the units that `unit` watches: whoever has the case, or was given it or a part."""
    running = case.supervision
    before = running.supervised if running else ()
    return tuple(sorted(worked_by(case) | ({case.unit, *before} - {unit})))


def _watches(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    running = case.supervision
    unit = running.unit if running else supervising_unit(placed.definition, placed.units, case)
    own = any(is_of(actor, one) for one in _watched(case, unit))
    if own or actor.user == case.person:
        return Reason("own_supervision")
    return None if acts_for(actor, unit) else Reason("not_your_unit", {"unit": unit})


def _may_end(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    return Reason("not_supervised") if case.supervision is None else _watches(placed, actor, case)


def _may_answer(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del placed, actor
    return Reason("not_supervised") if case.supervision is None else None


def _is_higher(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    levels, given = list(placed.definition.supervision.levels), command.details["level"]
    if given not in levels:
        return Reason("no_level", {"given": given})
    running = case.supervision
    reached = running is not None and levels.index(given) <= levels.index(running.level)
    return Reason("level_reached", {"level": running.level}) if reached and running else None


def _supervise(placed: PlacedAction, case: Case, command: Command) -> Case:
    step = SupervisionStep(**said(command), what="raised", level=command.details["level"])
    return raised(placed.definition, placed.units, case, step)


def raised(definition: WorkflowDefinition, units: Units, case: Case, step: SupervisionStep) -> Case:
    """Return `case` supervised at the level of `step`, by whoever does already."""
    running = case.supervision
    if running is None:
        unit = supervising_unit(definition, units, case)
        running = Supervision(
            level=step.level, unit=unit, supervised=(), steps=(), opened_at=step.at
        )
        case = replace(case, supervisions=(*case.supervisions, running))
    one = replace(running, level=step.level, steps=(*running.steps, step))
    return watched_still(units, _with_last(case, one))


def watched_still(units: Units, case: Case) -> Case:
    """Return `case` with whoever has it now among the supervised; one of them never supervises."""
    running = case.supervision
    if running is None:
        return case
    unit = above_work(units, case, running.unit)
    watched = _watched(case, unit)
    if (unit, watched) == (running.unit, running.supervised):
        return case
    return _with_last(case, replace(running, unit=unit, supervised=watched))


def _with_last(case: Case, one: Supervision) -> Case:
    return replace(case, supervisions=(*case.supervisions[:-1], one))


def _answer(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return _stepped(case, SupervisionStep(**said(command), what="answered", level=""))


def _end(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    after = _stepped(case, SupervisionStep(**said(command), what="ended", level=""))
    return _with_last(after, replace(after.supervisions[-1], closed_at=command.at))


def _stepped(case: Case, step: SupervisionStep) -> Case:
    last = case.supervisions[-1]
    return _with_last(case, replace(last, steps=(*last.steps, replace(step, level=last.level))))


def as_problem_order(
    definition: WorkflowDefinition, units: Units, case: Case, now: datetime
) -> Case | None:
    """Return `case` as the problem order 问题工单 that it has just become; None: it has not.

    It is flagged, and its supervision is raised to the highest level by itself.
    """
    most = definition.problem
    many = len(case.redos) >= most.redos or handed_on(case) >= most.transfers
    if case.flagged("problem") or not many or not case.open:
        return None
    flag = CaseFlag(at=now, by=ENGINE, what="problem", leg=len(case.legs) - 1)
    flagged = replace(case, flags=(*case.flags, flag))
    highest = list(definition.supervision.levels)[-1]
    if case.supervision is not None and case.supervision.level == highest:
        return flagged
    step = SupervisionStep(at=now, by=ENGINE, what="raised", level=highest)
    return raised(definition, units, flagged, step)


def entries(definition: WorkflowDefinition) -> dict[str, ActionEntry]:
    """Return the actions of a workflow's supervision, which stand in every stage that goes on."""
    plan = definition.supervision
    return {
        "supervise": ActionEntry(who=plan.who),
        "answer_supervision": ActionEntry(),
        "end_supervision": ActionEntry(who=plan.closes),
    }


KINDS = (
    ActionKind(
        name="supervise",
        done="supervised",
        title=Text("督办", "Supervise"),
        told=Text("督办", "supervised"),
        grant=SUPERVISE_CASES,
        apply=_supervise,
        by="supervisor",
        needs=("level", "comment"),
        held=_STILL,
        allowed=_watches,
        fits=_is_higher,
    ),
    ActionKind(
        name="answer_supervision",
        done="supervision_answered",
        title=Text("回复督办", "Answer the supervision"),
        told=Text("回复督办", "supervision answered"),
        grant=WORK_CASES,
        apply=_answer,
        needs=("comment",),
        held=_STILL,
        allowed=_may_answer,
    ),
    ActionKind(
        name="end_supervision",
        done="supervision_ended",
        title=Text("办结督办", "End the supervision"),
        told=Text("办结督办", "supervision ended"),
        grant=SUPERVISE_CASES,
        apply=_end,
        by="supervisor",
        where="anywhere",
        needs=("comment",),
        held=(*_STILL, MERGED),
        allowed=_may_end,
    ),
)
