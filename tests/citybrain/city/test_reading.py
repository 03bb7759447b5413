"""Each folder of `bad/` spoils the small city in one way; what is said must be said exactly so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from citybrain.city import load_city
from citybrain.city.records import Area, EventKind, FieldRule
from citybrain.floor.errors import ConfigError
from citybrain.floor.text import Text

HERE = Path(__file__).parent
SMALL = HERE / "small"
BAD = sorted(path for path in (HERE / "bad").iterdir() if path.is_dir())


def faults_of(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_city(folder)
    return str(caught.value).replace(f"{folder}/", "") + "\n"


@pytest.mark.parametrize("case", BAD, ids=lambda path: path.name)
def test_load_city_when_spoilt_then_says_place_item_problem_and_remedy(
    case: Path, tmp_path: Path
) -> None:
    city = tmp_path / "small"
    shutil.copytree(SMALL, city)
    shutil.copytree(case, city, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.txt"))

    assert faults_of(city) == (case / "expected.txt").read_text("utf-8")


def test_load_city_when_a_file_is_missing_then_says_so(tmp_path: Path) -> None:
    city = tmp_path / "small"
    shutil.copytree(SMALL, city)
    (city / "departments.yaml").unlink()

    assert faults_of(city) == (
        "departments.yaml:1: file: missing; make it; docs/city.md shows what belongs in it\n"
    )


def test_load_city_when_right_then_holds_every_record() -> None:
    city = load_city(SMALL)

    assert city.id == "small"
    assert city.title == Text(zh="小城", en="Small Town")
    assert list(city.departments) == ["police", "bus"]
    assert city.kinds["speed"] == EventKind(
        id="speed", title=Text("车速", "Speed"), theme="traffic", unit="km/h", cadence_s=60
    )
    assert city.areas["150302001"] == Area(
        code="150302001", title=Text("凤凰岭街道", "Fenghuangling Subdistrict"), parent="150302"
    )
    assert city.geo == SMALL / "geo/districts.geojson"


def test_load_city_when_right_then_feed_has_its_mapping() -> None:
    feed = load_city(SMALL).feeds["radar"]

    assert feed.department == "police"
    assert feed.mapping["source_id"] == FieldRule(fields=("device", "seq"))
    assert feed.mapping["kind"].values == {"1": "accident", "2": "speed"}
    assert feed.mapping["lon"] == FieldRule(fields=("pos.lng",))
    assert feed.mapping["area"] == FieldRule(locate=True)
    assert feed.attrs == {"lane": "lane"}
    assert (feed.origin, feed.time_zone, feed.lateness_s) == ("live", "Asia/Shanghai", 600)


def test_load_city_when_it_has_a_register_of_subjects_then_they_are_known(tmp_path: Path) -> None:
    city = tmp_path / "small"
    shutil.copytree(SMALL, city)
    (city / "subjects").mkdir()
    text = (
        "\ufeffid,title_zh,title_en,address_zh,area,lon,lat\n"
        'G-1,一号调压柜,,"新华街12号,院内",150302001,106.8,39.6\n'
        "G-2,二号调压柜,Regulator 2,,,,\n"
    )
    (city / "subjects" / "gas.csv").write_text(text, "utf-8")

    one, two = load_city(city).subjects.values()

    assert (one.title, one.area, one.lon, one.lat) == (
        Text("一号调压柜", "一号调压柜"), "150302001", 106.8, 39.6,
    )  # fmt: skip
    assert one.said.zh == "一号调压柜（新华街12号,院内）"
    assert two.said == Text("二号调压柜", "Regulator 2")
    assert (two.area, two.lon) == ("", None)
