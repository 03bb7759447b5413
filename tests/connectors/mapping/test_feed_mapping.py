import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.city.records import FieldRule
from citybrain.floor.events import SCHEMA
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from tests.fakes import make_city, make_feed, rule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = {
    "id": "r-1",
    "kind": "pothole",
    "time": "2026-11-23T19:00:00+08:00",
    "area": "150302003",
    "lon": 106.8,
    "lat": 39.7,
    "severity": 3,
    "value": 1.5,
    "subject": "road 7",
    "text": "hole",
}


def apply(rows, feed=None, batch="b", **more):
    feed = feed or make_feed(**more)
    lines = [json.dumps(row).encode() for row in rows]
    frame = JsonRows(feed).read(b"\n".join(lines)).frame
    return apply_frame(frame, feed, batch, raw=lambda row: lines[row])


def apply_frame(frame, feed=None, batch="b", raw=lambda row: b"raw"):
    feed = feed or make_feed()
    rows = RawBatch(frame, lambda row: f"push {batch}:{row + 1}", raw, "application/json")
    return Mapper(feed, make_city(feed)).apply(rows, NOW, batch)


def event(row, feed=None, **more):
    mapped = apply([row], feed, **more)
    assert mapped.letters == []
    return mapped.table.to_pylist()[0]


def reason(row, feed=None, **more):
    mapped = apply([row], feed, **more)
    assert mapped.table.num_rows == 0
    (letter,) = mapped.letters
    return letter.field, letter.reason


def test_a_row_becomes_an_event():
    made = event(GOOD)
    assert made.pop("event_id").hex() == "b966a3bb51858a80ac29e2fee4b93782"
    assert made == {
        "feed": "reports",
        "department": "works",
        "theme": "city_management",
        "kind": "pothole",
        "occurred_at": datetime(2026, 11, 23, 11, tzinfo=UTC),
        "received_at": NOW,
        "area": "150302003",
        "lon": 106.8,
        "lat": 39.7,
        "severity": 3,
        "value": 1.5,
        "subject": "road 7",
        "text": "hole",
        "attrs": [],
        "origin": "live",
        "status": "",
        "version": None,
        "updated_at": None,
        "sign": 1,
    }
    assert apply([GOOD]).table.schema.equals(SCHEMA)


def test_what_is_missing_takes_the_usual():
    bare = {name: GOOD[name] for name in ("id", "kind", "time")}
    made = event(bare)
    assert {name: made[name] for name in ("area", "lon", "lat", "value", "subject", "text")} == {
        "area": "",
        "lon": None,
        "lat": None,
        "value": None,
        "subject": "",
        "text": "",
    }
    assert made["severity"] == 2
    assert event({**bare, "kind": "flow"})["theme"] == "traffic"
    assert event({**bare, "area": "", "lon": None, "severity": "", "value": ""})["severity"] == 2


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", None, "'id' missing or empty"),
        ("id", "", "'id' missing or empty"),
        ("id", "x" * 1025, "1025 bytes are too long; 1024 may be"),
        ("kind", None, "'kind' missing or empty"),
        ("kind", "ufo", "'ufo' is no kind of this feed; it has pothole, flow"),
        ("time", None, "'time' missing or empty"),
        ("time", "now", "'now' is not an ISO 8601 time such as 2026-01-31T08:00:00+08:00"),
        ("time", "1999-12-31T00:00:00Z", "'1999-12-31T00:00:00Z' is before the year 2000"),
        (
            "time",
            "2026-11-23T12:05:01Z",
            "'2026-11-23T12:05:01Z' is more than 5 minutes in the future",
        ),
        ("area", "999999", "'999999' lies in no area of testville"),
        ("area", "centre", "'centre' lies in no area of testville"),
        ("lon", "east", "'east' is not a number"),
        ("lon", 181, "181 is not between -180 and 180"),
        ("lat", -90.5, "-90.5 is not between -90 and 90"),
        ("lat", None, "only half of the position is there"),
        ("severity", 5, "'5' is no severity; it is 0 to 4"),
        ("severity", 1.5, "'1.5' is no severity; it is 0 to 4"),
        ("severity", "high", "'high' is no severity; it is 0 to 4"),
        ("value", "nan", "'nan' is not a number"),
        ("value", "1,5", "'1,5' is not a number"),
        ("value", [1], "'[1]' is not a number"),
        ("value", True, "'true' is not a number"),
        ("text", "x" * 65_537, "65537 bytes are too long; 65536 may be"),
        (
            "kind",
            "a\nb\x1b" + "c" * 90,
            "'a\\nb\\x1b" + "c" * 76 + "'… is no kind of this feed; it has pothole, flow",
        ),
    ],
)
def test_a_reason_quotes_the_value(field, value, told):
    column = {"id": "source_id", "time": "occurred_at"}.get(field, field)
    column = "lon" if (field, value) == ("lat", None) else column
    assert reason({**GOOD, field: value}) == (column, told)


