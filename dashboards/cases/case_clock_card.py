"""The clocks of a case as the desk shows them: what counted, what did not, and why; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from citybrain.cases.breach_forecast import Forecast
from citybrain.cases.clock_explained import PHRASES, ClockSpan, explain
from citybrain.cases.clock_reading import RUNNING, ClockReading
from citybrain.cases.limits import LimitKey
from citybrain.cases.records import Case
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.cases.case_book import CaseBook
from dashboards.lists.list_rows import instant

_STATES = {
    "running": Text("计时中", "running"),
    "paused": Text("暂停", "paused"),
    "deferred": Text("挂账", "put aside"),
    "stopped": Text("已停止", "stopped"),
}


ForecastOf = Callable[[Case, str, ClockReading], Forecast | None]


def clocks_shown(
    book: CaseBook, case: Case, now: datetime, forecast: ForecastOf
) -> list[dict[str, Any]]:
    """Return every clock of `case`, those that run first; instants in ms, time in seconds.

    The counted seconds of the spans of the last leg add up to what is used.
    """
    found = [
        _clock(book, case, limit, reading, now) | _told(forecast(case, limit, reading))
        for limit, reading in book.clocks.readings(case, now).items()
    ]
    return sorted(found, key=lambda one: one["state"] != RUNNING)


def _clock(
    book: CaseBook, case: Case, limit: str, reading: ClockReading, now: datetime
) -> dict[str, Any]:
    choice = book.clocks.choice(LimitKey(limit, case.kind, case.condition))
    return {
        "limit": limit,
        "title": book.limit(limit).both(),
        "allowed": reading.limit.said.both() if reading.limit else None,
        "allowed_s": reading.allowed_s,
        "used_s": reading.used_s,
        "state": reading.state,
        "state_title": _STATES[reading.state].both(),
        "due": instant(reading.due_at),
        "breached": instant(reading.breached_at),
        "provisional": reading.provisional,
        "source": choice.source if choice else "",
        "spans": list(_spans(book, case, reading, now)),
    }


def _told(found: Forecast | None) -> dict[str, Any]:
    if found is None:
        return {"forecast": None}
    told = {"chance": round(found.chance, 2), "clocks": found.clocks}
    return {"forecast": told | {"skill": round(found.skill or 0, 2)}}


def _spans(
    book: CaseBook, case: Case, reading: ClockReading, now: datetime
) -> Iterator[dict[str, Any]]:
    for number, leg in enumerate(reading.legs, 1):
        for span in explain(leg, book.clocks.time, now):
            yield {
                "leg": number,
                "from": millis(span.start),
                "until": millis(span.end),
                "counted_s": span.counted_s,
                "why": PHRASES.say(span.reason).both(),
                "given": _given(book, case, span),
            }


def _given(book: CaseBook, case: Case, span: ClockSpan) -> list[str] | None:
    """Return why it was paused: what the case's state, or its stage, is called."""
    if span.given is None:
        return None
    stage = span.given.arguments.get("stage", "").removeprefix("stage:")
    return book.stopped(case, stage).both()
