"""市域社会治理: disputes and their mediation, public safety, petitions, visits."""

from citybrain.floor.text import Text
from dashboards.tiles.donut import Donut
from dashboards.tiles.ranking import Ranking
from dashboards.wall.population import Population
from dashboards.wall.theme_screen import SEVERITY, theme_screen

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

SCREEN = theme_screen(
    "governance",
    Text("市域社会治理", "Social governance"),
    order=3,
    kinds=Ranking(
        id="disputes",
        title=Text("矛盾纠纷", "Disputes"),
        zone="left",
        by="kind",
        top=8,
        population=Population(kinds=DISPUTES),
    ),
    beside=(
        SEVERITY,
        Donut(id="mix", title=Text("事项构成", "Matters by kind"), zone="west", top=5, grow=6),
        Ranking(
            id="safety",
            title=Text("公共安全", "Public safety"),
            zone="east",
            by="kind",
            top=9,
            population=Population(kinds=SAFETY),
        ),
    ),
)
