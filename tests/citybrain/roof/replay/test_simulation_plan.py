"""simulation.yaml is read as strictly as the city."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.city import City
from citybrain.floor.errors import ConfigError
from citybrain.roof.replay.simulation_plan import load_plan, read_plan

SMALL = """\
seed: 1
profiles:
  even: {weekday: [%s], weekend: [%s]}
places:
  150302001: {lon: 106.8, lat: 39.6}
values:
  pm25: {mean: 40}
spots: [路口]
phrases: {}
feeds:
  air_quality: {stations: 2, every_s: 600, kinds: {pm25: 1}}
""" % (", ".join("1" * 24), ", ".join("1" * 24))  # noqa: UP031 - braces are YAML's


def problems(city: City, tmp_path: Path, old: str, new: str) -> str:
    assert old in SMALL
    path = tmp_path / "simulation.yaml"
    path.write_text(SMALL.replace(old, new), "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_plan(path, city)
    return str(caught.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "seed: 1",
            "sead: 1",
            "simulation.yaml:1: sead: unknown key 'sead'; did you mean 'seed'?\n"
            "simulation.yaml:1: file: key 'seed' is missing; add 'seed: …'",
        ),
        (
            "150302001:",
            "150302999:",
            "simulation.yaml:5: places.150302999: unknown area '150302999'; did you mean '150302'?",
        ),
        (
            "pm25: {mean",
            "pm2: {mean",
            "simulation.yaml:7: values.pm2: unknown kind 'pm2'; did you mean 'pm25'?\n"
            "simulation.yaml:11: feeds.air_quality: no values for pm25; "
            "describe them under values",
        ),
        (
            "air_quality:",
            "air_qualty:",
            "simulation.yaml:11: feeds.air_qualty: unknown feed 'air_qualty'; "
            "did you mean 'air_quality'?",
        ),
        (
            "weekday: [1, ",
            "weekday: [",
            "simulation.yaml:3: profiles.even: not 24 hours a day; give a weight for each hour",
        ),
        (
            "{pm25: 1}",
            "{pm2_5: 1}",
            "simulation.yaml:11: feeds.air_quality: kind 'pm2_5' is not the feed's; "
            "did you mean 'pm25'?\n"
            "simulation.yaml:11: feeds.air_quality: no values for pm2_5; "
            "describe them under values",
        ),
        (
            "every_s: 600",
            "every_s: 700",
            "simulation.yaml:11: feeds.air_quality: every_s 700 does not divide an hour; "
            "give 300, 600, 900 …",
        ),
        (
            "stations: 2",
            "per_hour: 9, stations: 2",
            "simulation.yaml:11: feeds.air_quality: neither or both of per_hour and stations; "
            "give one of them",
        ),
        (
            "stations: 2",
            "profile: ofice, stations: 2",
            "simulation.yaml:11: feeds.air_quality: unknown profile 'ofice'; known are even",
        ),
        (
            "stations: 2",
            "within: '150304', stations: 2",
            "simulation.yaml:11: feeds.air_quality: no place lies within '150304'; "
            "add one under places",
        ),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_read_plan_when_spoilt_then_says_what(
    wuhai: City, tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert problems(wuhai, tmp_path, old, new) == problem


def test_read_plan_when_empty_then_says_so(wuhai: City, tmp_path: Path) -> None:
    path = tmp_path / "simulation.yaml"
    path.write_text("")

    with pytest.raises(ConfigError, match="file: empty; describe the simulator, or remove"):
        read_plan(path, wuhai)


def test_load_plan_when_wuhai_then_all_simulated_feeds_are_planned(wuhai: City) -> None:
    feeds = [feed for feed in wuhai.feeds.values() if feed.source != "case_limits"]
    simulated = {feed.id for feed in feeds if feed.origin == "simulated"}

    assert load_plan(wuhai).feeds.keys() == simulated
