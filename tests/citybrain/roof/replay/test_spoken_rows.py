"""What the simulator says in a feed's own words."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from citybrain.city import City
from citybrain.city.records import Feed, FieldRule
from citybrain.floor.text import Text
from citybrain.roof.replay.simulate import SCHEMA
from citybrain.roof.replay.spoken_rows import as_csv, as_ndjson, raw_records

AT = datetime(2026, 11, 23, 1, 2, 3, 456_000, tzinfo=UTC)
EVENT = pl.DataFrame(
    {
        "source_id": "x-1",
        "kind": "exposed_rubbish",
        "occurred_at": AT,
        "area": "150302001",
        "lon": 106.812,
        "lat": 39.655,
        "severity": 2,
        "value": 36.0,
        "subject": "s-1",
        "text": "路边堆放生活垃圾",
        "status": "open",
    },
    schema=SCHEMA,
)


def feed(mapping: dict[str, FieldRule], **changes: str) -> Feed:
    return Feed("f", Text("", ""), "police", "http_push", ("exposed_rubbish",), mapping, **changes)


def test_raw_records_when_chinese_names_then_as_the_department_writes(wuhai: City) -> None:
    line = as_ndjson(raw_records(wuhai.feeds["street_matters"], EVENT)).decode()

    assert line == (
        '{"编号":"x-1","类别":"暴露垃圾","发生时间":"2026-11-23 09:02:03","街道代码":"150302001",'
        '"经度":106.816737,"纬度":39.655914,"等级":"较急","内容":"路边堆放生活垃圾",'
        '"状态":"处理中"}\n'
    )


def test_raw_records_when_paths_then_nested(wuhai: City) -> None:
    line = as_ndjson(raw_records(wuhai.feeds["air_quality"], EVENT)).decode()

    assert line == (
        '{"id":"x-1","metric":"exposed_rubbish","ts":1795395723456,"device":{"area":"150302001",'
        '"location":{"lng":106.812,"lat":39.655},"id":"s-1","name":"路边堆放生活垃圾"},'
        '"value":36.0}\n'
    )


def test_raw_records_when_scaled_then_divided() -> None:
    spoken = raw_records(feed({"value": FieldRule(fields=("v",), scale=3.6)}), EVENT)

    assert spoken.to_dicts() == [{"v": 10.0}]


def test_raw_records_when_constant_then_not_said() -> None:
    mapping = {"kind": FieldRule(const="exposed_rubbish"), "text": FieldRule(fields=("t",))}

    assert raw_records(feed(mapping), EVENT).columns == ["t"]


def test_raw_records_when_iso_then_with_the_offset_of_its_zone() -> None:
    mapping = {"occurred_at": FieldRule(fields=("t",))}

    assert raw_records(feed(mapping), EVENT).item() == "2026-11-23T09:02:03.456+08:00"
    there = raw_records(feed(mapping, time_zone="UTC"), EVENT).item()
    assert there == "2026-11-23T01:02:03.456+00:00"


def test_raw_records_when_epoch_s_then_whole_seconds() -> None:
    mapping = {"occurred_at": FieldRule(fields=("t",), format="epoch_s")}

    assert raw_records(feed(mapping), EVENT).item() == 1_795_395_723


def test_as_csv_when_gb18030_then_header_and_rows_in_it() -> None:
    records = pl.DataFrame({"内容": ["井盖缺失"]})

    assert as_csv(records, "gb18030").decode("gb18030") == "内容\n井盖缺失\n"
