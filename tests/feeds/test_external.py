"""Real data of other cities, mapped onto Wuhai: 311 requests, air quality, loop detectors.

These sets have no open licence, so they are not in the project: they are read from a folder beside
it, and the tests are skipped where there is none. Their feeds are in `external/`, laid over a copy
of cities/wuhai.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citybrain.city import City, load_city
from tests.repository import DATA_SETS, WUHAI

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(not DATA_SETS.exists(), reason="no data sets beside the project")

Run = Callable[[City, str, Path], Any]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("cities") / "wuhai"
    shutil.copytree(WUHAI, folder)
    for extra in (HERE / "external").glob("*.yaml"):
        with (folder / "feeds" / extra.name).open("a", encoding="utf-8") as feeds:
            feeds.write(extra.read_text("utf-8").removeprefix("feeds:\n"))
    return load_city(folder)


def test_service_requests_when_mapped_then_all_are_events(city: City, run_payload: Run) -> None:
    path = DATA_SETS / "service_requests" / "baltimore_311_10k.csv"

    outcome = run_payload(city, "service_requests", path)

    assert outcome.rejects == []
    assert len({event["event_id"] for event in outcome.events}) == 10_000
    assert Counter(event["kind"] for event in outcome.events) == {
        "other_matter": 7_294,
        "piled_waste": 852,
        "road_cleaning": 842,
        "street_light_fault": 305,
        "road_damage": 246,
        "abandoned_vehicle": 180,
        "exposed_rubbish": 116,
        "snow_ice": 85,
        "sewer_blocked": 80,
    }


def test_service_requests_when_mapped_then_local_time_and_area_are_right(
    city: City, run_payload: Run
) -> None:
    path = DATA_SETS / "service_requests" / "baltimore_311_10k.csv"

    first = run_payload(city, "service_requests", path).events[0]

    assert first["occurred_at"].isoformat() == "2018-04-12T15:11:26+00:00"
    assert (first["area"], first["text"]) == ("150302008", "TRT-Traffic Signal Repairs")
    assert dict(first["attrs"]) == {"status": "Closed", "method": "Phone"}


def test_beijing_air_when_a_year_is_mapped_then_only_missing_values_are_without(
    city: City, run_payload: Run, tmp_path: Path
) -> None:
    source = DATA_SETS / "air_quality" / "PRSA_Data_Aotizhongxin_20130301-20170228.csv"
    hours = pl.read_csv(source, infer_schema=False).filter(pl.col("year") == "2016")
    time = pl.format(
        "{}-{}-{} {}:00", *(pl.col(part).str.zfill(2) for part in ("year", "month", "day", "hour"))
    )
    measures = ["PM2.5", "PM10", "SO2", "NO2", "O3"]
    path = tmp_path / "beijing.csv"
    hours.select("station", *measures, time=time).unpivot(
        index=["station", "time"], variable_name="measure"
    ).write_csv(path)

    outcome = run_payload(city, "beijing_air", path)

    assert (len(outcome.events), len(outcome.rejects)) == (42_996, 924)
    assert all("NA" in reject for reject in outcome.rejects)


def test_los_angeles_loops_when_a_day_is_mapped_then_miles_become_kilometres(
    city: City, run_payload: Run, tmp_path: Path
) -> None:
    day = pl.read_csv(DATA_SETS / "traffic" / "metr_la_los_speed.csv", n_rows=288)
    times = pl.datetime_range(
        pl.datetime(2012, 3, 1), pl.datetime(2012, 3, 1, 23, 55), "5m", eager=True
    )
    path = tmp_path / "loops.csv"
    day.with_columns(time=times.dt.to_string("%Y-%m-%d %H:%M")).unpivot(
        index="time", variable_name="sensor", value_name="mph"
    ).write_csv(path)

    outcome = run_payload(city, "los_angeles_loops", path)

    assert outcome.rejects == []
    assert len(outcome.events) == 288 * 207
    assert outcome.events[0]["value"] == pytest.approx(64.375 * 1.609344)
    assert outcome.events[0]["occurred_at"].isoformat() == "2012-03-01T08:00:00+00:00"
