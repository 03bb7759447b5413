"""城市管理: street matters, environment, utilities."""

from citybrain.config import Title
from dashboards.screen import Screen
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.donut import Donut
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.measures import Measures
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.trend import Trend

SCREEN = Screen(
    order=2,
    title=Title("城市管理", "City management"),
    themes=("city_management",),
    tiles=(
        Counter(id="count", title=Title("今日事件", "Events today"), zone="top", framed=False),
        Trend(id="trend", title=Title("24小时事件趋势", "Last 24 hours"), zone="left"),
        Ranking(
            id="kinds",
            title=Title("高发事项", "Most frequent matters"),
            zone="left",
            by="kind",
            top=8,
            matters=True,
        ),
        Ranking(
            id="departments",
            title=Title("部门排行", "Departments"),
            zone="left",
            column=2,
            by="department",
        ),
        Days(
            id="days",
            title=Title("近8日同时段", "Eight days, until this time"),
            zone="left",
            column=2,
            wide=True,
        ),
        Severity(id="severity", title=Title("今日等级", "Severity today"), zone="west", grow=6),
        Donut(id="mix", title=Title("事项构成", "Matters by kind"), zone="west", top=5, grow=6),
        DistrictMap(id="map", title=Title("各区今日事件", "Districts"), zone="map", framed=False),
        Measures(
            id="environment",
            title=Title("环境与市政", "Environment"),
            zone="east",
            kinds=("pm25", "pm10", "noise", "water_pressure", "heating_temperature", "power_load"),
        ),
        FeedStrip(id="feeds", title=Title("数据接入", "Feeds"), zone="bottom"),
        Ranking(
            id="areas",
            title=Title("街道（镇）排行", "Streets"),
            zone="right",
            by="area",
            grow=2,
        ),
        MinuteBars(
            id="minutes",
            title=Title("近60分钟事件", "Last 60 minutes"),
            zone="right",
            wide=True,
            grow=2,
        ),
        EventList(
            id="events", title=Title("最新事件", "Newest events"), zone="right", column=2, grow=3
        ),
    ),
)
