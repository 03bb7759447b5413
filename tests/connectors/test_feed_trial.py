"""A trial says what the door would, and sends nothing."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from citybrain.city.records import City, Feed
from citybrain.floor.errors import SourceError
from connectors.door.answers import DoorRefusal
from connectors.feed_trial import check_readable, try_feed
from connectors.trial_report import report
from tests.connectors.door.test_any_bytes import text_of
from tests.connectors.door.test_push_door import NOW, PATH, House, row
from tests.fakes import make_city, make_feed, rule

ROWS = [
    row(1, lon=106.8, lat=39.6, value=1, area="150302"),
    row(2, kind="ufo"),
    row(3, kind="ufo"),
    row(4, kind="spaceship", time="2026-11-23"),
    row(5, time="1999-01-01T00:00:00Z"),
    row(6, time="2020-01-01T00:00:00Z"),
    row(7, lon=0, lat=0),
]


def kept(feed: Feed) -> City:
    return replace(make_city(feed), retention_days={"events": 400})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.city = kept(make_feed())
    made.start()
    yield made
    made.door.close()
    made.ledger.close()


def same(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for one in rows for name in one)
    return [{name: one.get(name, "") for name in names} for one in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("form", "name", "said"),
    [
        ("array", "a.json", "application/json"),
        ("lines", "a.ndjson", "application/x-ndjson"),
        ("csv", "a.csv", "text/csv"),
        ("tabs", "a.txt", "text/plain"),
        ("lines", "a.body", "application/x-ndjson"),
        ("csv", "a.csv.gz", "text/csv"),
    ],
)
async def test_trial_when_the_body_is_what_the_door_gets_then_it_says_what_the_door_says(
    house: House, tmp_path: Path, form: str, name: str, said: str, encoding: str
) -> None:
    body = text_of(form, same(ROWS) if form in ("csv", "tabs") else ROWS).encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    given = said if name == "a.body" else ""

    answer = (await house.client.post(PATH, body, {"Content-Type": said})).json
    feed = make_feed()
    trial = try_feed(feed, kept(feed), tmp_path / name, NOW, given)

    told = trial.outcome.told()
    assert told == {key: answer[key] for key in told}
    assert (told["accepted"], told["rejected"], told["expired"]) == (2, 5, 1)
    events = house.bus.envelopes[0].table.to_pylist()
    assert [event["event_id"] for event in trial.events] == [one["event_id"] for one in events]


def test_trial_when_it_is_a_table_file_or_messages_then_it_is_read_as_those_are(
    tmp_path: Path,
) -> None:
    frame = pl.DataFrame(same(ROWS), infer_schema_length=None, strict=False)
    columns = {"area": "", "severity": "", "text": ""}
    frame.with_columns(**{n: pl.lit(v) for n, v in columns.items()}).write_parquet(
        tmp_path / "a.parquet"
    )
    (tmp_path / "a.ndjson").write_bytes(text_of("lines", ROWS).encode())

    for source, name in [("file_drop", "a.parquet"), ("kafka", "a.ndjson")]:
        feed = make_feed(source=source)
        told = try_feed(feed, kept(feed), tmp_path / name, NOW).outcome.told()
        assert (told["rows"], told["accepted"]) == (7, 2), name


def shown(tmp_path: Path, rows: list[dict[str, Any]], **more: Any) -> list[str]:
    feed = make_feed(**more)
    path = tmp_path / "a.ndjson"
    path.write_text(text_of("lines", rows), encoding="utf-8")
    city = kept(feed)
    return list(report(try_feed(feed, city, path, NOW), city, NOW))


def test_report_when_rows_are_of_all_sorts_then_it_says_how_many_of_which(tmp_path: Path) -> None:
    lines = shown(tmp_path, ROWS)

    assert lines[:2] == [
        "reports: 7 rows: 2 would be accepted, 5 rejected, 0 skipped; nothing was sent",
        "of these: expired 1, place zero 1",
    ]
    why = "is no kind of this feed; it has pothole, flow"
    assert f"         3  kind: … {why} (first at 2: 'ufo' {why})" in lines
    assert "  100.0 %  ####################  id" in lines
    assert "   28.6 %  ######                lon" in lines
    assert (
        "Time: 2026-11-23T19:00:00+08:00 to 2026-11-23T19:00:00+08:00; the newest is 1.0 h old"
        in lines
    )
    assert "Its events are kept 400 days; 1 are older" in lines
    assert lines[lines.index("The first 2 events:") + 2] == (
        "  theme=city_management, kind=pothole, occurred_at=2026-11-23T19:00:00+08:00, severity=2, "
        "subject=s-7, origin=live"
    )


def test_report_when_values_have_no_meaning_then_its_yaml_reads_back_with_them(
    tmp_path: Path,
) -> None:
    odd = ["路面: 坑", "yes", "#1", "'", '"', "a\nb", "1", "null", "- x", "飞碟 {}"]
    values = {"坑": "pothole"}
    rows = [row(at, kind=kind) for at, kind in enumerate(["坑", *odd, odd[0]])]

    lines = shown(tmp_path, rows, mapping={"kind": rule("kind", values=values)})

    start = next(at for at, line in enumerate(lines) if "have no meaning" in line)
    snippet = lines[start + 1 : lines.index("", start)]
    read = yaml.safe_load("\n".join(snippet))["kind"]
    assert read["fields"] == "kind"
    assert read["values"] == values | dict.fromkeys(odd, "")
    assert f"{odd[0]}" in snippet[5]
    assert snippet[5].endswith("''  # 2 rows")


def test_report_when_there_are_places_then_they_are_on_a_map(tmp_path: Path) -> None:
    corners = [(106.0, 39.0), (106.0, 40.0), (107.0, 39.0)]
    rows = [row(at, lon=lon, lat=lat) for at, (lon, lat) in enumerate([*corners, corners[0]])]

    lines = shown(tmp_path, rows)

    drawn = [line for line in lines if line.startswith("  |")]
    assert len(drawn) == 20
    assert [drawn[0][3], drawn[-1][3], drawn[-1][-2]] == ["#", "@", "#"]
    assert sum(len(line.strip(" |")) > 0 for line in drawn) == 2


def test_trial_when_nothing_can_be_read_then_says_what_the_door_would(tmp_path: Path) -> None:
    feed = make_feed()
    (tmp_path / "a.csv").write_text("id,id\n1,2\n")

    with pytest.raises(DoorRefusal) as refused:
        try_feed(feed, kept(feed), tmp_path / "a.csv", NOW)
    assert refused.value.message == "the body is not CSV: column 'id' is there twice: rename one"
    with pytest.raises(SourceError) as missing:
        check_readable(tmp_path / "b.csv")
    assert str(missing.value) == f"{tmp_path}/b.csv: there is no such file; give the path of one"


def test_trial_when_there_is_no_row_then_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert shown(tmp_path, [])[0].startswith("reports: 0 rows: 0 would be accepted")
