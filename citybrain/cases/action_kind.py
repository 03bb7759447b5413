"""What a kind of action is: all that code says of it; where it stands is said by workflows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from citybrain.accounts.roles import PLATFORM
from citybrain.cases.definition import ActionEntry, Stage, WorkflowDefinition
from citybrain.cases.records import Case
from citybrain.cases.units import Units
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

By = Literal["owner", "centre", "side", "supervisor", "anyone"]
"""For which unit an action is done: the one that owns the case, the workflow's centre, one with a
part of the case, one that supervises it; or whoever sees the case."""
Leads = Literal["nowhere", "on", "perhaps"]
Where = Literal["going", "ended", "anywhere"]


class Deadlines(Protocol):
    """What is known of a case's clocks, by who computes them."""

    def due_at(self, case: Case, limit: str) -> datetime | None:
        """Return when the clock called `limit` runs out; None: there is none, or nobody knows."""
        ...

    def was_late(self, case: Case) -> bool:
        """Return whether a clock of the last leg ran out before it stopped."""
        ...


class NoDeadlines:
    """Where no clock is asked: nothing is ever due, and who says it was late is believed."""

    def due_at(self, case: Case, limit: str) -> None:
        """Return None."""
        del case, limit

    def was_late(self, case: Case) -> bool:
        """Return True."""
        del case
        return True


@dataclass(frozen=True)
class CaseContext:
    """What the engine is told besides the case: everything that is not in it.

    Attributes:
        now: the present instant.
        cases: other cases by id, for what is done with two.
        deadlines: what is known of clocks.
        number: what the next new case is called, for what makes one.
        signals: id of a signal → id of the case that began last with it.
    """

    now: datetime
    cases: Mapping[str, Case] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=NoDeadlines)
    number: str = ""
    signals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlacedAction:
    """An action where it stands: its workflow, its stage, what the file says, its kind.

    Attributes:
        definition: the workflow.
        stage_id: id of the stage.
        name: what it is called there.
        entry: what the file says.
        kind: what it is.
        who: roles that do it there.
        units: the units of the city.
        kinds: ids of the kinds of the city's catalogue; None: any will do.
    """

    definition: WorkflowDefinition
    stage_id: str
    name: str
    entry: ActionEntry
    kind: ActionKind
    who: tuple[str, ...]
    units: Units
    kinds: frozenset[str] | None = None

    @property
    def stage(self) -> Stage:
        """The stage."""
        return self.definition.stages[self.stage_id]

    @property
    def done(self) -> str:
        """What the step is called: as its kind says, or as the workflow that has its own name."""
        return self.kind.done if self.name == self.kind.name else self.name

    def knows_kind(self, name: str) -> bool:
        """Return whether the catalogue has a kind."""
        return self.kinds is None or name in self.kinds

    def done_by(self, role: str) -> bool:
        """Return whether `role` does it there."""
        return role in self.who or role in _EVERYTHING


class Also(NamedTuple):
    """What an action does to another case: that case as it stands, the step, and it afterwards."""

    before: Case | None
    what: str
    after: Case


Apply = Callable[[PlacedAction, Case, Command], Case]


def _allowed(_placed: PlacedAction, _actor: Actor, _case: Case) -> Reason | None:
    return None


def _fits(_placed: PlacedAction, _case: Case, _command: Command) -> Reason | None:
    return None


def _timely(_placed: PlacedAction, _case: Case, _context: CaseContext) -> Reason | None:
    return None


def _linked(
    _placed: PlacedAction, _case: Case, _command: Command, _context: CaseContext
) -> Reason | None:
    return None


def _also(
    _placed: PlacedAction, _case: Case, _command: Command, _context: CaseContext
) -> Iterable[Also]:
    return ()


@dataclass(frozen=True)
class ActionKind:
    """One kind of action; all that there is to say of it stands here.

    Attributes:
        name: as workflows and commands call it, an imperative.
        done: as the step that it makes is called.
        title, told: what a button says, and what the step says; workflows may say it otherwise.
        grant: what a role must have to do it.
        apply: placed action, case and command → the case afterwards; the engine adds what follows
            from it (its state, whom it concerns, its clock).
        leads: whether it leads to another stage: ``nowhere``, ``on``, ``perhaps`` (as the file
            says).
        by: for which unit it is done.
        where: in stages that go on, in those in which cases end, or in any.
        needs: details that it cannot do without.
        held: states besides its stages in which it can be done.
        only_held: whether it can be done in those alone.
        answered_by: kinds of which one must stand in the same stage, or what it begins never ends.
        keys: of ``within``, ``most`` and ``redo_to`` those that a workflow may give it.
        allowed: beyond role, unit and state: why this actor may not do it with this case.
        fits: why the details that were given cannot be.
        timely: why it is too late, or too early.
        linked: why it cannot be, because of other cases.
        also: what it does to other cases; `case` is as it stood before.
        count: how often it was done with a case, for ``most``.
        any_version: whether it is done whatever version the person saw.
    """

    name: str
    done: str
    title: Text
    told: Text
    grant: str
    apply: Apply
    leads: Leads = "nowhere"
    by: By = "owner"
    where: Where = "going"
    needs: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    only_held: bool = False
    answered_by: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    allowed: Callable[[PlacedAction, Actor, Case], Reason | None] = _allowed
    fits: Callable[[PlacedAction, Case, Command], Reason | None] = _fits
    timely: Callable[[PlacedAction, Case, CaseContext], Reason | None] = _timely
    linked: Callable[[PlacedAction, Case, Command, CaseContext], Reason | None] = _linked
    also: Callable[[PlacedAction, Case, Command, CaseContext], Iterable[Also]] = _also
    count: Callable[[Case], int] = lambda _case: 0
    any_version: bool = False


_EVERYTHING = frozenset({"administrator", PLATFORM.id})
