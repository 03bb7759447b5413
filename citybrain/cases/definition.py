"""A workflow as its YAML file says it; frozen, and nothing in it is code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from citybrain.floor.text import NOTHING, Text

CENTRE, HANDLER, ABOVE = "centre", "handler", "above"
"""Who has a case, where a file names no unit: the workflow's centre, whoever it was dispatched to,
and of a supervision the unit above the one that has it."""


@dataclass(frozen=True)
class ActionEntry:
    """An action as it stands in a stage; plain text in its place is `to` alone.

    Attributes:
        to: stage that it leads to; "": the case stays where it is.
        does: the kind of action that it is; "": the one that it is called after.
        redo_to: of a revisit, the stage that an unsatisfied one leads to.
        who: roles that do it here; none: the stage's owner.
        needs: details that it cannot do without, beside those of its kind.
        clock: key of the limit that it is measured by, from the beginning of the stage until it is
            done; late is late, and still allowed.
        within: key of the limit after which it is refused; "": it never is.
        most: how often it may be done at most with one case; 0: as often as need be.
        title, told: what the button and the step say here, where its kind's words do not do.
    """

    SHORTHAND: ClassVar[str] = "to"

    to: str = ""
    does: str = ""
    redo_to: str = ""
    who: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    clock: str = ""
    within: str = ""
    most: int = 0
    title: Text = NOTHING
    told: Text = NOTHING


@dataclass(frozen=True)
class Stage:
    """A stage of a workflow.

    Attributes:
        title: what people at work call it.
        told: what a citizen reads of a case that is in it; not given: `title`.
        owner: role whose matter it is.
        at: who has the case in it: ``centre``, ``handler``, or the id of a unit.
        clock: key of its limit.
        pauses: whether the clock of the whole case stands still in it.
        ends: what a case that gets here ends as (``closed``, ``rejected`` …); "": it goes on.
        actions: what can be done in it, by name.
    """

    title: Text
    told: Text = NOTHING
    owner: str = ""
    at: str = HANDLER
    clock: str = ""
    pauses: bool = False
    ends: str = ""
    actions: Mapping[str, ActionEntry] = field(default_factory=dict)

    @property
    def words(self) -> Text:
        """What a citizen reads."""
        return self.title if self.told == NOTHING else self.told


@dataclass(frozen=True)
class SupervisionPlan:
    """How cases of a workflow are supervised; it runs beside the stages.

    Attributes:
        who: roles that begin and raise it.
        closes: roles that end it; never one that works a stage.
        levels: id → what it is called, from the lowest.
        at: who supervises: ``centre``, ``above``, or the id of a unit.
    """

    who: tuple[str, ...]
    closes: tuple[str, ...]
    levels: Mapping[str, Text]
    at: str = CENTRE


@dataclass(frozen=True)
class ProblemOrder:
    """When a case becomes a problem order 问题工单, which escalates by itself.

    Attributes:
        redos: after so many times done again.
        transfers: after so many units that handed it on or back.
    """

    redos: int = 3
    transfers: int = 3


@dataclass(frozen=True)
class MachinePlan:
    """Where a case goes by what no person says.

    Attributes:
        reported: stage that it goes to when its source reports it solved; "": where it is.
        persists: stage that it is sent back to when it was said to be solved, and its signal is
            still there, or back; "": no signal is asked.
    """

    reported: str = ""
    persists: str = ""


@dataclass(frozen=True)
class WorkflowDefinition:
    """A workflow.

    Attributes:
        id: the file's name.
        title: what it is called.
        version: counts up with every change of it.
        centre: unit that has a case where no other has it.
        start: stage in which a case begins.
        stages: by id.
        supervision: how its cases are supervised.
        clock: key of the limit of the whole case; "": it has none.
        everywhere: what can be done in every stage that goes on; a stage's own comes first.
        conditions: what people can choose from as a case's condition; none: the city's limits say.
        words: what a citizen reads of a case that is ``suspended`` or ``deferred``; not given: what
            its stage says.
        problem: when a case becomes a problem order.
        machine: where a case goes by what no person says.
        extensions: how many extensions may be approved in a leg.
        deferral_days: how long a case may be put aside at most.
        renamed: id of a stage of an earlier version → what it is called here.
    """

    id: str
    title: Text
    version: int
    centre: str
    start: str
    stages: Mapping[str, Stage]
    supervision: SupervisionPlan
    clock: str = ""
    everywhere: Mapping[str, ActionEntry] = field(default_factory=dict)
    conditions: Mapping[str, Text] = field(default_factory=dict)
    words: Mapping[str, Text] = field(default_factory=dict)
    problem: ProblemOrder = ProblemOrder()
    machine: MachinePlan = MachinePlan()
    extensions: int = 2
    deferral_days: int = 365
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people and logs call it, with its version."""
        return f"{self.id} {self.version}"

    def actions_of(self, stage_id: str) -> Mapping[str, ActionEntry]:
        """Return what can be done in a stage, but for its supervision."""
        return self._actions[stage_id]

    def placed(self) -> Iterator[tuple[str, str, ActionEntry]]:
        """Yield each action with its stage and its name."""
        for stage_id in self.stages:
            for name, entry in self.actions_of(stage_id).items():
                yield stage_id, name, entry

    def limits(self, stage_id: str) -> tuple[str, ...]:
        """Return the keys of the limits whose clocks begin with a stage; its own comes first."""
        return self._limits[stage_id]

    @cached_property
    def _actions(self) -> dict[str, Mapping[str, ActionEntry]]:
        return {
            name: stage.actions if stage.ends else {**self.everywhere, **stage.actions}
            for name, stage in self.stages.items()
        }

    @cached_property
    def _limits(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for name, stage in self.stages.items():
            keys = [stage.clock]
            for entry in self._actions[name].values():
                keys += [entry.clock, entry.within]
            found[name] = tuple(dict.fromkeys(key for key in keys if key))
        return found
