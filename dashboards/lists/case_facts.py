"""What lists and walls ask of an open case: few facts, so that two hundred thousand fit; pure."""

from __future__ import annotations

import msgspec

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.closed_loop import LoopStep
from citybrain.cases.records import Case
from citybrain.floor.clock import millis
from citybrain.floor.origins import origin_rank
from citybrain.workflow.scope import Belonging
from dashboards.lists.case_rows import asks_of, clock_of, to_dispatch

NEVER = 1 << 62
"""When a case is due whose clocks stand still, or that has none: after all others."""


class CaseFacts(msgspec.Struct, frozen=True):
    """One open case.

    Attributes:
        id, number, kind, unit, person, area, origin, lon, lat: as of the case.
        theme: of its kind; "": unknown.
        step: of the closed loop, in which its stage is.
        concerned: the units that it concerns.
        due: when the clock that is due first is used up, in milliseconds; `NEVER`: none runs.
        supervised, dispatch, asks, follows: whether somebody watches over it, has to dispatch it,
            asks for something, whether it follows another case.
        parts: units whose part is still to be done.
        text: what a search finds it by, small letters.
        rank: where its origin stands, 0 for what is live.
        severity: how urgent, 0 to 4.
        opened: when it was opened first, in milliseconds.
    """

    id: str
    number: str
    kind: str
    theme: str
    step: LoopStep
    unit: str
    person: str
    area: str
    concerned: tuple[str, ...]
    origin: str
    lon: float | None
    lat: float | None
    due: int
    supervised: bool
    dispatch: bool
    asks: bool
    follows: bool
    parts: tuple[str, ...]
    text: str
    rank: int
    severity: int
    opened: int

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns, as `Scope.covers` asks."""
        return Belonging(self.concerned, self.area)


def facts_of_case(engine: CaseEngine, case: Case) -> CaseFacts:
    """Return what is asked of an open case."""
    due = clock_of(engine.setup.clocks, case)["due"] or NEVER
    flow = engine.flow(case)
    return CaseFacts(
        id=case.id,
        number=case.number,
        kind=case.kind,
        theme=engine.setup.theme_of(case.kind),
        # A workflow that is not known any more says nothing: somebody has it in hand.
        step=flow.loop.get(case.stage, "handling") if flow else "handling",
        unit=case.unit,
        person=case.person,
        area=case.area,
        concerned=case.concerned,
        origin=case.origin,
        lon=case.lon,
        lat=case.lat,
        due=due,
        supervised=case.supervision is not None,
        dispatch=to_dispatch(engine, case),
        asks=bool(asks_of(case)),
        follows=bool(case.merged_into),
        parts=tuple(part.unit for part in case.open_parts),
        text=f"{case.number} {case.title} {case.person} {case.id}".lower(),
        rank=origin_rank(case.origin),
        severity=case.severity,
        opened=millis(case.opened_at),
    )
