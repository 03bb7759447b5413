"""What the screens of one theme have in common; each adds what its theme alone has."""

from __future__ import annotations

from citybrain.floor.text import Text
from dashboards.tiles.alerts import Alerts
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.trend import Trend
from dashboards.wall.screen import Screen
from dashboards.wall.tile import Tile

SEVERITY = Severity(id="severity", title=Text("今日等级", "Severity today"), zone="west", grow=6)
"""Belongs beside the map of each; where, a screen decides."""


def theme_screen(
    theme: str, title: Text, *, order: int, kinds: Tile, west: tuple[Tile, ...], east: Tile
) -> Screen:
    """Return the screen of `theme`.

    Args:
        theme: id of the theme.
        title: the screen's name in the navigation.
        order: its place in the navigation.
        kinds: what its matters are, under the trend in zone ``left``.
        west: beside the map, `SEVERITY` among them.
        east: on the map's other side.
    """
    return Screen(
        order=order,
        title=title,
        themes=(theme,),
        tiles=(
            Counter(id="count", title=Text("今日事件", "Events today"), zone="top", framed=False),
            Trend(id="trend", title=Text("24小时事件趋势", "Last 24 hours"), zone="left"),
            kinds,
            Ranking(
                id="departments",
                title=Text("部门排行", "Departments"),
                zone="left",
                column=2,
                by="department",
            ),
            Days(
                id="days",
                title=Text("近8日同时段", "Eight days, until this time"),
                zone="left",
                column=2,
                wide=True,
            ),
            *west,
            DistrictMap(
                id="map", title=Text("各区今日事件", "Districts"), zone="map", framed=False
            ),
            east,
            Alerts(id="alerts", title=Text("预警", "Warnings"), zone="bottom", grow=3),
            FeedStrip(id="feeds", title=Text("数据接入", "Feeds"), zone="bottom", grow=2),
            *_right(),
        ),
    )


def _right() -> tuple[Tile, ...]:
    return (
        Ranking(
            id="areas", title=Text("街道（镇）排行", "Streets"), zone="right", by="area", grow=2
        ),
        MinuteBars(
            id="minutes",
            title=Text("近60分钟事件", "Last 60 minutes"),
            zone="right",
            wide=True,
            grow=2,
        ),
        EventList(
            id="events", title=Text("最新事件", "Newest events"), zone="right", column=2, grow=3
        ),
    )
