"""What a wall says of the open alerts, and what it never says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from citybrain.city import City
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.tiles.alerts import Alerts
from dashboards.wall.alert_summary import LISTED, summary
from dashboards.wall.honesty import PATIENCE
from dashboards.wall.queries import PULSE, TOTALS
from dashboards.wall.screen_moment import ScreenMoment
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.store_picture import StorePicture
from tests.dashboards.conftest import NOW

MINUTE = timedelta(minutes=1)
TILE = Alerts(id="alerts", title=Text("预警", "Warnings"), zone="bottom")
ALL = Alerts(id="alerts", title=Text("预警", "Warnings"), zone="bottom", all_themes=True)


def alert(title: str = "one", **fields: Any) -> dict[str, Any]:
    row = _row(title) | fields
    waits = row["state"] == "firing" and not row["muted"]
    return row | {"waits": waits, "red": waits and row["level"] == "red"}


def _row(title: str) -> dict[str, Any]:
    return {
        "state": "firing",
        "level": "red",
        "theme": "traffic",
        "street": "150302001",
        "origin": "live",
        "muted": "",
        "title_zh": f"{title}名",
        "title_en": title,
        "opened_at": NOW - MINUTE,
    }


def told(*alerts: dict[str, Any]) -> dict[str, Any]:
    return summary(pl.DataFrame(alerts))


def titles(*alerts: dict[str, Any]) -> list[str]:
    return [row["title"][1] for row in told(*alerts)["rows"]]


def test_summary_when_there_are_none_then_all_counts_are_zero() -> None:
    found = summary(pl.DataFrame())
    assert found == {
        "open": 0,
        "levels": [0, 0, 0, 0],
        "waiting": 0,
        "quiet": 0,
        "red": 0,
        "red_tests": 0,
        "exercises": 0,
        "beside": {},
        "rows": [],
    }


def test_summary_when_levels_mix_then_red_is_counted_first() -> None:
    found = told(alert(), alert(level="blue"), alert(level="blue"), alert(level="orange"))
    assert (found["open"], found["levels"], found["waiting"]) == (4, [1, 1, 0, 2], 4)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, (1, 1, 0, 1, 0, 0)),
        ({"state": "acknowledged"}, (1, 0, 0, 0, 0, 0)),
        ({"muted": "silence"}, (1, 0, 1, 0, 0, 0)),
        ({"muted": "inhibition"}, (1, 0, 1, 0, 0, 0)),
        ({"level": "orange"}, (1, 1, 0, 0, 0, 0)),
        ({"origin": "simulated"}, (1, 1, 0, 0, 1, 0)),
        ({"origin": "replay"}, (1, 1, 0, 0, 1, 0)),
        ({"origin": "exercise"}, (0, 0, 0, 0, 0, 1)),
    ],
    ids=["red", "taken", "silenced", "inhibited", "orange", "simulated", "replay", "exercise"],
)
def test_summary_of_one_when_it_is_such_then_it_counts_so(
    fields: dict[str, Any], counts: tuple[int, ...]
) -> None:
    found = told(alert(**fields))
    names = ("open", "waiting", "quiet", "red", "red_tests", "exercises")
    assert tuple(found[name] for name in names) == counts


def test_rows_when_alerts_differ_then_the_one_to_act_on_comes_first() -> None:
    assert titles(
        alert("drill", origin="exercise"),
        alert("muted", muted="silence"),
        alert("blue", level="blue"),
        alert("taken", state="acknowledged"),
        alert("simulated", origin="simulated", opened_at=NOW),
        alert("older", opened_at=NOW - 2 * MINUTE),
        alert("newer"),
    ) == ["newer", "older", "taken", "blue", "muted", "simulated", "drill"]


def test_rows_when_there_are_many_then_only_the_first() -> None:
    assert len(titles(*(alert(str(n)) for n in range(LISTED + 5)))) == LISTED


def test_rows_when_a_title_is_missing_in_one_language_then_the_other_stands_in() -> None:
    (row,) = told(alert(title_en=""))["rows"]
    assert row["title"] == ["one名", "one名"]


def test_rows_when_told_then_nothing_says_whom_it_is_about() -> None:
    row = alert() | {"owner": "duty_a", "subject": "patient-7", "id": "uuid", "alert": "{}"}
    (line,) = told(row)["rows"]
    assert line == {
        "level": 4,
        "title": ["one名", "one"],
        "theme": "traffic",
        "area": "150302001",
        "opened": millis(NOW - MINUTE),
        "state": "firing",
        "muted": "",
        "origin": "live",
    }
    assert "duty_a" not in json.dumps(told(row))


def view(city: City, picture: StorePicture, now: datetime = NOW) -> ScreenView:
    return ScreenView(ScreenMoment(city, picture, now), ("traffic",))


def with_alerts(picture: StorePicture, *alerts: dict[str, Any]) -> StorePicture:
    return picture.updated(NOW, alerts=pl.DataFrame(alerts))


def test_tile_when_a_theme_has_its_wall_then_only_its_alerts_unless_all_are_asked(
    city: City, picture: StorePicture
) -> None:
    alerts = alert(), alert(theme="services"), alert(theme="platform")
    mixed = view(city, with_alerts(picture, *alerts))
    assert (TILE.read(mixed)["open"], ALL.read(mixed)["open"]) == (1, 3)


def test_tile_when_there_are_none_then_that_is_known_as_of_now(
    city: City, picture: StorePicture
) -> None:
    snapshot = TILE.snapshot(view(city, with_alerts(picture)))
    assert (snapshot["fresh"]["state"], snapshot["fresh"]["as_of"]) == ("live", millis(NOW))
    assert snapshot["data"]["open"] == 0


def test_tile_when_the_store_never_told_alerts_then_they_are_not_known(
    city: City, picture: StorePicture
) -> None:
    assert TILE.snapshot(view(city, picture))["fresh"]["state"] == "none"


def test_tile_when_they_were_told_long_ago_then_it_says_so(
    city: City, picture: StorePicture
) -> None:
    later = NOW + PATIENCE + MINUTE
    others = with_alerts(picture, alert()).updated(
        later, pulse=picture.frame(PULSE), totals=picture.frame(TOTALS)
    )
    snapshot = TILE.snapshot(view(city, others, later))
    assert (snapshot["fresh"]["state"], snapshot["fresh"]["as_of"]) == ("stale", millis(NOW))
    assert snapshot["data"]["red"] == 1, "what was last known stays to be seen"


def test_tile_when_the_feeds_are_silent_then_open_alerts_are_late_and_not_stale(
    city: City, picture: StorePicture
) -> None:
    known = with_alerts(picture.updated(NOW, totals=picture.frame(TOTALS).clear()), alert())
    assert TILE.snapshot(view(city, known))["fresh"]["state"] == "late"


def test_tile_when_origins_mix_then_they_are_marked(city: City, picture: StorePicture) -> None:
    known = with_alerts(picture, alert(), alert(origin="exercise"))
    assert TILE.snapshot(view(city, known))["fresh"]["marks"] == {"exercise": 0.5}
