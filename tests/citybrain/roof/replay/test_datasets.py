"""The recorded data that is shipped, and where its sensors were put."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
import shapely

from citybrain.city import City
from citybrain.roof.replay.dataset import PLACEMENT, datasets, read_dataset
from citybrain.roof.replay.made_places import read_outlines

SENT = pl.lit(1_795_440_000_000, dtype=pl.Int64).alias("sent_ms")


def test_datasets_when_looked_for_then_these_three() -> None:
    assert {name: one.feed for name, one in datasets().items()} == {
        "nab": "nab_traffic",
        "ndw": "ndw_lanes",
        "pems": "pems_detector",
    }


@pytest.mark.parametrize(
    ("name", "rows", "series"), [("nab", 15_664, 7), ("pems", 7_776, 1), ("ndw", 1_140, 1)]
)
def test_read_dataset_when_shipped_then_whole_and_placed(
    wuhai: City, name: str, rows: int, series: int
) -> None:
    read = read_dataset(name, datasets()[name], wuhai.folder / "replay")

    assert (len(read), read["series"].n_unique()) == (rows, series)
    assert read.null_count().sum_horizontal().item() == 0
    assert read.schema["recorded_at"] == pl.Datetime("ms")


@pytest.mark.parametrize(
    ("name", "record"),
    [
        (
            "nab",
            {
                "row": 7_162,
                "sent_ms": 1_795_440_000_000,
                "kind": "occupancy",
                "value": 5.67,
                "road": "滨河大道",
                "area": "150302007",
                "lon": 106.7967,
                "lat": 39.6582,
                "sensor": "occupancy_t4013",
                "recorded_at": "2015-09-02 05:00:00",
            },
        ),
        (
            "pems",
            {
                "flow_5min": 41,
                "observed": 100,
                "road": "机场路",
                "area": "150302001",
                "lon": 106.815,
                "lat": 39.65,
                "id": "pems_1-1795440000000",
                "sensor": "pems_1",
                "sent_at": "2026-11-23T13:20:00Z",
                "recorded_at": "2016-02-25 20:50:00",
            },
        ),
    ],
)
def test_stamp_when_replayed_then_the_raw_record_says_both_times(
    wuhai: City, name: str, record: dict[str, object]
) -> None:
    dataset = datasets()[name]
    rows = read_dataset(name, dataset, wuhai.folder / "replay").with_row_index("row")
    one = rows.filter(pl.col("row") == 7_162).with_columns(SENT)

    assert dataset.stamp(one).to_dicts() == [record]


def test_nab_when_speed_then_miles_become_kilometres(wuhai: City) -> None:
    rows = read_dataset("nab", datasets()["nab"], wuhai.folder / "replay")
    speeds = rows.filter(pl.col("series") == "speed_6005")

    assert speeds.row(0, named=True)["value"] == 144.84
    assert speeds.row(0, named=True)["recorded_at"] == datetime.fromisoformat("2015-08-31 18:22")


def test_placement_when_looked_up_then_each_sensor_is_inside_its_district(wuhai: City) -> None:
    outlines = read_outlines(wuhai.geo)
    placement = pl.read_csv(wuhai.folder / "replay" / "placement.csv", schema=PLACEMENT)

    for one in placement.iter_rows(named=True):
        assert one["area"] in wuhai.areas
        assert shapely.contains_xy(outlines[one["area"][:6]], one["lon"], one["lat"])
