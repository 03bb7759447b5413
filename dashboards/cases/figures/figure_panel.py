"""Figures as the panel shows them: numbers beside those of the period before; pure.

Of fewer than `FEWEST` cases no rate is told. Nothing here is about a person: the smallest group is
a unit or a street.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from citybrain.floor.text import Text
from dashboards.cases.figures.figure import FEWEST, FIGURES
from dashboards.cases.figures.figure_queries import Counts, FigureCount, StageTimes


def figures_shown(groups: Mapping[str, Counts], title_of: Callable[[str], Text]) -> dict[str, Any]:
    """Return what is told of the figures: what they are, all together, and each group.

    Args:
        groups: counts by group.
        title_of: what a group is called.
    """
    return {
        "kinds": [
            {
                "id": name,
                "title": one.title.both(),
                "told": one.told.both(),
                "rate": bool(one.counts),
                "better": one.better,
            }
            for name, one in FIGURES.items()
        ],
        "fewest": FEWEST,
        "total": _counts(_together(groups.values())),
        "groups": [
            {"id": group, "title": title_of(group).both(), "figures": _counts(found)}
            for group, found in sorted(groups.items())
        ],
    }


def stages_shown(
    now: Sequence[StageTimes], before: Sequence[StageTimes], title_of: Callable[[str], Text]
) -> list[dict[str, Any]]:
    """Return how long cases were in each stage, by workflow, beside the period before."""
    earlier = {one.stage: one for one in before}
    return [
        {
            "id": one.stage,
            "title": title_of(one.stage).both(),
            **_times(one),
            "before": _times(earlier[one.stage]) if one.stage in earlier else None,
        }
        for one in now
    ]


def _times(one: StageTimes) -> dict[str, Any]:
    enough = one.cases >= FEWEST
    return {
        "cases": one.cases,
        "median": one.median if enough else None,
        "p90": one.p90 if enough else None,
    }


def _together(groups: Iterable[Counts]) -> Counts:
    whole: Counts = {}
    for group in groups:
        for name, (now, before) in group.items():
            mine = whole.get(name, (FigureCount(), FigureCount()))
            whole[name] = (mine[0].plus(now), mine[1].plus(before))
    return whole


def _counts(found: Counts) -> dict[str, Any]:
    nothing = (FigureCount(), FigureCount())
    told = {}
    for name in FIGURES:
        now, before = found.get(name, nothing)
        told[name] = {**_count(name, now), "before": _count(name, before)}
    return told


def _count(name: str, found: FigureCount) -> dict[str, Any]:
    figure, enough = FIGURES[name], found.about >= FEWEST
    told: dict[str, Any] = {"about": found.about, "counts": found.counts}
    if figure.counts:
        told["rate"] = found.counts / found.about if enough else None
    if figure.has_mean:
        told["mean"] = found.rating / found.about if enough else None
    return told
