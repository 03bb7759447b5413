"""What a wall says of cases: one origin, one theme, like with like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from citybrain.city import City
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.lists.cases_frame import COUNTS, LATEST
from dashboards.tiles.case_turns import CASE_TURNS, CaseTurns
from dashboards.tiles.open_cases import LATEST_CASES, OPEN_CASES, OpenCases
from dashboards.wall.honesty import GREY_AFTER
from dashboards.wall.screen_moment import ScreenMoment
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.store_picture import StorePicture
from tests.dashboards.conftest import NOW

DUE = NOW - timedelta(days=3)
COUNTED = pl.DataFrame(
    [
        ("governance", "live", "intake", 4, 0, 0),
        ("governance", "live", "handling", 6, 0, 0),
        ("governance", "live", "", 0, 2, 3),
        ("governance", "simulated", "handling", 7, 0, 0),
        ("governance", "exercise", "handling", 1, 0, 0),
        ("traffic", "live", "revisit", 5, 0, 0),
        ("", "live", "intake", 1, 0, 0),
    ],
    schema=COUNTS,
    orient="row",
)
LATE = pl.DataFrame(
    [
        ("governance", "simulated", "WH-1", "150302001", "甲", "A", DUE - timedelta(days=9)),
        ("governance", "live", "WH-2", "150302001", "甲", "A", DUE),
        ("traffic", "live", "WH-3", "", "乙", "B", DUE - timedelta(days=1)),
    ],
    schema=LATEST,
    orient="row",
)
PLACE: dict[str, Any] = {"id": "tile", "title": Text("块", "tile"), "zone": "right"}


def turns(*rows: tuple[str, str, str, dict[str, int]]) -> pl.DataFrame:
    names = [
        f"{one}{late}" for one in ("today", "yesterday", "week", "before") for late in ("", "_late")
    ]
    none = dict.fromkeys(names, 0)
    return pl.DataFrame(
        [
            {"turn": turn, "kind": kind, "origin": origin} | none | n
            for turn, kind, origin, n in rows
        ]
    )


def view(city: City, *themes: str, **frames: pl.DataFrame) -> ScreenView:
    picture = StorePicture().updated(NOW, **frames)
    return ScreenView(ScreenMoment(city, picture, NOW), themes)


def test_open_cases_when_origins_mix_then_one_is_counted_and_the_others_stand_beside(
    city: City,
) -> None:
    frames = {OPEN_CASES.name: COUNTED, LATEST_CASES.name: LATE}
    told = OpenCases(**PLACE).snapshot(view(city, "governance", **frames))
    assert told["data"] == {
        "open": 10,
        "steps": [4, 0, 6, 0, 0],
        "supervised": 2,
        "late": 3,
        "rows": [{"number": "WH-2", "area": "150302001", "unit": ["甲", "A"], "due": millis(DUE)}],
        "beside": {"simulated": 7},
        "exercises": 1,
    }
    assert (told["fresh"]["state"], set(told["fresh"]["marks"])) == (
        "live",
        {"simulated", "exercise"},
    )
    everything = OpenCases(**PLACE, all_themes=True).read(view(city, "governance", **frames))
    assert (everything["open"], [row["number"] for row in everything["rows"]]) == (
        16,
        ["WH-3", "WH-2"],
    )


def test_open_cases_when_nobody_told_them_or_no_more_then_the_tile_says_so(city: City) -> None:
    assert OpenCases(**PLACE).snapshot(view(city, "governance"))["fresh"]["state"] == "none"
    told = view(city, "governance", **{OPEN_CASES.name: COUNTED})
    later = ScreenMoment(city, told.picture, NOW + GREY_AFTER + timedelta(seconds=1))
    old = OpenCases(**PLACE).snapshot(ScreenView(later, ("governance",)))
    assert old["fresh"]["state"] == "stale"


def test_turns_when_read_then_in_and_out_and_shares_are_of_the_themes_kinds(city: City) -> None:
    mine, other = (
        next(one.id for one in city.kinds.values() if one.theme == theme)
        for theme in ("governance", "traffic")
    )
    frame = turns(
        ("opened", mine, "live", {"today": 9, "week": 20}),
        ("opened", mine, "simulated", {"today": 3, "week": 3}),
        ("opened", other, "live", {"today": 100, "week": 100}),
        (
            "closed",
            mine,
            "live",
            {"today": 8, "today_late": 2, "yesterday": 4, "yesterday_late": 2},
        ),
        ("closed", mine, "live", {"week": 30, "week_late": 3, "before": 10}),
    )
    data = CaseTurns(**PLACE).read(view(city, "governance", **{CASE_TURNS.name: frame}))
    assert data == {
        "opened": 9,
        "closed": 8,
        "day": {"in_time": 6, "all": 8, "in_time_before": 2, "all_before": 4},
        "week": {"in_time": 27, "all": 30, "in_time_before": 10, "all_before": 10},
        "beside": {"simulated": 3},
    }
