"""交通态势: detectors, incidents, public transport, parking."""

from citybrain.floor.text import Text
from dashboards.tiles.gauge import Gauge
from dashboards.tiles.measures import Measures
from dashboards.tiles.ranking import Ranking
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
        matters=True,
    ),
    west=(
        Gauge(
            id="congestion",
            title=Text("拥堵指数", "Congestion"),
            zone="west",
            measure="congestion_index",
            grow=6,
        ),
        SEVERITY,
    ),
    east=Measures(
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
)
