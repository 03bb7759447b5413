"""What a wall says of the open alerts: how many of each level, who waits, which come first; pure.

Walls hang in rooms that many enter: an alert is told there by title, street, level, state and age,
never by its subject, its owner or its id (which is made of the subject).

What is counted is of one origin, the first that has an alert open; others stand beside it with
their number, as exercises always do. One that is kept quiet is open, but waits for nobody. Only
what is live may call for help in earnest: a red alert of simulated or replayed events is a test,
as it is in CAP.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from citybrain.floor.clock import millis
from citybrain.floor.levels import LEVELS, RANKS
from citybrain.floor.origins import EXERCISE, LIVE, ORIGINS, counted

LISTED = 12
"""More than any wall has room for."""
_ORIGIN = pl.col("origin")
_LIVE, _EXERCISE = _ORIGIN == LIVE, _ORIGIN == EXERCISE
_RANK = pl.col("level").replace_strict(RANKS, default=0, return_dtype=pl.Int64)
_PLACE = _ORIGIN.replace_strict(
    {origin: place for place, origin in enumerate(ORIGINS)},
    default=len(ORIGINS),
    return_dtype=pl.Int64,
)


def summary(alerts: pl.DataFrame) -> dict[str, Any]:
    """Return what a tile shows of `alerts`, the rows that the tile `alerts` asks for.

    Its parts are ``levels`` (open ones, red first), ``open``, ``waiting`` (nobody acknowledged
    them), ``quiet`` (muted), ``red`` and ``red_tests`` (red, waiting: live ones, replayed or
    simulated ones), ``beside`` (open ones by origin, of others than what is counted, but
    ``exercises``), and ``rows``.
    """
    if alerts.is_empty():
        return _counts(0, [0] * len(LEVELS)) | {"rows": []}
    lead, beside = counted(origins(alerts).items(), lambda pair: pair[0])
    mine = alerts.filter(_ORIGIN.is_in([origin for origin, _ in lead]))
    by_level = dict(mine["level"].value_counts().iter_rows())
    red = pl.col("red")
    counts = _counts(
        mine.height,
        [by_level.get(level, 0) for level in reversed(LEVELS)],
        waiting=mine.filter(pl.col("waits")).height,
        quiet=mine.filter(pl.col("muted") != "").height,
        red=alerts.filter(red & _LIVE).height,
        red_tests=alerts.filter(red & ~_LIVE & ~_EXERCISE).height,
        exercises=alerts.filter(_EXERCISE).height,
        beside={origin: number for origin, number in beside if origin != EXERCISE},
    )
    return counts | {"rows": _rows(alerts)}


def origins(alerts: pl.DataFrame) -> dict[str, int]:
    """Return how many of `alerts` are of each origin."""
    return {} if alerts.is_empty() else dict(alerts["origin"].value_counts().iter_rows())


def _counts(everything: int, levels: list[int], **others: Any) -> dict[str, Any]:
    names = ("waiting", "quiet", "red", "red_tests", "exercises")
    none: dict[str, Any] = dict.fromkeys(names, 0) | {"beside": {}}
    return {"open": everything, "levels": levels} | none | others


def _rows(alerts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the first lines, in the order of `citybrain.alerts.standing.gravity`."""
    newest_first = -pl.col("opened_at").dt.epoch("ms")
    order = [_PLACE, pl.col("muted") != "", -_RANK, ~pl.col("waits"), newest_first]
    return [
        {
            "level": RANKS[row["level"]],
            "title": [row["title_zh"] or row["title_en"], row["title_en"] or row["title_zh"]],
            "theme": row["theme"],
            "area": row["street"],
            "opened": millis(row["opened_at"]),
            "state": row["state"],
            "muted": row["muted"],
            "origin": row["origin"],
        }
        for row in alerts.sort(order).head(LISTED).iter_rows(named=True)
    ]
