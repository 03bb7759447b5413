"""What a wall says of the open alerts: how many of each level, who waits, which come first; pure.

Walls hang in rooms that many enter: an alert is told there by title, street, level, state and age,
never by its subject, its owner or its id (which is made of the subject).

Exercise alerts stand beside the others and are in none of their counts. One that is kept quiet is
open, but waits for nobody. Only what is live may call for help in earnest: a red alert of simulated
or replayed events is a test, as it is in CAP.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from citybrain.floor.clock import millis
from citybrain.floor.levels import LEVELS, RANKS

LISTED = 12
"""More than any wall has room for."""
EXERCISE = pl.col("origin") == "exercise"
WAITING = (pl.col("state") == "firing") & (pl.col("muted") == "")
_LIVE = pl.col("origin") == "live"
_RED = pl.col("level") == LEVELS[-1]
_RANK = pl.col("level").replace_strict(RANKS, default=0, return_dtype=pl.Int64)


def summary(alerts: pl.DataFrame) -> dict[str, Any]:
    """Return what a tile shows of `alerts`, the rows that the tile `alerts` asks for.

    Its parts are ``levels`` (open ones, red first), ``open``, ``waiting`` (nobody acknowledged
    them), ``quiet`` (muted), ``red`` and ``red_tests`` (red, waiting: live ones, others),
    ``exercises``, and ``rows``.
    """
    if alerts.is_empty():
        return _counts(0, [0] * len(LEVELS)) | {"rows": []}
    real = alerts.filter(~EXERCISE)
    waiting = real.filter(WAITING)
    by_level = dict(real["level"].value_counts().iter_rows())
    counts = _counts(
        real.height,
        [by_level.get(level, 0) for level in reversed(LEVELS)],
        waiting=waiting.height,
        quiet=real.filter(pl.col("muted") != "").height,
        red=waiting.filter(_RED & _LIVE).height,
        red_tests=waiting.filter(_RED & ~_LIVE).height,
        exercises=alerts.height - real.height,
    )
    return counts | {"rows": _rows(alerts)}


def origins(alerts: pl.DataFrame) -> dict[str, int]:
    """Return how many of `alerts` are of each origin."""
    return {} if alerts.is_empty() else dict(alerts["origin"].value_counts().iter_rows())


def _counts(everything: int, levels: list[int], **others: int) -> dict[str, Any]:
    names = ("waiting", "quiet", "red", "red_tests", "exercises")
    return {"open": everything, "levels": levels} | dict.fromkeys(names, 0) | others


def _rows(alerts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the first lines: real before exercises, told before muted, red and waiting first."""
    newest_first = -pl.col("opened_at").dt.epoch("ms")
    order = [EXERCISE, pl.col("muted") != "", -_RANK, ~WAITING, ~_LIVE, newest_first]
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
