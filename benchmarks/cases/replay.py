"""Cases through their owner without Kafka: commands in, what is to be written out, time between.

Timed is what the owner does from a decoded command to encoded records: refusals, the step, the
clocks, the audit entry, what becomes due meanwhile. Making the commands is not.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psutil

from benchmarks.cases.lives import A_DAY, SHORTEST, Story, commands
from benchmarks.harness import ROOT
from benchmarks.measure import MIB
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.records import CaseStep
from citybrain.city import load_city
from citybrain.workflow.commands import Command
from streams.cases.case_owner import CaseOwner
from streams.owned.outcome import InputOutcome

FORGET_EVERY = timedelta(hours=1)


@dataclass
class CaseReplay:
    """An owner, and what came of what it was told.

    Attributes:
        owner: that.
        refused: reasons, with how often.
        commands, steps, closed, entries, written: counts; bytes that were encoded.
        wall_s, cpu_s: spent by the owner.
        most_open, most_held: cases at once.
    """

    owner: CaseOwner
    refused: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    steps: int = 0
    closed: int = 0
    entries: int = 0
    written: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    most_open: int = 0
    most_held: int = 0
    _forget_at: datetime | None = None

    def take(self, chunk: list[Command]) -> None:
        """Let the owner do what `chunk` says, each at its own instant, and what time brings."""
        cpu, wall = time.process_time(), time.perf_counter()
        outcomes = [outcome for command in chunk for outcome in self._take(command)]
        self.cpu_s += time.process_time() - cpu
        self.wall_s += time.perf_counter() - wall
        self.commands += len(chunk)
        for outcome in outcomes:
            self._count(outcome)
        self.most_open = max(self.most_open, len(self.owner.held.open))
        self.most_held = max(self.most_held, len(self.owner.held.known))

    def _take(self, command: Command) -> list[InputOutcome]:
        at, found = command.at, list[InputOutcome]()
        while self.owner.waits(at):
            found.append(self.owner.on_time(at))
        if self._forget_at is None or at >= self._forget_at:
            self.owner.held.forget(at)
            self._forget_at = at + FORGET_EVERY
        found.append(self.owner.take_command(command, "city.commands/0/0", at))
        return found

    def _count(self, outcome: InputOutcome) -> None:
        self.refused.update(entry.reason for entry in outcome.audit if entry.reason)
        self.entries += len(outcome.audit)
        steps = outcome.records(CaseStep)
        self.steps += len(steps)
        self.closed += sum(not step.after.open for step in steps)
        self.written += sum(len(one.value) for one in outcome.outputs)
        if outcome.failures:
            raise RuntimeError(f"the owner failed: {outcome.failures[0].problem}")


def new_owner() -> CaseOwner:
    """Return an owner of Wuhai's cases that knows none."""
    return CaseOwner(CaseEngine.of(load_city(ROOT / "cities" / "wuhai")))


def replay(days: float, part: int = 0, parts: int = 1) -> dict[str, Any]:
    """Replay the cases that begin within `days`, every `parts`th of them from the `part`th on."""
    found, process, rss = CaseReplay(new_owner()), psutil.Process(), list[float]()
    last = round(days * A_DAY)
    told = 0
    for chunk in commands(part, last, parts):
        found.take(chunk)
        day = chunk[-1].at.toordinal()
        if day != told:
            told = day
            rss.append(round(process.memory_info().rss / MIB, 1))
    return {
        "cases": len(range(part, last, parts)),
        "commands": found.commands,
        "steps": found.steps,
        "refused": dict(found.refused),
        "mb_written": round(found.written / MIB, 1),
        "cpu_s": round(found.cpu_s, 2),
        "wall_s": round(found.wall_s, 2),
        "commands_per_cpu_s": round(found.commands / found.cpu_s),
        "commands_per_s": round(found.commands / found.wall_s),
        "most_open": found.most_open,
        "most_held": found.most_held,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "rss_mb_by_day": rss,
    }


def six_commands(cases: int) -> dict[str, float]:
    """Carry out the shortest life `cases` times, one after the other, as peers do."""
    found = CaseReplay(new_owner())
    for number in range(cases):
        story, chunk = Story(number, SHORTEST), list[Command]()
        chunk.append(story.command())
        while story.advance():
            chunk.append(story.command())
        found.take(chunk)
    return {"cpu_s": found.cpu_s, "commands": found.commands, "closed": found.closed}
