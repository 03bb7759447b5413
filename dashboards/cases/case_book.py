"""What a city calls everything that its cases go through, for the case desk; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from citybrain.cases.appeals import VERDICTS
from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.case_flow import CaseFlow
from citybrain.cases.case_words import DETAILS, HELD_STATES, STEPS_IN_WORDS, phrases_of
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.dispatching import EVERYTHING
from citybrain.cases.dispatching import WORDS as DISPATCHING
from citybrain.cases.finishing import RESULTS
from citybrain.cases.records import ENGINE, Case, CaseStep
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import NOTHING, Text
from dashboards.lists.case_rows import flow_key

SOURCES: Mapping[str, Text] = {
    "alert": Text("预警", "alert"),
    "event": Text("部门数据", "department's data"),
    "clerk": Text("窗口登记", "clerk"),
    "grid": Text("网格上报", "grid worker"),
    "hotline": Text("热线", "hotline"),
    "citizen": Text("市民", "citizen"),
}
"""How a case came in."""
FLAGS: Mapping[str, Text] = {
    "problem": Text("问题工单", "problem order"),
    "exempt": Text("申诉成立", "exempt after an appeal"),
    "unreached": Text("多次未联系上", "never reached"),
    "reported": Text("来源已办结", "solved at its source"),
    "not_seen": Text("报结未消除", "said to be solved, and was not"),
}
"""What marks that stay are called."""
SYSTEM = Text("系统", "the system")
_LEVELS = {"region": 1, "city": 2, "district": 3, "street": 4, "grid": 5}


class CaseBook:
    """Names of workflows, stages, units, actions and reasons.

    Attributes:
        engine: what cases go by.
    """

    def __init__(self, engine: CaseEngine) -> None:
        """Name what `engine` knows."""
        self.engine = engine
        self._phrases: dict[str, Phrases] = {}

    @property
    def clocks(self) -> CaseClocks:
        """What reads the clocks of cases."""
        return self.engine.setup.clocks

    def limit(self, name: str) -> Text:
        """Return what a limit is called: as the first profile that knows it says."""
        found = (one.names.get(name) for one in self.clocks.profiles)
        return next((title for title in found if title is not None), Text(name, name))

    def flow(self, case: Case) -> CaseFlow | None:
        """Return what `case` goes through; None: its version is not known any more."""
        return self.engine.flow(case)

    def stage(self, case: Case, stage: str) -> Text:
        """Return what a stage of the case's workflow is called."""
        flow = self.flow(case)
        found = flow.definition.stages.get(stage) if flow else None
        return found.title if found else Text(stage, stage)

    def state(self, case: Case) -> Text:
        """Return what the case's state is called at work."""
        return HELD_STATES.get(case.state) or self.stage(case, case.state)

    def stopped(self, case: Case, why: str) -> Text:
        """Return what a clock stands still for is called: a state, or a stage."""
        return HELD_STATES.get(why) or self.stage(case, why)

    def unit(self, name: str) -> Text:
        """Return what a unit is called: as it says, else as the department."""
        setup = self.engine.setup
        department = setup.city.departments.get(name)
        own = setup.units.title(name)
        return department.title if department and own == Text(name, name) else own

    def kind(self, name: str) -> Text:
        """Return what a kind is called."""
        kind = self.engine.setup.city.kinds.get(name)
        return kind.title if kind else Text(name, name)

    def condition(self, case: Case, name: str) -> Text:
        """Return what a condition is called."""
        flow = self.flow(case)
        return (flow.definition.conditions.get(name) if flow else None) or Text(name, name)

    def level(self, case: Case, name: str) -> Text:
        """Return what a level of supervision is called."""
        flow = self.flow(case)
        levels = flow.definition.supervision.levels if flow else {}
        return levels.get(name, Text(name, name))

    def told(self, step: CaseStep, stage: str) -> Text:
        """Return what `step` is called; `stage` is the one in which it was made."""
        flow, action = self.flow(step.after), step.details.get("action", "")
        placed = flow.placed.get((action, stage)) if flow else None
        if placed is not None and step.what in {placed.kind.done, placed.name}:
            told = placed.entry.told
            return placed.kind.told if told == NOTHING else told
        return STEPS_IN_WORDS.get(step.what, Text(step.what, step.what))

    def say(self, case: Case | None, reason: Reason, people: Mapping[str, Text]) -> Text:
        """Return why something is refused; `people` are what accounts are called."""
        found = self._phrases_of(case)
        by = {**people, **found.terms.get("by", {})}
        return Phrases(found.phrases, {**found.terms, "by": by}).say(reason)

    def why_there(self, reason: Reason) -> Text:
        """Return why a matter goes to a unit."""
        setup = self.engine.setup
        what = {EVERYTHING: Text("各类事项", "everything"), "": Text("其他", "the rest")}
        what |= {name: one.title for name, one in setup.city.themes.items()}
        what |= {name: one.title for name, one in setup.city.kinds.items()}
        where = {name: one.title for name, one in setup.city.areas.items()}
        where |= {"": Text("全市", "the whole city")}
        unit = {name: self.unit(name) for name in setup.units.by_id}
        return Phrases(DISPATCHING, {"unit": unit, "what": what, "where": where}).say(reason)

    def page(self) -> dict[str, Any]:
        """Return what pages look up, in both languages."""
        setup = self.engine.setup
        return {
            "flows": dict(self._flows()),
            "states": _titles(HELD_STATES),
            "units": [
                {
                    "id": unit.id,
                    "title": self.unit(unit.id).both(),
                    "in": unit.in_,
                    "level": unit.level,
                    "area": unit.area,
                }
                for unit in _from_above(setup.units.by_id.values())
            ],
            "sources": _titles(SOURCES),
            "flags": _titles(FLAGS),
            "details": _titles(DETAILS),
            "results": _titles(RESULTS),
            "verdicts": _titles(VERDICTS),
            "system": ENGINE,
        }

    def _flows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in self.engine.setup.every_version():
            yield (
                f"{one.id}-{one.version}",
                {
                    "title": one.title.both(),
                    "stages": [
                        {
                            "id": name,
                            "title": stage.title.both(),
                            "ends": bool(stage.ends),
                            "aside": stage.pauses,
                        }
                        for name, stage in one.stages.items()
                    ],
                    "levels": _titles(one.supervision.levels),
                    "conditions": _titles(one.conditions),
                    "days": one.deferral_days,
                },
            )

    def _phrases_of(self, case: Case | None) -> Phrases:
        key = flow_key(case) if case else ""
        if key not in self._phrases:
            self._phrases[key] = self._made(self._definition(case))
        return self._phrases[key]

    def _made(self, definition: WorkflowDefinition | None) -> Phrases:
        setup = self.engine.setup
        found = phrases_of(definition, setup.units)
        units = {name: self.unit(name) for name in setup.units.by_id}
        return Phrases(found.phrases, {**found.terms, "unit": units})

    def _definition(self, case: Case | None) -> WorkflowDefinition | None:
        flow = self.flow(case) if case else None
        return flow.definition if flow else None


def _titles(table: Mapping[str, Text]) -> dict[str, list[str]]:
    return {name: text.both() for name, text in table.items()}


def _from_above(units: Iterable[Any]) -> list[Any]:
    return sorted(units, key=lambda one: _LEVELS.get(one.level, 0))
