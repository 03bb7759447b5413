"""What a wall says of cases: where they stand, what is late, what came and went, on time; pure.

One population: cases that stand alone (what follows another is counted with that one), of one
origin, the first that has any; others stand beside it with their number, as exercises always do.
A case is counted as closed when it was closed first, whatever came later, and as late where one of
its limits was told to be used up by then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from citybrain.cases.closed_loop import LOOP
from citybrain.floor.clock import millis
from citybrain.floor.origins import EXERCISE, counted

LISTED = 4
"""More than any wall has room for."""
PERIODS = ("today", "yesterday", "week", "before")


def standing(cases: pl.DataFrame, latest: pl.DataFrame) -> dict[str, Any]:
    """Return what a tile shows of the open cases.

    Its parts are ``open``, ``steps`` (open ones by step of the loop, in its order), ``supervised``,
    ``late``, ``rows`` (late for the longest, first), ``beside`` (open ones by origin that are not
    counted), and ``exercises``.

    Args:
        cases: rows of `dashboards.lists.cases_frame.COUNTS`.
        latest: rows of `dashboards.lists.cases_frame.LATEST`.
    """
    lead, beside = _counted(origins(cases))
    mine = _of(cases, lead)
    by_step = {} if mine.is_empty() else dict(mine.group_by("step").agg(_sum("cases")).iter_rows())
    return {
        "open": sum(by_step.values()),
        "steps": [by_step.get(step, 0) for step in LOOP],
        "supervised": _total(mine, "supervised"),
        "late": _total(mine, "late"),
        "rows": _rows(_of(latest, lead)),
        **beside,
    }


def flow(turns: pl.DataFrame, kinds: Collection[str] | None) -> dict[str, Any]:
    """Return what a tile shows of cases that were opened and closed.

    Its parts are ``opened``, ``closed`` (today's), ``day`` and ``week`` (of what was closed today,
    and in the last seven days, how much was ``in_time`` of how many, and the same of the time
    before), and ``beside`` (opened today, by origin that is not counted; drills are in no row).

    Args:
        turns: rows of `dashboards.tiles.case_turns.CASE_TURNS`.
        kinds: ids of the kinds that count; None: all.
    """
    if kinds is not None and not turns.is_empty():
        turns = turns.filter(pl.col("kind").is_in(list(kinds)))
    lead, _ = _counted(_origins_of(turns))
    today = _turn(turns, "opened")
    others = {one: _total(_of(today, one), "today") for one in _origins_of(turns) if one != lead}
    mine = _of(turns, lead)
    opened, closed = (_turn(mine, turn) for turn in ("opened", "closed"))
    return {
        "opened": _total(opened, "today"),
        "closed": _total(closed, "today"),
        "day": _rates(closed, "today", "yesterday"),
        "week": _rates(closed, "week", "before"),
        "beside": {origin: count for origin, count in others.items() if count},
    }


def origins(cases: pl.DataFrame) -> dict[str, int]:
    """Return how many open cases are of each origin."""
    if cases.is_empty():
        return {}
    found = dict(cases.group_by("origin").agg(_sum("cases")).iter_rows())
    return {origin: count for origin, count in found.items() if count}


def turn_origins(turns: pl.DataFrame, kinds: Collection[str] | None) -> dict[str, int]:
    """Return how many cases came and went of each origin over the time that is told."""
    if kinds is not None and not turns.is_empty():
        turns = turns.filter(pl.col("kind").is_in(list(kinds)))
    return _origins_of(turns)


def _origins_of(turns: pl.DataFrame) -> dict[str, int]:
    if turns.is_empty():
        return {}
    return dict(turns.group_by("origin").agg(_sum("week") + _sum("before")).iter_rows())


def _counted(found: dict[str, int]) -> tuple[str, dict[str, Any]]:
    """Return the origin that is counted ("": none), and how many are of the others."""
    lead, beside = counted(found.items(), lambda pair: pair[0])
    others = {origin: number for origin, number in beside if origin != EXERCISE}
    named = {"beside": others, "exercises": found.get(EXERCISE, 0)}
    return (lead[0][0] if lead else ""), named


def _of(frame: pl.DataFrame, origin: str) -> pl.DataFrame:
    return frame if frame.is_empty() else frame.filter(origin=origin)


def _turn(frame: pl.DataFrame, turn: str) -> pl.DataFrame:
    return frame if frame.is_empty() else frame.filter(turn=turn)


def _rates(closed: pl.DataFrame, now: str, before: str) -> dict[str, int]:
    counts = {"all": now, "late": f"{now}_late", "all_before": before}
    counts |= {"late_before": f"{before}_late"}
    found = {name: _total(closed, column) for name, column in counts.items()}
    return {
        "in_time": found["all"] - found["late"],
        "all": found["all"],
        "in_time_before": found["all_before"] - found["late_before"],
        "all_before": found["all_before"],
    }


def _total(frame: pl.DataFrame, column: str) -> int:
    return 0 if frame.is_empty() else int(frame[column].sum())


def _sum(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64).sum()


def _rows(latest: pl.DataFrame) -> list[dict[str, Any]]:
    if latest.is_empty():
        return []
    return [
        {
            "number": row["number"],
            "area": row["street"],
            "unit": [row["unit_zh"], row["unit_en"]],
            "due": millis(row["due"]),
        }
        for row in latest.sort("due", "number").head(LISTED).iter_rows(named=True)
    ]
