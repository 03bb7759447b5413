"""政务服务: hotline, halls, permits."""

from citybrain.floor.text import Text
from dashboards.tiles.measures import Measures
from dashboards.tiles.ranking import Ranking
from dashboards.wall.population import Population
from dashboards.wall.theme_screen import SEVERITY, theme_screen

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

SCREEN = theme_screen(
    "services",
    Text("政务服务", "Government services"),
    order=4,
    kinds=Ranking(
        id="hotline",
        title=Text("热线诉求", "Hotline topics"),
        zone="left",
        by="kind",
        top=8,
        population=Population(kinds=HOTLINE),
    ),
    beside=(
        SEVERITY,
        Ranking(
            id="permits",
            title=Text("事项办理", "Permits"),
            zone="west",
            by="kind",
            top=7,
            population=Population(kinds=PERMITS),
            grow=6,
        ),
        Measures(
            id="halls",
            title=Text("大厅与热线", "Halls, hotline"),
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
    ),
)
