"""What the screens of one theme have in common; each adds what its theme alone has."""

from __future__ import annotations

from citybrain.floor.text import Text
from dashboards.tiles.alerts import Alerts
from dashboards.tiles.case_turns import CaseTurns
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.open_cases import OpenCases
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.trend import Trend
from dashboards.wall.screen import Screen
from dashboards.wall.tile import Tile

MINUTES = MinuteBars(
    id="minutes",
    title=Text("近60分钟事项", "Matters, last 60 minutes"),
    zone="right",
    wide=True,
    grow=6,
)
CASES = (
    OpenCases(id="open_cases", title=Text("在办案件", "Open cases"), zone="right", grow=6),
    CaseTurns(
        id="case_turns",
        title=Text("案件进出与时效", "Cases in and out"),
        zone="right",
        grow=5,
    ),
)
SEVERITY = Severity(id="severity", title=Text("事项等级", "By severity"), zone="west", grow=6)
"""Belongs beside the map of each; where, a screen decides."""


def theme_screen(  # noqa: PLR0913  what one theme has and others have not
    theme: str,
    title: Text,
    *,
    order: int,
    kinds: Tile,
    beside: tuple[Tile, ...],
    minutes: Tile = MINUTES,
    cases: bool = True,
) -> Screen:
    """Return the screen of `theme`.

    Args:
        theme: id of the theme.
        title: the screen's name in the navigation.
        order: its place in the navigation.
        kinds: what its matters are, under the trend in zone ``left``.
        beside: beside the map in zones ``west`` and ``east``, `SEVERITY` among them.
        minutes: the last hour, on a very wide wall.
        cases: whether its cases are shown; then its streets stand on a very wide wall alone.
    """
    return Screen(
        order=order,
        title=title,
        themes=(theme,),
        tiles=(
            Counter(id="count", title=Text("今日事项", "Matters today"), zone="top", framed=False),
            Trend(id="trend", title=Text("今日事项走势", "Matters by hour"), zone="left"),
            kinds,
            Ranking(
                id="departments",
                title=Text("部门事项排行", "Matters by department"),
                zone="left",
                column=2,
                by="department",
            ),
            Days(
                id="days",
                title=Text("近8日同时段事项", "Matters until this time, 8 days"),
                zone="left",
                column=2,
                wide=True,
            ),
            *beside,
            DistrictMap(
                id="map",
                title=Text("各区今日事项", "Matters by district"),
                zone="map",
                framed=False,
            ),
            Alerts(id="alerts", title=Text("预警", "Warnings"), zone="bottom", grow=3),
            FeedStrip(id="feeds", title=Text("数据接入", "Feeds"), zone="bottom", grow=2),
            *_right(minutes, cases=cases),
        ),
    )


def _right(minutes: Tile, *, cases: bool) -> tuple[Tile, ...]:
    return (
        *(CASES if cases else ()),
        Ranking(
            id="areas",
            title=Text("街道（镇）事项排行", "Matters by street"),
            zone="right",
            by="area",
            grow=6,
            column=2 if cases else 1,
            wide=cases,
        ),
        minutes,
        EventList(
            id="events",
            title=Text("最新事件", "Newest events"),
            zone="right",
            column=2,
            grow=5 if cases else 9,
        ),
    )
