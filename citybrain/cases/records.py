"""The records of cases as they travel on the bus: JSON, one record a message.

    CaseStep   city.cases     one step in the life of a case: the only truth

Cases are folded from steps; nothing is ever edited. A case holds no name and no number of a
citizen: who reported stands where the matter came from, under its id there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from citybrain.cases.case_parts import (
    Appeal,
    CaseFlag,
    CaseReturn,
    CaseTransfer,
    Deferral,
    Doing,
    Extension,
    JointPart,
    Leg,
    Redo,
    Revisit,
    Signal,
    Supervision,
)
from citybrain.cases.clock_facts import ClockFact
from citybrain.floor.clock import Instant
from citybrain.floor.origins import Origin
from citybrain.workflow.scope import Belonging
from citybrain.workflow.steps import Change, Record

Source = Literal["alert", "event", "clerk", "grid", "hotline", "citizen"]
SUSPENDED, DEFERRED, MERGED = "suspended", "deferred", "merged"
HELD = (SUSPENDED, DEFERRED, MERGED)
"""States of a case that stands still in its stage."""
ENGINE = "engine"
"""Who makes the steps that no person makes."""


class Case(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A case as folded from its steps.

    Attributes:
        state: its stage, or one of `HELD` while it stands still there.
        number: what people call it: ``WH-20261130-000123``.
        workflow, workflow_version: which one it goes by; a newer version changes nothing for it.
        stage: id of the stage of that workflow.
        kind, condition: catalogue kind, and which of its conditions; limits go by both.
        title, text: what it is about.
        area, lon, lat: where, as far as known (WGS-84).
        origin: exercise beats simulated beats replay beats live, over what it rests on.
        drill: the run, of an exercise.
        source: how it came in.
        outside: system → id of the same matter there.
        severity: how urgent, 0 to 4.
        unit: who owns it now; never nobody.
        person: account that has it within the unit; "": nobody yet.
        handler: the unit that it was dispatched to; "": none yet.
        concerned: the units that it concerns, the workflow's centre too, with all above them.
        parts: joint handling, a part a unit.
        legs: runs from opening to closing; the last may be open.
        returns, transfers, redos, extensions, deferrals, revisits: what happened of that.
        suspension: since when it is suspended, and why; None: it is not.
        supervisions: the last may be open.
        appeal: None: nobody appealed.
        merged_into: the case that it follows; "": it stands alone.
        children: cases that follow this one, by id.
        split_from, split_into: what it was split from, and what was split from it, by id; also what
            has followed it again since (`merged_into`).
        flags: marks that stay.
        attachments, alerts, events: ids of files, alerts and events that belong to it.
        clock: what its clocks are folded from.
        claimed_at: when it was said to be solved, in the last leg and not sent back since.
        signal: what is measured of it; None: nothing is.
        told: timers of its clocks that were told, `ClockTimer.name` → when it was due.
        comment: the last words said.
        answer: what was told to who reported it.
        rating: their rating, 1 to 5; 0: none.
    """

    number: str
    workflow: str
    workflow_version: int
    stage: str
    kind: str
    title: str
    source: Source
    unit: str
    legs: tuple[Leg, ...]
    condition: str = ""
    text: str = ""
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    origin: Origin = "live"
    drill: str = ""
    outside: dict[str, str] = msgspec.field(default_factory=dict)
    severity: int = 1
    person: str = ""
    handler: str = ""
    concerned: tuple[str, ...] = ()
    parts: tuple[JointPart, ...] = ()
    returns: tuple[CaseReturn, ...] = ()
    transfers: tuple[CaseTransfer, ...] = ()
    redos: tuple[Redo, ...] = ()
    extensions: tuple[Extension, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    revisits: tuple[Revisit, ...] = ()
    suspension: Doing | None = None
    supervisions: tuple[Supervision, ...] = ()
    appeal: Appeal | None = None
    merged_into: str = ""
    children: tuple[str, ...] = ()
    split_from: str = ""
    split_into: tuple[str, ...] = ()
    flags: tuple[CaseFlag, ...] = ()
    attachments: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    clock: tuple[ClockFact, ...] = ()
    claimed_at: Instant | None = None
    signal: Signal | None = None
    told: dict[str, Instant] = msgspec.field(default_factory=dict)
    comment: str = ""
    answer: str = ""
    rating: int = 0

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns: units, which departments are too, and the place."""
        return Belonging(self.concerned, self.area)

    @property
    def open(self) -> bool:
        """Whether somebody may still have to act, as far as it is not followed elsewhere."""
        return self.legs[-1].closed_at is None

    @property
    def opened_at(self) -> Instant:
        """When it was opened first."""
        return self.legs[0].opened_at

    @property
    def closed_at(self) -> Instant | None:
        """When it was closed first, whatever came later: what figures count."""
        return self.legs[0].closed_at

    @property
    def deferral(self) -> Deferral | None:
        """The deferral that holds it now."""
        last = self.deferrals[-1] if self.deferrals else None
        return last if last is not None and last.ended_at is None else None

    @property
    def supervision(self) -> Supervision | None:
        """The supervision that goes on."""
        last = self.supervisions[-1] if self.supervisions else None
        return last if last is not None and last.open else None

    @property
    def asked_extension(self) -> Extension | None:
        """The extension that waits for an answer."""
        last = self.extensions[-1] if self.extensions else None
        return last if last is not None and not last.answer else None

    @property
    def approved_extensions(self) -> tuple[Extension, ...]:
        """The extensions that were approved in the last leg."""
        leg = len(self.legs) - 1
        approved = (one for one in self.extensions if one.answer == "approved")
        return tuple(one for one in approved if one.leg == leg)

    @property
    def open_parts(self) -> tuple[JointPart, ...]:
        """The parts that are still to be done."""
        return tuple(part for part in self.parts if part.open)

    @property
    def world(self) -> str:
        """What it may act within: its origin, and of an exercise the run that it is of."""
        return f"{self.origin}-{self.drill}" if self.drill else self.origin

    def flagged(self, what: str) -> bool:
        """Return whether it bears the flag `what`."""
        return any(flag.what == what for flag in self.flags)


class CaseStep(Change[Case], frozen=True, kw_only=True, tag="step", omit_defaults=True):
    """One step of a case's life on city.cases, keyed by the case; its id is called ``case``.

    `what` is the `done` of an `ActionKind`, the name that a workflow gave an action, or one of:
    opened, gathered, ungathered, part_split, part_rejoined (of the other case of a merge or a
    split), flagged, warned, overdue (by itself), moved (to another version of its
    workflow). Details hold the command's own, its id as ``command``, its ``action`` and the
    ``role`` of who gave it; of another case's step the id of the command's own as ``case``; of what
    a clock tells ``limit``, ``due`` (ISO) and ``percent``.
    """

    id: str = msgspec.field(name="case")
