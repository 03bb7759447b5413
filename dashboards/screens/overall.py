"""总体态势: all four themes around the map."""

from citybrain.floor.text import Text
from dashboards.tiles.alerts import Alerts
from dashboards.tiles.case_turns import CaseTurns
from dashboards.tiles.completeness import Completeness
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.event_list import EventList
from dashboards.tiles.flow import FlowTile
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.open_cases import OpenCases
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.theme_card import ThemeCard
from dashboards.tiles.trend import Trend
from dashboards.wall.screen import Screen

THEMES = ("city_management", "governance", "services", "traffic")


def _card(theme: str, title: Text, zone: str) -> ThemeCard:
    return ThemeCard(id=f"theme_{theme}", title=title, zone=zone, theme=theme, screen=theme)


SCREEN = Screen(
    order=1,
    title=Text("总体态势", "Overall"),
    themes=THEMES,
    tiles=(
        Counter(id="count", title=Text("今日事项", "Matters today"), zone="top", framed=False),
        Completeness(id="feeds", title=Text("数据接入", "Feeds"), zone="left", grow=4),
        Trend(id="trend", title=Text("今日事项走势", "Matters by hour"), zone="left", grow=5),
        Ranking(
            id="departments",
            title=Text("部门事项排行", "Matters by department"),
            zone="left",
            grow=5,
            column=2,
            by="department",
            top=7,
        ),
        MinuteBars(
            id="minutes",
            title=Text("近60分钟事项", "Matters, last 60 minutes"),
            zone="left",
            grow=5,
            wide=True,
        ),
        _card("city_management", Text("城市管理", "City management"), "west"),
        _card("governance", Text("市域社会治理", "Social governance"), "west"),
        DistrictMap(
            id="map", title=Text("各区今日事项", "Matters by district"), zone="map", framed=False
        ),
        Alerts(id="alerts", title=Text("预警", "Warnings"), zone="bottom", all_themes=True),
        _card("services", Text("政务服务", "Government services"), "east"),
        _card("traffic", Text("交通态势", "Traffic"), "east"),
        OpenCases(
            id="open_cases",
            title=Text("在办案件", "Open cases"),
            zone="right",
            grow=6,
            all_themes=True,
        ),
        CaseTurns(
            id="case_turns",
            title=Text("案件进出与时效", "Cases in and out"),
            zone="right",
            grow=5,
            all_themes=True,
        ),
        FlowTile(id="flow", title=Text("平台运行", "Platform"), zone="right", grow=3, wide=True),
        Ranking(
            id="areas",
            title=Text("街道（镇）事项排行", "Matters by street"),
            zone="right",
            column=2,
            grow=5,
            by="area",
            top=7,
            wide=True,
        ),
        Severity(
            id="severity",
            title=Text("今日事项等级", "Matters by severity"),
            zone="right",
            grow=4,
            column=2,
            wide=True,
        ),
        EventList(
            id="events", title=Text("最新事件", "Newest events"), zone="right", column=2, grow=5
        ),
        Days(
            id="days",
            title=Text("近8日同时段事项", "Matters until this time, 8 days"),
            zone="left",
            column=2,
            grow=5,
            wide=True,
        ),
    ),
)
