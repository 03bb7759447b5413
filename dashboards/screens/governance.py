"""市域社会治理: disputes and their mediation, public safety, petitions, visits."""

from citybrain.config import Title
from dashboards.screen import Screen
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.donut import Donut
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.trend import Trend

DISPUTES = (
    "neighbour_dispute",
    "family_dispute",
    "labour_dispute",
    "land_dispute",
    "property_dispute",
    "consumer_dispute",
    "medical_dispute",
    "debt_dispute",
    "accident_dispute",
    "pasture_dispute",
    "school_dispute",
)
SAFETY = (
    "police_call",
    "fraud_report",
    "theft_report",
    "fire_alarm",
    "fire_hazard",
    "rescue_call",
    "safety_hazard",
    "workplace_hazard",
    "workplace_accident",
    "food_safety",
    "equipment_hazard",
)

SCREEN = Screen(
    order=3,
    title=Title("市域社会治理", "Social governance"),
    themes=("governance",),
    tiles=(
        Counter(id="count", title=Title("今日事件", "Events today"), zone="top", framed=False),
        Trend(id="trend", title=Title("24小时事件趋势", "Last 24 hours"), zone="left"),
        Ranking(
            id="disputes",
            title=Title("矛盾纠纷", "Disputes"),
            zone="left",
            by="kind",
            top=8,
            only=DISPUTES,
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
        Ranking(
            id="safety",
            title=Title("公共安全", "Public safety"),
            zone="east",
            by="kind",
            top=9,
            only=SAFETY,
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
