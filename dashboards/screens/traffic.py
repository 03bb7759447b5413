"""交通态势: detectors, incidents, public transport, parking."""

from citybrain.floor.text import Text
from dashboards.tiles.gauge import Gauge
from dashboards.tiles.measures import Measures
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.wall.population import READINGS_TAKEN
from dashboards.wall.theme_screen import SEVERITY, theme_screen

SCREEN = theme_screen(
    "traffic",
    Text("交通态势", "Traffic"),
    order=5,
    kinds=Ranking(
        id="kinds",
        title=Text("交通事件", "Incidents"),
        zone="left",
        by="kind",
        top=8,
    ),
    beside=(
        Gauge(
            id="congestion",
            title=Text("拥堵指数", "Congestion"),
            zone="west",
            measure="congestion_index",
            grow=6,
        ),
        SEVERITY,
        Measures(
            id="detectors",
            title=Text("路网运行", "Road network"),
            zone="east",
            kinds=(
                "traffic_speed",
                "traffic_flow",
                "occupancy",
                "travel_time",
                "parking_occupancy",
                "bus_delay",
            ),
        ),
    ),
    minutes=MinuteBars(
        id="minutes",
        title=Text("近60分钟监测读数", "Readings, last 60 minutes"),
        zone="right",
        population=READINGS_TAKEN,
        wide=True,
        grow=6,
    ),
    cases=False,
)
