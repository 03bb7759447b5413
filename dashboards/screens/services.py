"""政务服务: hotline, halls, permits."""

from citybrain.config import Title
from dashboards.screen import Screen
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.measures import Measures
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.trend import Trend

HOTLINE = (
    "hotline_consultation",
    "hotline_request",
    "hotline_complaint",
    "hotline_suggestion",
    "hotline_praise",
    "ticket_overdue",
)
PERMITS = (
    "permit_application",
    "permit_decided",
    "permit_overdue",
    "online_service",
    "company_registration",
    "project_approval",
    "business_request",
)

SCREEN = Screen(
    order=4,
    title=Title("政务服务", "Government services"),
    themes=("services",),
    tiles=(
        Counter(id="count", title=Title("今日事件", "Events today"), zone="top", framed=False),
        Trend(id="trend", title=Title("24小时事件趋势", "Last 24 hours"), zone="left"),
        Ranking(
            id="hotline",
            title=Title("热线诉求", "Hotline topics"),
            zone="left",
            by="kind",
            top=8,
            only=HOTLINE,
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
        Ranking(
            id="permits",
            title=Title("事项办理", "Permits"),
            zone="west",
            by="kind",
            top=7,
            only=PERMITS,
            grow=6,
        ),
        DistrictMap(id="map", title=Title("各区今日事件", "Districts"), zone="map", framed=False),
        Measures(
            id="halls",
            title=Title("大厅与热线", "Halls, hotline"),
            zone="east",
            kinds=(
                "window_waiting",
                "hall_visitors",
                "hotline_waiting",
                "satisfaction",
                "bed_occupancy",
                "scenic_visitors",
            ),
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
