"""What clocks of cases tell as events: that a limit is nearly used up, that it is overdue; pure.

Each is a record with a life: open from the instant at which it was due, closed once the clock that
told it stands still for good, or, of a warning, once the limit is overdue. So the city's rules, the
store and the walls hear of it as of any department's records, and warning rules may ask for it
(`open_for`, `open_now`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from citybrain.cases.case_flow import OVERDUE, WARNED
from citybrain.cases.clock_timers import ALL, timer_name
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.clock import Instant

NEAR_DUE_KIND, OVERDUE_KIND = "case_near_due", "case_overdue"
"""Ids of the kinds in the city's catalogue."""
CASE_KINDS = frozenset({NEAR_DUE_KIND, OVERDUE_KIND})
LONGEST_TEXT = 200


class LimitEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of such a record, as the feed's mapping reads it.

    Attributes:
        id: the case's id, and the timer's name.
        kind: `NEAR_DUE_KIND` or `OVERDUE_KIND`.
        occurred_at: when it was due.
        updated_at: since when the record is so.
        status: whether it is so still.
        percent: how much of the limit was used then.
        case, number: the case's id and number.
        text: what the case is about.
        area, lon, lat, severity, unit, stage, matter: the case's place (WGS-84), how urgent it is,
            who has it, its stage, and its kind.
        limit: key of the limit.
    """

    id: str
    kind: str
    occurred_at: Instant
    updated_at: Instant
    status: Literal["open", "closed"]
    percent: int
    case: str
    number: str
    text: str
    area: str
    severity: int
    unit: str
    stage: str
    matter: str
    limit: str
    lon: float | None = None
    lat: float | None = None


def limit_events(step: CaseStep) -> list[LimitEvent]:
    """Return what a step of a case says of its limits, the same whenever it is asked.

    A step by which a clock tells opens a record; one that ends a clock closes its records. One that
    is read again gives the same versions, which are known then.
    """
    case = step.after
    if step.what in {WARNED, OVERDUE}:
        told = next(reversed(case.told), "")
        news = [name for name in case.told if name.rsplit("/", 2)[0] == told.rsplit("/", 2)[0]]
        return [_event(case, name, case.told[name]) for name in news]
    if not case.told:
        return []
    every = [_event(case, name, due) for name, due in case.told.items()]
    return [one for one in every if one.status == "closed" and one.updated_at == step.at]


def _event(case: Case, name: str, due: datetime) -> LimitEvent:
    limit, leg, what, percent = name.rsplit("/", 3)
    since = _ended_at(case, limit, due)
    if what == "warning":
        breached = case.told.get(timer_name(limit, int(leg), "breach", ALL))
        since = min((one for one in (since, breached) if one is not None), default=None)
    return LimitEvent(
        id=f"{case.id}/{name}",
        kind=OVERDUE_KIND if int(percent) == ALL else NEAR_DUE_KIND,
        occurred_at=due,
        updated_at=due if since is None else max(since, due),
        status="open" if since is None else "closed",
        percent=int(percent),
        case=case.id,
        number=case.number,
        text=case.title[:LONGEST_TEXT],
        area=case.area,
        lon=case.lon,
        lat=case.lat,
        severity=case.severity,
        unit=case.unit,
        stage=case.stage,
        matter=case.kind,
        limit=limit,
    )


def _ended_at(case: Case, limit: str, due: datetime) -> datetime | None:
    """Return when the clock that was due then was stopped; None: it goes on, or is paused."""
    stops = (one.at for one in case.clock if one.what == "stopped" and one.limit == limit)
    over = None if case.open else case.updated_at
    return next((at for at in stops if at >= due), over)


def limits_as_json(step: CaseStep, origin: str) -> bytes:
    """Return what a step says of its limits as a JSON array; of another origin's case, nothing."""
    return msgspec.json.encode(limit_events(step) if step.after.origin == origin else [])
