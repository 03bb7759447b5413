"""Which unit has to deal with a matter, and why that one."""

from __future__ import annotations

from datetime import date

import pytest

from citybrain.cases.dispatching import DispatchTable, Matter, destination_phrases
from citybrain.cases.stations import Station, StationTurns
from citybrain.cases.units import Responsibility, Unit, Units, acts_for, is_of
from citybrain.floor.text import Text
from tests.citybrain.cases.sample import actor, wuhai

MONDAY = date(2026, 1, 5)


def unit(name: str, *responsible: Responsibility, area: str = "", in_: str = "") -> Unit:
    title = Text(name, name)
    return Unit(name, "city", title, in_=in_, area=area, responsible=responsible)


TABLE = DispatchTable(
    [
        unit("everything", Responsibility()),
        unit("theme", Responsibility(themes=("streets",))),
        unit("kind", Responsibility(kinds=("cover",))),
        unit("power", Responsibility(kinds=("cover",), conditions=("power", "cable"))),
        unit("district", Responsibility(kinds=("cover",)), area="150302"),
        unit("street", Responsibility(kinds=("cover",)), area="150302003"),
        unit("far", Responsibility(kinds=("lamp",), areas=("150303", "150304"))),
        unit("labour", Responsibility(kinds=("dispute",), duty="turn")),
        unit("justice", Responsibility(kinds=("dispute",), duty="standing", areas=("150302",))),
        unit("police", Responsibility(kinds=("dispute",), duty="on_call")),
    ],
    {
        "centre": Station(
            standing=("justice",),
            turns=StationTurns("2026-01-05", (("labour",), ("health",)), turn_days=7),
            on_call=("police",),
        )
    },
)


@pytest.mark.parametrize(
    ("kind", "theme", "condition", "area", "day", "found"),
    [
        ("cover", "streets", "power", "150302003", MONDAY, "power"),
        ("cover", "streets", "cable", "", MONDAY, "power"),
        ("cover", "streets", "other", "150302003001", MONDAY, "street"),
        ("cover", "streets", "", "150302004", MONDAY, "district"),
        ("cover", "streets", "", "150304", MONDAY, "kind"),
        ("lamp", "streets", "", "150304001", MONDAY, "far"),
        ("lamp", "streets", "", "150302", MONDAY, "theme"),
        ("tree", "parks", "", "", MONDAY, "everything"),
        ("dispute", "x", "", "150303", MONDAY, "labour"),
        ("dispute", "x", "", "150302", MONDAY, "justice"),
        ("dispute", "x", "", "150303", date(2026, 1, 12), "police"),
        ("dispute", "x", "", "150303", date(2026, 1, 19), "labour"),
        ("dispute", "x", "", "150303", date(2026, 1, 4), "police"),
    ],
)
def test_destination_when_several_fit_then_the_most_exact_one(
    kind: str, theme: str, condition: str, area: str, day: date, found: str
) -> None:
    assert TABLE.destination(Matter(kind, theme, condition, area), day).unit == found


def test_destination_when_found_then_it_says_why() -> None:
    setup = wuhai()
    phrases = destination_phrases(setup.units, setup.city)

    def why(kind: str, condition: str = "", area: str = "150302003") -> tuple[str, str, str]:
        matter = Matter(kind, setup.theme_of(kind), condition, area)
        found = setup.dispatch.destination(matter, MONDAY)
        said = phrases.say(found.reason)
        return found.unit, said.zh, said.en

    assert why("exposed_rubbish") == (
        "sanitation",
        "环境卫生服务中心负责暴露垃圾（全市）",
        "Sanitation Service Centre is responsible for Exposed rubbish in the whole city",
    )
    assert why("manhole_cover_missing", "heating_cover")[:2] == (
        "heating",
        "热力公司负责井盖缺失、heating_cover（全市）",
    )
    assert why("shopfront_overflow") == (
        "xinhua_street",
        "新华街道负责店外经营（新华街道）",
        "Xinhua Subdistrict is responsible for Trading outside the shop in Xinhua Subdistrict",
    )
    assert why("illegal_building")[1] == "城市管理综合执法局负责城市管理（全市）"


def test_destination_when_nobody_is_responsible_then_a_dispatcher_decides() -> None:
    setup = wuhai()
    table = DispatchTable([], {})
    found = table.destination(Matter("road_damage", "city_management", "", "150302"), MONDAY)
    assert found.unit == ""
    said = destination_phrases(setup.units, setup.city).say(found.reason)
    assert said.en == (
        "the table names nobody for Damaged road in Haibowan District: a dispatcher decides"
    )
    assert said.zh == "职责表中没有负责道路破损（海勃湾区）的单位，转派遣员"


def test_destination_when_on_duty_that_day_then_it_says_so() -> None:
    matter = Matter("dispute", "x", "", "150303")
    found = TABLE.destination(matter, MONDAY)
    units = Units([unit("labour")])
    said = destination_phrases(units, wuhai().city).say(found.reason)
    assert said.zh == "labour负责dispute（全市），当日轮驻"


def test_station_when_asked_then_who_stands_there_and_how() -> None:
    station = wuhai().stations["governance_centre"]
    first, second = station.on_duty(MONDAY), station.on_duty(date(2026, 1, 13))
    assert (first["justice"], first["housing"], first["public_security"]) == (
        *("standing", "turn"),
        "on_call",
    )
    assert "market_supervision" not in first
    assert (second["market_supervision"], "housing" in second) == ("turn", False)


def test_units_when_a_tree_then_each_knows_those_above() -> None:
    units = wuhai().units
    assert units.path("sanitation") == ("sanitation", "city_management", "wuhai", "inner_mongolia")
    assert units.above("sanitation") == "city_management"
    assert units.above("inner_mongolia") == "inner_mongolia"
    assert units.path("unknown") == ("unknown",)
    assert units.concerned(["xinhua_street", "wuhai"]) == (
        *("haibowan_government", "inner_mongolia", "wuhai", "xinhua_street"),
    )
    assert units.title("sanitation") == Text("环境卫生服务中心", "Sanitation Service Centre")
    assert units.title("unknown") == Text("unknown", "unknown")


def test_units_when_an_account_is_listed_then_it_acts_for_that_unit_and_no_other() -> None:
    units = Units([Unit("a", "city", members=("li",)), Unit("b", "city", members=("li",))])
    assert units.as_member(actor("li", "clerk")).departments == ("a", "b")
    assert units.as_member(actor("li", "clerk", "c")).departments == ("a", "b", "c")
    own = actor("li", "clerk", "a", "b")
    assert units.as_member(own) is own
    assert units.as_member(actor("wang", "clerk", "c")).departments == ("c",)


def test_actor_when_of_the_whole_city_then_it_acts_for_all_and_belongs_to_none() -> None:
    everywhere, clerk = actor("x", "administrator"), actor("y", "clerk", "a")
    assert (acts_for(everywhere, "a"), is_of(everywhere, "a")) == (True, False)
    assert (acts_for(clerk, "a"), acts_for(clerk, "b"), is_of(clerk, "a")) == (True, False, True)


def test_station_when_nobody_takes_turns_then_the_others_stand_there() -> None:
    assert Station(standing=("a",), on_call=("b",)).on_duty(MONDAY) == {
        "a": "standing",
        "b": "on_call",
    }
