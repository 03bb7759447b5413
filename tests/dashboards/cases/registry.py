"""An owner of cases for tests: it decides by the city's own workflows, at once, and tells logs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.opening import CaseOpening, case_number
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command
from tests.dashboards.lists.memory_log import MemoryLog

DAY_S = timedelta(hours=8)
ADMIN = Actor(user="admin", role="administrator")
PLACE = "150302003"


class Registry:
    """Carries commands out, and keeps what came of them."""

    def __init__(self, engine: CaseEngine) -> None:
        self.engine = engine
        self.cases: dict[str, Case] = {}
        self.all_steps: list[CaseStep] = []
        self.steps, self.entries = MemoryLog(), MemoryLog()
        self.sent: list[Command] = []
        self.obeys, self.refuses = True, dict[str, Reason]()

    def send(self, commands: Sequence[Command]) -> None:
        """Take commands as the bus would."""
        self.sent += commands
        if self.obeys:
            for one in commands:
                self.obey(one)

    def close(self) -> None:
        """Let go of nothing."""

    def obey(self, command: Command) -> list[CaseStep]:
        """Do what `command` says, or refuse it."""
        number = case_number("WH", (command.at + DAY_S).date(), len(self.cases) + 1)
        context = CaseContext(command.at, self.cases, number=number)
        decided = self.engine.decide(command, context, command.id)
        reason = self.refuses.get(command.action) or decided.refusal
        steps = [] if reason else list(decided.steps)
        for step in steps:
            self.cases[step.id] = step.after
        self.all_steps += steps
        self.told(steps)
        entry = AuditEntry(
            id=command.id,
            at=command.at,
            user=command.actor.user,
            role=command.actor.role,
            action=command.action,
            target=command.target,
            outcome="refused" if reason else "accepted",
            reason=reason.code if reason else "",
            arguments=reason.arguments if reason else {},
        )
        self.steps.put(steps)
        self.entries.put([entry])
        return steps

    def told(self, steps: Sequence[CaseStep]) -> None:
        """Hear of steps before the log does: a store would."""

    def open(self, at: datetime, title: str = "井盖缺失", **more: Any) -> Case:
        """Open a case; `more` as of `CaseOpening`."""
        given: dict[str, Any] = {"kind": "manhole_cover_missing", "source": "clerk", "area": PLACE}
        opening = CaseOpening(title=title, **(given | more))
        command = order("open", str(uuid.uuid4()), at, record=opening)
        (step,) = self.obey(command)
        return step.after

    def walk(self, case: Case, at: datetime, *actions: tuple[str, dict[str, str]]) -> Case:
        """Do `actions` with a case, one after the other, as an administrator."""
        for action, details in actions:
            before = len(self.all_steps)
            self.obey(order(action, case.id, at, details=details))
            assert len(self.all_steps) > before, action
        return self.cases[case.id]

    def handled(self, case: Case, at: datetime, unit: str = "sanitation") -> Case:
        """Bring a case of city management to the unit that handles it."""
        return self.walk(case, at, ("accept", {}), ("file", {}), ("dispatch", {"unit": unit}))


def order(
    action: str,
    target: str,
    at: datetime,
    *,
    actor: Actor = ADMIN,
    details: dict[str, str] | None = None,
    record: Any = None,
) -> Command:
    """Return a command on a case."""
    return Command(
        id=str(uuid.uuid4()),
        action=action,
        target=target,
        actor=actor,
        at=at,
        details=details or {},
        record=msgspec.Raw(msgspec.json.encode(record)),
        noun="case",
    )
