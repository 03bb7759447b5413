"""城市管理: street matters, environment, utilities."""

from citybrain.floor.text import Text
from dashboards.tiles.donut import Donut
from dashboards.tiles.measures import Measures
from dashboards.tiles.ranking import Ranking
from dashboards.wall.theme_screen import SEVERITY, theme_screen

SCREEN = theme_screen(
    "city_management",
    Text("城市管理", "City management"),
    order=2,
    kinds=Ranking(
        id="kinds",
        title=Text("高发事项", "Most frequent matters"),
        zone="left",
        by="kind",
        top=8,
    ),
    beside=(
        SEVERITY,
        Donut(id="mix", title=Text("事项构成", "Matters by kind"), zone="west", top=5, grow=6),
        Measures(
            id="environment",
            title=Text("环境与市政", "Environment"),
            zone="east",
            kinds=("pm25", "pm10", "noise", "water_pressure", "heating_temperature", "power_load"),
        ),
    ),
)
