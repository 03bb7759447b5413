"""Each folder of `bad/` spoils the small city in one way; what is said must be said exactly so."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from citybrain.alerts.silence_records import Matcher
from citybrain.city import load_city
from citybrain.city.calendar_file import load_calendar
from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.errors import ConfigError
from citybrain.floor.text import Text
from citybrain.notices.hours import Hours
from citybrain.notices.routing import Receiver
from citybrain.notices.routing_files import load_routing, routing_faults, routing_of
from notifier.channel import channel_options
from tests.citybrain.notices.city import HERE, small_city
from tests.repository import WUHAI

CHANNELS = channel_options()
BAD = sorted(path for path in (HERE / "bad").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", BAD, ids=lambda path: path.name)
def test_load_routing_when_spoilt_then_says_place_item_problem_and_remedy(
    case: Path, tmp_path: Path
) -> None:
    city = small_city(tmp_path, case)

    with pytest.raises(ConfigError) as caught:
        load_routing(city, CHANNELS)

    said = str(caught.value).replace(f"{city.folder}/", "") + "\n"
    assert said == (case / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["routing.yaml", "rota.yaml", "calendar.yaml"])
def test_load_routing_when_a_file_is_missing_then_says_so(name: str, tmp_path: Path) -> None:
    city = small_city(tmp_path)
    (city.folder / name).unlink()

    faults = [str(fault) for fault in routing_faults(city, CHANNELS)]

    said = f"{city.folder}/{name}:1: file: missing; make it; docs/city.md shows what belongs in it"
    assert said in faults


def test_load_routing_when_right_then_holds_receivers_hours_and_people(tmp_path: Path) -> None:
    routing = load_routing(small_city(tmp_path), CHANNELS, "https://desk.example")

    assert routing.receivers["two"] == Receiver(
        id="two",
        title=Text("二号", "Two"),
        kind="webhook",
        options={"url": "http://127.0.0.1:9/hook"},
        fallback="one",
    )
    assert routing.hours["night"] == Hours(from_="22:00", until="06:00")
    assert routing.people["berta"].receivers == ("two", "one")
    assert routing.exercise_to == ("drill",)
    assert routing.names.desk_url == "https://desk.example"
    assert [one.id for one in routing.inhibitions] == ["feed_silent", "red_same_cause", "jam"]


def test_load_routing_when_right_then_routes_inherit_and_conditions_are_read_in_both_forms(
    tmp_path: Path,
) -> None:
    root, red, blue, team = load_routing(small_city(tmp_path), CHANNELS).root.walk()

    assert (root.path, red.path) == ("root", "root/red")
    assert red.matchers == (Matcher("level", "=", "red"),)
    assert red.escalation is not None
    assert red.escalation.steps[1].to == ("chief", "two")
    assert red.group_interval == timedelta(minutes=5)
    assert blue.matchers == (Matcher("level", "=", "blue"), Matcher("theme", "=", "traffic"))
    assert (blue.to, blue.active) == (("officer",), ("office",))
    assert team.matchers == (Matcher("team", "=~", "north|south"),)
    assert (team.continue_, team.mute) == (True, ("night",))


def test_a_list_in_a_mapping_of_conditions_means_any_of_them(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    path = city.folder / "routing.yaml"
    path.write_text(path.read_text().replace("{level: red}", "{level: [red, orange]}"))

    root = load_routing(city, CHANNELS).root

    assert root.routes[0].matchers == (Matcher("level", "=~", "red|orange"),)


def test_none_takes_away_what_is_inherited(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    path = city.folder / "routing.yaml"
    text = path.read_text().replace(
        "route:\n  to: officer", "route:\n  to: officer\n  escalation: chain\n  repeat: 1h"
    )
    path.write_text(text.replace("active: office", "active: office, escalation: none, repeat: 0s"))

    _, _, blue, team = load_routing(city, CHANNELS).root.walk()

    assert (blue.escalation, blue.repeat) == (None, None)
    assert team.escalation is not None
    assert team.repeat == timedelta(hours=1)


def test_routing_of_a_city_without_routing_tells_nobody(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    (city.folder / "routing.yaml").unlink()

    routing = routing_of(city, CHANNELS)

    assert routing.root.to == ()
    assert routing.names.areas["150302"] == Text("海勃湾区", "Haibowan District")


def test_routing_faults_of_a_city_without_any_of_the_files_are_none(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    for name in ("routing.yaml", "rota.yaml", "calendar.yaml"):
        (city.folder / name).unlink()

    assert routing_faults(city, CHANNELS) == ()


def test_routing_faults_of_a_city_with_nothing_but_a_calendar_are_none(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    for name in ("routing.yaml", "rota.yaml", "calendar.yaml"):
        (city.folder / name).unlink()

    shutil.copy(WUHAI / "calendar.yaml", city.folder)
    assert routing_faults(city, CHANNELS) == ()
    (city.folder / "calendar.yaml").write_text("dais: {}\n")
    (fault, *_) = routing_faults(city, CHANNELS)
    assert "calendar.yaml" in fault.place


def test_load_calendar_when_there_is_none_then_weekdays_are_working_days(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    assert load_calendar(city).working_days == ("2026-10-10",)

    (city.folder / "calendar.yaml").unlink()

    assert load_calendar(city) == WorkCalendar()


def test_load_calendar_when_wrong_then_says_so(tmp_path: Path) -> None:
    city = small_city(tmp_path, HERE / "bad" / "calendar_backwards")

    with pytest.raises(ConfigError, match="before its beginning; exchange them"):
        load_calendar(city)


def test_wuhai_has_no_faults() -> None:
    assert routing_faults(load_city(WUHAI), CHANNELS) == ()
