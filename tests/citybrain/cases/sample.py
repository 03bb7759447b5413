"""Wuhai's cases as tests play them: a desk that sends commands and keeps what comes of them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from citybrain.cases.action_kind import CaseContext, Deadlines, NoDeadlines
from citybrain.cases.case_engine import OPEN, CaseEngine
from citybrain.cases.case_words import phrases_of
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case, CaseStep
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command
from tests.repository import WUHAI

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def actor(user: str, role: str, *units: str, areas: tuple[str, ...] = ()) -> Actor:
    return Actor(user=user, role=role, departments=units, areas=areas)


CENTRE = "city_management_centre"
CLERK = actor("cao", "clerk", CENTRE)
DISPATCHER = actor("du", "dispatcher", CENTRE)
SUPERVISOR = actor("su", "supervisor", CENTRE)
SECOND = actor("sun", "supervisor", CENTRE)
GRID = actor("ge", "grid_worker", CENTRE)
SANITATION = actor("sa", "clerk", "sanitation")
PARKS = actor("pa", "clerk", "parks")
EVERYWHERE = actor("an", "administrator")


@cache
def wuhai() -> CaseSetup:
    return load_case_setup(load_city(WUHAI))


@cache
def engine() -> CaseEngine:
    return CaseEngine(wuhai())


class Due:
    """Deadlines that a test sets."""

    def __init__(self, due: Mapping[str, datetime] | None = None, *, late: bool = True) -> None:
        self.due, self.late = dict(due or {}), late

    def due_at(self, case: Case, limit: str) -> datetime | None:
        del case
        return self.due.get(limit)

    def was_late(self, case: Case) -> bool:
        del case
        return self.late


@dataclass
class CaseDesk:
    """Plays commands, a minute apart, and keeps the steps.

    Attributes:
        engine: that.
        now: instant of the last command.
        steps: all that were made.
        cases: as they stand.
        deadlines: what is known of clocks.
    """

    engine: CaseEngine = field(default_factory=engine)
    now: datetime = NOON
    steps: list[CaseStep] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=NoDeadlines)
    ids: Iterable[int] = field(default_factory=lambda: itertools.count(1))
    refused: Reason | None = None

    def send(self, command: Command) -> Reason | None:
        """Carry `command` out; return why not."""
        self.now = max(self.now, command.at)
        number = f"WH-20260302-{len(self.cases) + 1:06}"
        context = CaseContext(self.now, self.cases, self.deadlines, number)
        decision = self.engine.decide(command, context, "test")
        for step in decision.steps:
            self.steps.append(step)
            self.cases[step.id] = step.after
        self.refused = decision.refusal
        return decision.refusal

    def command(
        self, who: Actor, action: str, target: str, *, expected: int | None = None, **details: str
    ) -> Command:
        """Return a command of a minute later."""
        self.now += MINUTE
        made = next(iter(self.ids))
        return Command(
            id=str(uuid.UUID(int=made)),
            action=action,
            target=target,
            noun="case",
            actor=who,
            at=self.now,
            expected=expected,
            details=details,
        )

    def do(
        self, who: Actor, action: str, case: Case, *, expected: int | None = None, **details: str
    ) -> Case:
        """Do it, which must be accepted; return the case as it is then."""
        refused = self.send(self.command(who, action, case.id, expected=expected, **details))
        assert refused is None, self.said(case, refused)
        return self.cases[case.id]

    def refusal(
        self, who: Actor, action: str, case: Case, *, expected: int | None = None, **details: str
    ) -> str:
        """Try it, which must be refused and change nothing; return why, in English."""
        before = dict(self.cases)
        refused = self.send(self.command(who, action, case.id, expected=expected, **details))
        assert refused is not None, "it was accepted"
        assert self.cases == before
        return self.said(case, refused)

    def said(self, case: Case, reason: Reason) -> str:
        setup = self.engine.setup
        definition = setup.definition(case.workflow, case.workflow_version)
        phrases = phrases_of(definition, setup.units)
        assert reason.code in phrases.codes
        said = phrases.say(reason)
        assert "?" not in said.en + said.zh
        return said.en

    def open(self, who: Actor = CLERK, **given: Any) -> Case:
        """Open a case of the city's management."""
        opening = {"kind": "exposed_rubbish", "title": "人民路垃圾", "source": "clerk", **given}
        record = msgspec.Raw(msgspec.json.encode(CaseOpening(**opening)))
        command = self.command(who, OPEN, str(uuid.uuid5(uuid.NAMESPACE_OID, str(len(self.cases)))))
        refused = self.send(msgspec.structs.replace(command, record=record))
        assert refused is None, refused
        return self.cases[command.target]

    def handled(self, **given: Any) -> Case:
        """Open a case and bring it to the sanitation service."""
        case = self.open(**given)
        case = self.do(CLERK, "accept", case)
        case = self.do(CLERK, "file", case)
        return self.do(DISPATCHER, "dispatch", case, unit="sanitation")

    def closed(self, **given: Any) -> Case:
        """Open a case and bring it to its end."""
        case = self.handled(**given)
        case = self.do(SANITATION, "resolve", case, comment="清理完毕")
        return self.do(GRID, "revisit", case, result="satisfied")
