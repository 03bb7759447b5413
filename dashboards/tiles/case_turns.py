"""Cases that came and went: today's, and how many of those that were closed were closed in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall import case_summary
from dashboards.wall.city_days import day_parts
from dashboards.wall.honesty import judge_told
from dashboards.wall.population import COUNTED
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile, fresh_row
from dashboards.wall.tile_query import QueryTime, TileQuery

WEEK = 7
_FROM, _UNTIL = "t.at >= {{{0}:DateTime64(3, 'UTC')}}", "t.at < {{{0}:DateTime64(3, 'UTC')}}"
_PERIODS = {
    "today": _FROM.format("today"),
    "yesterday": f"{_FROM.format('yesterday')} AND {_UNTIL.format('yesterday_now')}",
    "week": _FROM.format("week"),
    "before": f"{_FROM.format('before')} AND {_UNTIL.format('before_now')}",
}
_COUNTS = ",\n            ".join(
    f"countIf({period}) AS {name}, countIf({period} AND t.late) AS {name}_late"
    for name, period in _PERIODS.items()
)


def _periods(when: QueryTime) -> Mapping[str, object]:
    """Return where today and the last seven days begin, and the time before each, until now's."""
    days = day_parts(when.now, when.zone, 2 * WEEK)
    return {
        "today": days[0].starts_at,
        "yesterday": days[1].starts_at,
        "yesterday_now": days[1].ends_at,
        "week": days[WEEK - 1].starts_at,
        "before": days[-1].starts_at,
        "before_now": days[WEEK].ends_at,
    }


CASE_TURNS = TileQuery(
    name="case_turns",
    sql=f"""
        SELECT t.turn AS turn, t.kind AS kind, t.origin AS origin,
            {_COUNTS}
        FROM case_turns AS t FINAL WHERE {_FROM.format("before")} AND {COUNTED}
        GROUP BY turn, kind, origin""",  # noqa: S608 only constants are spliced in
    arguments=_periods,
)
"""Cases that were opened, and closed first, by kind and origin, of the last fourteen days."""


@dataclass(frozen=True, kw_only=True)
class CaseTurns(Tile):
    """Today's cases of the screen's themes, in and out, and the shares that were in time.

    Attributes:
        all_themes: whether to count those of every theme, and of kinds without one.
    """

    kind: ClassVar[str] = "case_turns"
    queries: ClassVar[tuple[TileQuery, ...]] = (CASE_TURNS,)

    all_themes: bool = False

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return what came and went today, and what was in time today and in seven days."""
        return case_summary.flow(view.frame(CASE_TURNS), self._kinds(view))

    def snapshot(self, view: ScreenView) -> dict[str, Any]:
        """Return the data, and how far it may be trusted: by the store, by no feed."""
        fresh = judge_told(
            case_summary.turn_origins(view.frame(CASE_TURNS), self._kinds(view)),
            read_at=view.picture.read_at.get(CASE_TURNS.name),
            now=view.now,
        )
        return {"fresh": fresh_row(fresh), "data": self.read(view)}

    def _kinds(self, view: ScreenView) -> Collection[str] | None:
        if self.all_themes:
            return None
        return [kind.id for kind in view.city.kinds.values() if kind.theme in view.themes]
