"""Cases of a year as clerks work them: the commands of all cases, in the order of their instants.

Everything follows from a case's number. Seven lives, from a matter that is done in eight commands
to one that is handed on, put off, supervised and done twice; some turns take longer than their
limit, so clocks warn and tell breaches too. Nothing of it asks the engine.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from citybrain.cases.opening import CaseOpening
from citybrain.workflow.commands import NO_RECORD, Actor, Command

A_DAY = 2_740
"""Cases that begin on a day: a million a year."""
BEGIN = datetime(2025, 1, 1, 16, tzinfo=UTC)  # midnight in Wuhai
LATE, LATE_BY = 0.04, 30
"""Share of the turns that take so many times as long."""
_CENTRE, _HOTLINE = "city_management_centre", "hotline"
_SAID = "已到现场处理，附现场照片"
CHUNK = 2_000


class Turn(NamedTuple):
    """One command of a life: minutes after the one before, who gives it, what it says."""

    minutes: float
    who: Actor
    action: str
    details: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Life:
    """What a case goes through after it was opened.

    Attributes:
        kind: of the matter.
        source: how it came in.
        share: how many of a hundred cases.
        turns: its commands, but for the opening.
    """

    kind: str
    source: str
    share: int
    turns: tuple[Turn, ...]


def _who(user: str, role: str, *units: str) -> Actor:
    return Actor(user=user, role=role, departments=units)


_CLERK = _who("clerk_1", "clerk", _CENTRE)
_DISPATCHER = _who("dispatcher_1", "dispatcher", _CENTRE)
_SUPERVISOR = _who("supervisor_1", "supervisor", _CENTRE)
_GRID = _who("grid_1", "grid_worker", _CENTRE)
_SANITATION = _who("sanitation_1", "clerk", "sanitation")
_PARKS = _who("parks_1", "clerk", "parks")
_TAKER = _who("hotline_1", "clerk", _HOTLINE)
_SENDER = _who("hotline_2", "dispatcher", _HOTLINE)
_WORDS = {"comment": _SAID}
_TO_SANITATION = {"unit": "sanitation"}

_FILED = (
    Turn(4, _CLERK, "accept"),
    Turn(6, _CLERK, "file"),
    Turn(7, _DISPATCHER, "dispatch", _TO_SANITATION),
)
_SIGNED = (*_FILED, Turn(10, _SANITATION, "accept"))
_AT_WORK = (
    *_SIGNED,
    Turn(5, _SANITATION, "assign", {"person": "sanitation_1"}),
    Turn(20, _SANITATION, "comment", _WORDS),
)
_RESOLVED = Turn(40, _SANITATION, "resolve", _WORDS)
_CHECKED = Turn(25, _GRID, "revisit", {"result": "satisfied"})
_REDONE = (
    Turn(25, _GRID, "revisit", {"result": "unsatisfied", "comment": "现场未恢复"}),
    Turn(30, _SANITATION, "comment", _WORDS),
    Turn(30, _SANITATION, "resolve", _WORDS),
)
LIVES = (
    Life("exposed_rubbish", "grid", 20, (*_SIGNED, _RESOLVED, _CHECKED)),
    Life(
        "piled_waste",
        "grid",
        20,
        (*_AT_WORK, Turn(15, _SANITATION, "comment", _WORDS), _RESOLVED, *_REDONE, _CHECKED),
    ),
    Life(
        "waste_dumping",
        "clerk",
        12,
        (
            *_AT_WORK,
            Turn(10, _SUPERVISOR, "suspend", {"comment": "等待封路许可"}),
            Turn(600, _SUPERVISOR, "resume", _WORDS),
            _RESOLVED,
            _CHECKED,
        ),
    ),
    Life(
        "bin_damaged",
        "event",
        12,
        (
            *_AT_WORK,
            Turn(10, _SANITATION, "ask_extension", {"comment": "配件未到"}),
            Turn(30, _SUPERVISOR, "approve_extension", _WORDS),
            Turn(700, _SANITATION, "comment", _WORDS),
            _RESOLVED,
            _CHECKED,
        ),
    ),
    Life(
        "green_damaged",
        "clerk",
        8,
        (
            *_FILED,
            Turn(20, _SANITATION, "return", {"comment": "属园林管护"}),
            Turn(10, _DISPATCHER, "dispatch", {"unit": "parks"}),
            Turn(12, _PARKS, "accept"),
            Turn(40, _PARKS, "comment", _WORDS),
            Turn(40, _PARKS, "resolve", _WORDS),
            _CHECKED,
        ),
    ),
    Life(
        "open_burning",
        "clerk",
        8,
        (
            *_AT_WORK,
            Turn(10, _SUPERVISOR, "supervise", {"level": "reminder", "comment": "请尽快"}),
            Turn(10, _SANITATION, "answer_supervision", _WORDS),
            _RESOLVED,
            *_REDONE,
            Turn(5, _SUPERVISOR, "end_supervision", _WORDS),
            _CHECKED,
        ),
    ),
    Life(
        "road_cleaning",
        "hotline",
        20,
        (
            Turn(4, _TAKER, "accept"),
            Turn(10, _SENDER, "dispatch", _TO_SANITATION),
            Turn(10, _SANITATION, "accept"),
            Turn(15, _SANITATION, "assign", {"person": "sanitation_1"}),
            Turn(20, _SANITATION, "ask_citizen", {"comment": "请补充具体位置"}),
            Turn(240, _SANITATION, "go_on", _WORDS),
            Turn(60, _SANITATION, "comment", _WORDS),
            Turn(60, _SANITATION, "resolve", _WORDS),
            Turn(20, _SANITATION, "feedback", _WORDS),
            Turn(20, _TAKER, "finish", _WORDS),
            Turn(300, _TAKER, "revisit", {"result": "satisfied"}),
            Turn(60, _TAKER, "rate", {"rating": "5"}),
        ),
    ),
)
SHORTEST = Life("exposed_rubbish", "grid", 0, (*_FILED, _RESOLVED, _CHECKED))
"""Six commands, the opening included."""
_OF_HUNDRED = [life for life in LIVES for _ in range(life.share)]
_OPENERS = {"hotline": _TAKER}


class Story:
    """One case: its number, its life, and the next of its commands."""

    __slots__ = ("_dice", "_life", "at", "number", "turn")

    def __init__(self, number: int, life: Life | None = None) -> None:
        """Begin on the day that its number says; `life`: not that of the dice."""
        dice = random.Random(number)  # noqa: S311  reproducible, and nobody's secret
        self.number, self.turn = number, 0
        self._dice, self._life = dice, life or _OF_HUNDRED[dice.randrange(100)]
        minute = min(max(dice.gauss(750, 210), 0), 1_439)
        self.at = BEGIN + timedelta(days=number // A_DAY, minutes=minute)

    def __lt__(self, other: Story) -> bool:
        """Whether its next command is given before that of `other`."""
        return (self.at, self.number) < (other.at, other.number)

    def command(self) -> Command:
        """Return the next command; `advance` then goes on."""
        turns = self._life.turns
        turn = (
            turns[self.turn - 1]
            if self.turn
            else Turn(0, _OPENERS.get(self._life.source, _CLERK), "open")
        )
        return Command(
            id=f"{self.number:08x}-0000-4000-9000-{self.turn:012x}",
            action=turn.action,
            target=f"{self.number:08x}-0000-4000-8000-000000000000",
            actor=turn.who,
            at=self.at,
            details=dict(turn.details),
            record=NO_RECORD if self.turn else self._opening(),
            noun="case",
        )

    def advance(self) -> bool:
        """Go on to the next command; return whether there is one."""
        if self.turn == len(self._life.turns):
            return False
        late = LATE_BY if self._dice.random() < LATE else 1
        minutes = self._life.turns[self.turn].minutes * late * self._dice.uniform(0.4, 1.6)
        self.at += timedelta(minutes=minutes)
        self.turn += 1
        return True

    def _opening(self) -> msgspec.Raw:
        opening = CaseOpening(
            kind=self._life.kind,
            title=f"新华街道人民路{self.number % 300}号：{self._life.kind}",
            text="市民反映该处长期无人清理，气味较大，影响出行，请相关单位尽快到现场处理并答复。",
            source=self._life.source,  # type: ignore[arg-type]  one of `Source`
            area="150302003",
            lon=106.8 + self.number % 100 / 1_000,
            lat=39.6 + self.number % 90 / 1_000,
            origin="simulated",
            severity=self.number % 4,
        )
        return msgspec.Raw(msgspec.json.encode(opening))


def commands(first: int, last: int, step: int = 1) -> Iterator[list[Command]]:
    """Yield, in chunks, what is done with the cases of some numbers, in the order of instants.

    Args:
        first: the first number.
        last: the number behind the last one; `A_DAY` of them begin on a day.
        step: every so manieth.
    """
    going: list[Story] = []
    chunk: list[Command] = []
    fresh = iter(range(first, last, step))
    day, waiting = first // A_DAY, next(fresh, None)
    while going or waiting is not None:
        while waiting is not None and waiting // A_DAY <= day:
            heapq.heappush(going, Story(waiting))
            waiting = next(fresh, None)
        day += 1
        until = BEGIN + timedelta(days=day)
        while going and (going[0].at < until or waiting is None):
            story = going[0]
            chunk.append(story.command())
            if story.advance():
                heapq.heapreplace(going, story)
            else:
                heapq.heappop(going)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk
