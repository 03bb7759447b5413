"""Cases that nobody has, and what clerks who do not exist do with them; pure.

Everything follows from (seed, day): the same day gives the same commands whenever it is asked for.
A story goes on by the city's own workflows: at each turn the engine says what is allowed, and a
die says what a clerk would choose. Most are done in time; some are late, sent back, done badly and
done again, supervised, put aside or turned away, so that every stage and every trouble is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

import msgspec
import numpy as np

from citybrain.accounts.roles import PLATFORM
from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_engine import OPEN, CaseEngine
from citybrain.cases.dispatching import Matter
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case, Source
from citybrain.roof.replay.rhythm import generator
from citybrain.roof.replay.simulation_plan import SimulationPlan
from citybrain.workflow.commands import NO_RECORD, Actor, Command

CLERK = "simulated_clerk"
LONGEST = timedelta(days=12)
MOST_TURNS = 40
LATE = 0.12
"""Share of the turns that take longer than their limit."""
_NAMESPACE = UUID("b7d7c9b0-3f4e-5c57-8a55-1503000c1e27")
_SOURCES: tuple[Source, ...] = ("grid", "hotline", "clerk", "event")
_ACTOR = Actor(user=CLERK, role=PLATFORM.id)
_ODD: Mapping[str, float] = {
    "return": 0.06,
    "transfer": 0.03,
    "redo": 0.06,
    "reject": 0.03,
    "supervise": 0.03,
    "suspend": 0.02,
    "defer": 0.01,
    "recall": 0.02,
    "feedback": 0.1,
    "comment": 0.15,
    "ask_extension": 0.03,
}
"""Kind of action → how often it is chosen where it is allowed, beside what leads on."""
_NEVER = frozenset(
    {"merge", "split", "attach", "join", "appeal", "reopen", "withdraw_part", "reclassify"}
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "return": ("不属于本单位职责", "权属单位另有其人"),
    "redo": ("现场复核未恢复原状", "市民反映仍未解决"),
    "reject": ("现场未发现该问题", "与已办结案件重复"),
    "supervise": ("即将超期，请尽快处置",),
    "suspend": ("等待配件到货",),
    "defer": ("需列入明年改造计划",),
    "ask_extension": ("施工需封路审批",),
}
_DONE = ("已处置完毕，现场恢复", "已到现场处理", "已完成，附现场记录")


@dataclass(frozen=True)
class SimulatedClerks:
    """Makes the cases of days.

    Attributes:
        engine: what is allowed, and until when it should be done.
        plan: where matters lie, what is said of them, how many there are a day.
    """

    engine: CaseEngine
    plan: SimulationPlan

    def between(self, since: datetime, until: datetime, begin: date) -> list[Command]:
        """Return the commands given after `since` and not after `until` (aware), in their order.

        Args:
            since: until when they were given before.
            until: the present.
            begin: first day of the city of which there are cases.
        """
        first = max(begin, (since - LONGEST).astimezone(self.engine.clocks.time.zone).date())
        last = until.astimezone(self.engine.clocks.time.zone).date()
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found = [one for day in days for one in self.day(day) if since < one.at <= until]
        return sorted(found, key=lambda one: (one.at, one.id))

    def day(self, day: date) -> tuple[Command, ...]:
        """Return all that is ever done with the cases that begin on a day of the city."""
        return _day(self, day)

    def __hash__(self) -> int:
        """Return what tells it from others."""
        return id(self)

    def story(self, day: date, number: int) -> Iterator[Command]:
        """Yield what is done with one case, from its opening on."""
        dice = generator(self.plan.seed, "case", day.toordinal(), number)
        name = f"{day}/{number}"
        target = str(uuid5(_NAMESPACE, name))
        at = self._begins(dice, day)
        record = msgspec.Raw(msgspec.json.encode(self._opening(dice, at)))
        opened = self._command(f"{name}/0", OPEN, target, at, record=record)
        case = self._after(opened, None)
        if case is None:
            return
        yield opened
        ends = at + LONGEST
        for turn in range(1, MOST_TURNS):
            at = self._next_turn(dice, case, at)
            action = self._choice(dice, case, at)
            if not action or at > ends:
                return
            details = self._details(dice, case, action, at)
            command = self._command(f"{name}/{turn}", action, target, at, details)
            after = self._after(command, case)
            if after is None:
                continue
            yield command
            case = after
            if not case.open:
                return

    def _begins(self, dice: np.random.Generator, day: date) -> datetime:
        zone = self.engine.clocks.time.zone
        hour = float(np.clip(dice.normal(12.5, 3.5), 6.0, 21.5))
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        return midnight + timedelta(hours=hour)

    def _opening(self, dice: np.random.Generator, at: datetime) -> CaseOpening:
        kinds = sorted({kind for flow in self.plan.feeds.values() for kind in flow.kinds})
        kinds = [one for one in kinds if not self.engine.setup.city.kinds[one].unit]
        kind = kinds[int(dice.integers(len(kinds)))]
        areas = sorted(self.plan.places)
        shares = np.array([self.plan.places[one].weight for one in areas])
        area = str(dice.choice(areas, p=shares / shares.sum()))
        spot = self.plan.spots[int(dice.integers(len(self.plan.spots)))]
        city = self.engine.setup.city
        place = self.plan.places[area]
        day = at.astimezone(self.engine.clocks.time.zone).date()
        matter = Matter(kind, self.engine.setup.theme_of(kind), "", area)
        said = self.plan.phrases.get(kind, ())
        return CaseOpening(
            kind=kind,
            title=f"{city.areas[area].title.zh}{spot}：{city.kinds[kind].title.zh}",
            text=said[int(dice.integers(len(said)))] if said else "",
            source=_SOURCES[int(dice.integers(len(_SOURCES)))],
            handler=self.engine.setup.dispatch.destination(matter, day).unit,
            area=area,
            lon=round(place.lon + float(dice.normal(0, 0.006)), 6),
            lat=round(place.lat + float(dice.normal(0, 0.005)), 6),
            origin="simulated",
            severity=int(dice.integers(0, 4)),
        )

    def _command(
        self,
        name: str,
        action: str,
        target: str,
        at: datetime,
        details: dict[str, str] | None = None,
        record: msgspec.Raw = NO_RECORD,
    ) -> Command:
        return Command(
            id=str(uuid5(_NAMESPACE, f"command {name}")),
            action=action,
            target=target,
            actor=_ACTOR,
            at=at,
            details=details or {},
            record=record,
            noun="case",
        )

    def _after(self, command: Command, case: Case | None) -> Case | None:
        """Return the case after a command; None: it would be refused."""
        cases = {} if case is None else {case.id: case}
        context = CaseContext(command.at, cases, self.engine.clocks, "WH-00000000-000001")
        decided = self.engine.decide(command, context, "simulation")
        after = [one.after for one in decided.steps if one.id == command.target]
        return after[-1] if after else None

    def _next_turn(self, dice: np.random.Generator, case: Case, at: datetime) -> datetime:
        """Return when somebody acts next: mostly within the limit of the stage."""
        found = self.engine.clocks.first_due(case)
        due = found[1] if found else None
        if due is None or due <= at:
            return at + timedelta(hours=float(dice.uniform(0.3, 6.0)))
        share = dice.uniform(1.05, 1.8) if dice.random() < LATE else dice.uniform(0.1, 0.85)
        return at + (due - at) * float(share)

    def _choice(self, dice: np.random.Generator, case: Case, at: datetime) -> str:
        """Return the name of what is done next; "": nothing that leads anywhere."""
        flow = self.engine.flow(case)
        if flow is None:
            return ""
        context = CaseContext(at, {case.id: case}, self.engine.clocks, "WH-00000000-000001")
        verdicts = self.engine.verdicts(_ACTOR, case, context)
        free = sorted(name for name, reason in verdicts.items() if reason is None)
        kinds = {
            name: flow.placed[name, case.stage].kind
            for name in free
            if (name, case.stage) in flow.placed
        }
        for name, kind in kinds.items():
            if kind.name in _ODD and dice.random() < _ODD[kind.name]:
                return name
        plain = [
            name
            for name, kind in kinds.items()
            if kind.name not in _ODD and kind.name not in _NEVER and kind.leads != "nowhere"
        ]
        held = [name for name, kind in kinds.items() if kind.only_held and kind.name not in _NEVER]
        choices = held or plain
        return choices[int(dice.integers(len(choices)))] if choices else ""

    def _details(
        self, dice: np.random.Generator, case: Case, action: str, at: datetime
    ) -> dict[str, str]:
        """Return what an action needs, as a clerk would say it."""
        flow = self.engine.flow(case)
        kind = flow.placed[action, case.stage].kind.name if flow else action
        words = _WORDS.get(kind, _DONE)
        units = sorted(self.engine.setup.dispatch.units())
        satisfied = dice.random() > 0.1  # noqa: PLR2004  one in ten
        levels = list(flow.definition.supervision.levels) if flow else [""]
        said = {
            "comment": words[int(dice.integers(len(words)))],
            "unit": case.handler or units[int(dice.integers(len(units)))],
            "result": "satisfied" if satisfied else "unsatisfied",
            "rating": str(int(dice.integers(4, 6) if satisfied else dice.integers(1, 3))),
            "level": levels[0],
            "until": (at + timedelta(days=60)).isoformat(),
            "condition": case.condition,
            "kind": case.kind,
        }
        needed = {*flow.placed[action, case.stage].kind.needs, "comment"} if flow else set(said)
        needed |= {*flow.placed[action, case.stage].entry.needs} if flow else set()
        return {name: text for name, text in said.items() if name in needed}


@lru_cache(maxsize=32)
def _day(clerks: SimulatedClerks, day: date) -> tuple[Command, ...]:
    numbers = range(clerks.plan.cases_a_day)
    return tuple(one for number in numbers for one in clerks.story(day, number))