def test_a_letter_holds_all_that_is_needed_to_try_again():
    bad = {**GOOD, "kind": "ufo", "severity": 9}
    mapped = apply([GOOD, bad, GOOD])
    (letter,) = mapped.letters
    assert mapped.table.num_rows == 2
    assert mapped.rows == [1]
    assert letter.raw == json.dumps(bad).encode()
    assert (letter.feed, letter.department, letter.place) == ("reports", "works", "push b:2")
    assert (letter.batch, letter.media_type, letter.received_at) == ("b", "application/json", NOW)
    assert letter.field == "kind"
    assert letter.reason == (
        "'ufo' is no kind of this feed; it has pothole, flow; "
        "severity: '9' is no severity; it is 0 to 4"
    )
    assert apply([bad]).letters[0].letter_id == letter.letter_id


def test_the_same_row_is_the_same_event_however_it_is_typed():
    text = pl.DataFrame([{name: str(value) for name, value in {**GOOD, "id": "7"}.items()}])
    typed = pl.DataFrame([{**GOOD, "id": 7.0}])
    assert apply_frame(text).table.equals(apply_frame(typed).table)


def test_an_unknown_cell_counts_for_the_smallest_area_that_is_known():
    codes = ["150302003001002", "150302003999", "150302777", "150302"]
    table = apply([{**GOOD, "area": code} for code in codes]).table
    assert table.column("area").to_pylist() == ["150302003", "150302003", "150302", "150302"]


def test_a_value_map_translates_and_refuses_the_rest():
    feed = make_feed(
        {
            "kind": rule("kind", values={"坑": "pothole"}),
            "severity": rule("severity", values={"高": "4"}, default="1"),
            "value": rule("value", values={"one": "1"}),
        }
    )
    made = event({**GOOD, "kind": "坑", "severity": "高", "value": "one"}, feed)
    assert (made["kind"], made["severity"], made["value"]) == ("pothole", 4, 1.0)
    assert event({**GOOD, "kind": " 坑 ", "severity": "?", "value": "one"}, feed)["severity"] == 1
    assert reason({**GOOD, "kind": "洞", "value": "one"}, feed) == (
        "kind",
        "'洞' is not in the feed's value map",
    )
    assert reason({**GOOD, "kind": "坑", "value": "two"}, feed) == (
        "value",
        "'two' is not in the feed's value map",
    )


def test_constants_defaults_joined_fields_and_scale():
    feed = make_feed(
        {
            "source_id": rule("station", "no"),
            "kind": FieldRule(const="flow"),
            "severity": FieldRule(const="4"),
            "value": rule("value", scale=12.0, default="2"),
            "text": rule("text", default="none"),
            "subject": rule("station", "no"),
        },
        origin="replay",
    )
    row = {"station": "A", "no": 7, "time": GOOD["time"], "value": 3}
    made = event(row, feed)
    assert (made["kind"], made["severity"], made["value"]) == ("flow", 4, 36.0)
    assert (made["subject"], made["text"], made["origin"]) == ("A:7", "none", "replay")
    assert event({**row, "value": None}, feed)["value"] == 24.0
    assert reason({"time": GOOD["time"]}, feed) == (
        "source_id",
        "'station' and 'no' missing or empty",
    )


def test_attributes_are_kept_where_they_are_given():
    feed = make_feed(attrs={"colour": "colour", "lane": "road.lane"})
    rows = [
        {**GOOD, "colour": "red", "road": {"lane": 2}},
        GOOD,
        {**GOOD, "colour": "", "road": {"lane": 1.5}},
    ]
    assert apply(rows, feed).table.column("attrs").to_pylist() == [
        [("colour", "red"), ("lane", "2")],
        [],
        [("lane", "1.5")],
    ]


def test_chinese_coordinates_are_converted():
    made = event({**GOOD, "lon": 116.404, "lat": 39.915}, make_feed(coordinates="gcj02"))
    assert (made["lon"], made["lat"]) == pytest.approx((116.397755, 39.913596), abs=2e-6)


