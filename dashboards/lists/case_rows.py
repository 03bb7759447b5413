"""A case as the list needs it: short, without its text and its history; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.records import Case
from citybrain.floor.clock import millis
from citybrain.floor.origins import origin_rank

EXTENSION, APPEAL = "extension", "appeal"
"""What of a case waits for an answer."""


class CaseRows:
    """Makes rows of cases.

    Attributes:
        engine: what they go by.
    """

    def __init__(self, engine: CaseEngine, title_of: Callable[[str], str]) -> None:
        """Go by `engine`; `title_of` says what the holder of an account is called."""
        self.engine, self._title_of = engine, title_of

    def row_of(self, case: Case) -> dict[str, Any]:
        """Return the row of `case` in the list; instants in milliseconds.

        Whether somebody has to dispatch it, and what waits for an answer, is said here for scripts.
        """
        supervision = case.supervision
        return {
            "id": case.id,
            "v": case.version,
            "number": case.number,
            "state": case.state,
            "stage": case.stage,
            "flow": flow_key(case),
            "kind": case.kind,
            "condition": case.condition,
            "title": case.title,
            "area": case.area,
            "unit": case.unit,
            "handler": case.handler,
            "person": case.person,
            "who": self._title_of(case.person) if case.person else "",
            "source": case.source,
            "origin": case.origin,
            "rank": origin_rank(case.origin),
            "severity": case.severity,
            "opened": millis(case.opened_at),
            "updated": millis(case.updated_at),
            "legs": len(case.legs),
            "dispatch": to_dispatch(self.engine, case),
            "asks": asks_of(case),
            "level": supervision.level if supervision else "",
            "parts": [part.unit for part in case.open_parts],
            "flags": sorted({flag.what for flag in case.flags}),
            "into": case.merged_into,
            "lon": case.lon,
            "lat": case.lat,
            **clock_of(self.engine.setup.clocks, case),
        }


def to_dispatch(engine: CaseEngine, case: Case) -> bool:
    """Return whether its stage is one in which somebody says which unit has it."""
    flow = engine.flow(case)
    return flow is not None and case.state == case.stage and flow.loop.get(case.stage) == "dispatch"


def flow_key(case: Case) -> str:
    """Return what scripts look up the workflow of a case by."""
    return f"{case.workflow}-{case.workflow_version}"


def clock_of(clocks: CaseClocks, case: Case) -> dict[str, Any]:
    """Return when the clock that is due first is used up, and from when on that is soon."""
    found = clocks.first_due(case) if case.open else None
    if found is None:
        return {"limit": "", "due": None, "soon": None}
    limit, due, soon = found
    return {"limit": limit, "due": millis(due), "soon": millis(soon) if soon else None}


def asks_of(case: Case) -> list[str]:
    """Return what of a case waits for an answer."""
    asked = [EXTENSION] if case.asked_extension is not None else []
    appeal = case.appeal
    waits = appeal is not None and appeal.state in {"first_review", "second_review"}
    return [*asked, APPEAL] if waits else asked
