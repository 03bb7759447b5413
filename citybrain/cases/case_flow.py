"""A workflow definition as the kit's workflow: the same refusals in the same order as for alerts.

Which stages a record has, and what can be done in which, comes from a file; that a role may, that
it is in scope, that its state fits, that details are there and that nobody was faster is the kit's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from msgspec.structs import astuple

from citybrain.cases import machine_steps, supervising
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.action_kinds import ACTION_KINDS
from citybrain.cases.case_words import HELD_STATES
from citybrain.cases.closed_loop import LoopStep, loop_steps
from citybrain.cases.definition import ActionEntry, WorkflowDefinition
from citybrain.cases.moving import settled
from citybrain.cases.records import Case, CaseStep
from citybrain.cases.supervising import watched_still
from citybrain.cases.units import Units, acts_for
from citybrain.floor.reason import Reason
from citybrain.floor.text import NOTHING
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.workflow import Action, Workflow

WARNED, OVERDUE = "warned", "overdue"
"""Steps by which a clock tells that its limit is nearly, or wholly, used up."""
BY_ITSELF = (
    *("flagged", "gathered", "ungathered", "part_split", "part_rejoined"),
    *(WARNED, OVERDUE, "signal_noted"),
)
"""Steps that leave what a person decides upon as it was."""
Variants = Mapping[tuple[str, str], Action[Case]]


@dataclass(frozen=True)
class CaseFlow(Workflow[Case, CaseStep]):
    """What cases of one version of a workflow can go through.

    Attributes:
        definition: the file.
        units: the units of the city.
        placed: (name, stage) → the action there.
        variants: the same as the kit does them.
    """

    definition: WorkflowDefinition = field(kw_only=True)
    units: Units = field(kw_only=True)
    placed: Mapping[tuple[str, str], PlacedAction] = field(kw_only=True)
    variants: Variants = field(kw_only=True)

    @cached_property
    def loop(self) -> Mapping[str, LoopStep]:
        """Which step of the closed loop each stage is that goes on."""
        return loop_steps(self.definition)

    def action_on(self, record: Case | None, name: str) -> Action[Case] | None:
        """Return the action as it is done in the record's stage; else as it is anywhere."""
        here = self.variants.get((name, record.stage)) if record is not None else None
        return here or self.actions.get(name)


def case_flow(
    definition: WorkflowDefinition, units: Units, kinds: frozenset[str] | None = None
) -> CaseFlow:
    """Return what cases go through by a definition of which nothing is wrong.

    Args:
        definition: that.
        units: of the city.
        kinds: ids of the city's catalogue; None: any will do.
    """
    every = (replace(one, kinds=kinds) for one in placed_actions(definition, units))
    placed = {(one.name, one.stage_id): one for one in every}
    actions = _anywhere(placed)
    states = {name: stage.title for name, stage in definition.stages.items()} | HELD_STATES
    return CaseFlow(
        noun="case",
        change=CaseStep,
        states=states,
        by_itself=frozenset(BY_ITSELF),
        actions=actions,
        definition=definition,
        units=units,
        placed=placed,
        variants={place: _action(one, _states(one)) for place, one in placed.items()},
    )


def placed_actions(definition: WorkflowDefinition, units: Units) -> list[PlacedAction]:
    """Return every action of a workflow where it stands, those of supervision among them."""
    found: list[PlacedAction] = []
    beside = supervising.entries(definition) | machine_steps.entries(definition)
    for stage_id, stage in definition.stages.items():
        entries: dict[str, ActionEntry] = dict(definition.actions_of(stage_id))
        entries |= {
            name: entry
            for name, entry in beside.items()
            if not stage.ends or ACTION_KINDS[name].where == "anywhere"
        }
        for name, entry in entries.items():
            kind = ACTION_KINDS[entry.does or name]
            who = entry.who or ((stage.owner,) if stage.owner else ())
            found.append(PlacedAction(definition, stage_id, name, entry, kind, who, units))
    return found


def _anywhere(placed: Mapping[tuple[str, str], PlacedAction]) -> dict[str, Action[Case]]:
    """Return each action for a record in whose stage it does not stand: it says so."""
    stages: dict[str, list[str]] = {}
    first: dict[str, PlacedAction] = {}
    for (name, _), one in placed.items():
        stages.setdefault(name, []).extend(_states(one))
        first.setdefault(name, one)
    return {name: _action(first[name], tuple(states)) for name, states in stages.items()}


def _states(placed: PlacedAction) -> tuple[str, ...]:
    own = () if placed.kind.only_held else (placed.stage_id,)
    return (*own, *placed.kind.held)


def _action(placed: PlacedAction, states: tuple[str, ...]) -> Action[Case]:
    kind, entry = placed.kind, placed.entry
    return Action(
        name=placed.name,
        done=placed.done,
        title=kind.title if entry.title == NOTHING else entry.title,
        told=kind.told if entry.told == NOTHING else entry.told,
        grant=kind.grant,
        apply=_applying(placed),
        from_states=states,
        needs=(*kind.needs, *entry.needs),
        allowed=_allowing(placed),
        fits=lambda case, command: kind.fits(placed, case, command),
        any_version=kind.any_version,
        alone=False,
    )


def _allowing(placed: PlacedAction) -> Callable[[Actor, Case], Reason | None]:
    kind = placed.kind

    def allowed(actor: Actor, case: Case) -> Reason | None:
        if not placed.done_by(actor.role):
            return Reason("not_your_role_here", {"role": ",".join(placed.who)})
        unit = _unit_asked(kind, placed.definition, case)
        if unit and not acts_for(actor, unit):
            return Reason("not_your_unit", {"unit": unit})
        return kind.allowed(placed, actor, case)

    return allowed


def _unit_asked(kind: ActionKind, definition: WorkflowDefinition, case: Case) -> str:
    """Return the unit that an action is done for; "": its kind asks by itself, or nobody does."""
    return {"owner": case.unit, "centre": definition.centre}.get(kind.by, "")


def _applying(placed: PlacedAction) -> Callable[[Case, Command], dict[str, Any]]:
    kind, definition, units = placed.kind, placed.definition, placed.units

    def apply(case: Case, command: Command) -> dict[str, Any]:
        after = kind.apply(placed, case, command)
        after = watched_still(units, after)
        return changed(
            case, settled(definition, units, case, after, command.at, placed.entry.clock)
        )

    return apply


def changed(before: Case, after: Case) -> dict[str, Any]:
    """Return the fields in which `after` differs."""
    fields = zip(Case.__struct_fields__, astuple(before), astuple(after), strict=True)
    return {name: new for name, old, new in fields if new is not old}