def test_an_area_is_located_by_the_citys_polygons(tmp_path):
    square = [[106, 39], [107, 39], [107, 40], [106, 40], [106, 39]]
    geo = tmp_path / "districts.geojson"
    feature = {
        "type": "Feature",
        "properties": {"code": "150302"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    geo.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    feed = make_feed({"area": FieldRule(locate=True)})
    rows = [GOOD, {**GOOD, "lon": 107.5}, {**GOOD, "lon": None, "lat": None}]
    frame = JsonRows(feed).read(b"\n".join(json.dumps(row).encode() for row in rows)).frame
    batch = RawBatch(frame, str, lambda _: b"", "application/json")
    table = Mapper(feed, make_city(feed, geo=geo)).apply(batch, NOW, "b").table
    assert table.column("area").to_pylist() == ["150302", "", ""]


def test_without_a_source_id_the_batch_and_the_row_make_the_event():
    feed = replace(
        make_feed(),
        mapping={name: made for name, made in make_feed().mapping.items() if name != "source_id"},
    )
    first, again = apply([GOOD, GOOD], feed, "one"), apply([GOOD, GOOD], feed, "one")
    other = apply([GOOD], feed, "two")
    ids = first.table.column("event_id").to_pylist()
    assert len({*ids, *other.table.column("event_id").to_pylist()}) == 3
    assert again.table.column("event_id").to_pylist() == ids


def test_a_table_without_the_columns_refuses_every_row():
    mapped = apply_frame(pl.DataFrame({"other": [1, 2]}))
    assert [letter.field for letter in mapped.letters] == ["kind", "kind"]


def test_no_rows_make_no_events():
    assert apply([]).table.num_rows == 0


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["2026-11-23T11:00:00Z", "pothole", "150302", "1e999", "-", "0x1"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


@given(
    st.lists(
        st.tuples(st.booleans(), st.dictionaries(st.sampled_from(list(GOOD)), ODD)), max_size=8
    )
)
def test_events_and_letters_are_all_rows_and_good_ones_are_never_lost(mix):
    rows = [GOOD if good else {**GOOD, **odd} for good, odd in mix]
    lines = [json.dumps(row).encode() for row in rows]
    read = JsonRows(make_feed()).read(b"\n".join(lines))
    mapped = apply_frame(read.frame, raw=lambda row: lines[row])
    assert mapped.table.num_rows + len(mapped.letters) + len(read.bad) == len(rows)
    refused = {int(read.kept[row]) for row in mapped.rows} | {index for index, _ in read.bad}
    assert not refused & {index for index, (good, _) in enumerate(mix) if good}
    assert all(letter.field and letter.reason for letter in mapped.letters)
    mapped.table.validate(full=True)


@pytest.mark.parametrize("value", [None, "", "NULL", " NULL ", "-9999", -9999, -9999.0])
def test_a_word_that_means_nothing_is_no_value(value):
    mapping = {"value": rule("value", empty=("NULL", "-9999"))}
    assert event({**GOOD, "value": value}, mapping=mapping)["value"] is None


def test_a_word_that_means_nothing_takes_the_default():
    mapping = {"kind": rule("kind", empty=("-",), values={"P": "pothole"}, default="flow")}
    assert event({**GOOD, "kind": "-"}, mapping=mapping)["kind"] == "flow"


def test_other_numbers_beside_a_word_that_means_nothing_are_read():
    mapping = {"value": rule("value", empty=("NULL",))}
    assert event({**GOOD, "value": 1.25}, mapping=mapping)["value"] == 1.25
    told = reason({**GOOD, "value": "none"}, mapping=mapping)
    assert told == ("value", "'none' is not a number")


@pytest.mark.parametrize(
    ("day", "hour", "form"),
    [
        ("2026-11-23", "19:00", "iso"),
        ("2026-11-23", "19:00:00", "%Y-%m-%d %H:%M:%S"),
        ("23.11.2026", "19", "%d.%m.%Y %H"),
    ],
)
def test_a_day_and_its_hour_in_two_fields_are_one_time(day, hour, form):
    mapping = {"occurred_at": rule("day", "hour", format=form)}
    made = event({**GOOD, "day": day, "hour": hour}, mapping=mapping)
    assert made["occurred_at"] == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert reason({**GOOD}, mapping=mapping) == (
        "occurred_at",
        "'day' and 'hour' missing or empty",
    )


@pytest.mark.parametrize("raw", [{"PM2.5": 7}, {"PM2": {"5": 7}}, {"PM2.5": "7"}])
def test_a_name_with_a_dot_is_a_name_or_a_path(raw):
    made = event({**GOOD, **raw}, mapping={"value": rule("PM2.5")})
    assert made["value"] == 7
