"""What the benchmarks and the fault tests send is what they say it is."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.city import DEPARTMENTS, KINDS, KINDS_BY_THEME, feed_of, make_city
from benchmarks.drop import CHUNK, write_csv
from benchmarks.load import WIDTH, Body
from benchmarks.measure import Track
from benchmarks.peers.messages import Messages
from benchmarks.report import figure, percentiles
from citybrain.city import load_city
from citybrain.floor.events import decode

AT = datetime(2026, 3, 1, 8, 30, 5, tzinfo=UTC)


def test_body_is_ndjson_of_fixed_width_with_fresh_ids_and_times() -> None:
    body = Body("ecology", 20)
    first = body.stamp(1, AT)
    lines = first.splitlines(keepends=True)
    assert {len(line) for line in lines} == {WIDTH}
    events = [json.loads(line) for line in lines]
    assert events[0]["id"] == "00000001-00000"
    assert events[0]["at"] == "2026-03-01T08:30:05.000Z"
    assert events[19]["at"] == "2026-03-01T08:30:05.950Z"
    assert len({event["id"] for event in events}) == 20
    assert {event["kind"] for event in events} <= set(KINDS)
    again = [json.loads(line)["id"] for line in body.stamp(2, AT).splitlines()]
    assert not set(again) & {event["id"] for event in events}


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_body_with_resends_has_rows_of_the_one_before_just_as_they_were(share: float) -> None:
    body = Body("ecology", 200, again=share)
    sent: set[bytes] = set()
    for serial in range(1, 5):
        lines = body.stamp(serial, AT + timedelta(seconds=serial)).splitlines()
        assert len(set(lines)) == 200
        assert len(sent & set(lines)) == (200 * share if sent else 0)
        sent |= set(lines)


@pytest.mark.parametrize("source", ["http_push", "file_drop", "kafka"])
def test_the_city_of_the_benchmarks_is_valid(tmp_path: Path, source: str) -> None:
    city = load_city(make_city(tmp_path, source=source) / "wuhai")
    assert sorted(city.feeds) == sorted(feed_of(name) for name in DEPARTMENTS)
    assert {feed.source for feed in city.feeds.values()} == {source}
    assert set(KINDS_BY_THEME) == set(city.themes)
    assert all(
        city.kinds[kind].theme == theme
        for theme in KINDS_BY_THEME
        for kind in KINDS_BY_THEME[theme]
    )


def test_csv_has_as_many_rows_as_asked_each_with_an_id_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    write_csv(path, CHUNK + 10)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == CHUNK + 10
    assert [rows[0]["id"], rows[-1]["id"]] == ["0000000000", "0000100009"]
    assert len({row["id"] for row in rows}) == CHUNK + 10
    assert datetime.fromisoformat(rows[0]["at"]) < datetime.fromisoformat(rows[-1]["at"])


def test_peers_and_we_count_the_same_events() -> None:
    messages = Messages(2_000, 1_772_352_000_000)
    by_json = Counter(key for _, key, _ in messages.json())
    by_envelope: Counter[str] = Counter()
    for feed, value in messages.envelopes(100):
        envelope = decode(value)
        assert (envelope.feed, envelope.table.num_rows <= 100) == (feed, True)
        kinds = envelope.table["kind"].to_pylist()
        by_envelope.update(f"{envelope.department}:{kind}" for kind in kinds)
    by_window: Counter[str] = Counter()
    for name, events in messages.expected().items():
        by_window[name.split("@")[0]] += events
    assert by_json == by_envelope == by_window
    assert by_json.total() == 2_000


def test_head_is_the_first_of_the_same_events() -> None:
    whole = list(Messages(1_000, 0).json())
    assert list(Messages(1_000, 0, head=10).json()) == whole[:10]


def test_percentiles_of_a_hundred() -> None:
    found = percentiles([float(value) for value in range(100, 0, -1)])
    assert found == {"p50": 51.0, "p95": 96.0, "p99": 100.0, "max": 100.0, "mean": 50.5}


def test_cpu_between_samples_is_interpolated() -> None:
    track = Track(at=[0.0, 10.0, 20.0], cpu_s=[0.0, 5.0, 25.0], rss_mb=[1.0, 9.0, 3.0])
    assert track.cpu_between(5.0, 15.0) == 12.5
    assert track.peak_mb() == 9.0
    assert track.every(10) == [1.0, 9.0, 3.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1,234,567"), (0.5, "0.50"), (1234.5, "1,234"), (True, "yes"), (False, "NO"),
     (None, "–"), ("ours", "ours")],
)  # fmt: skip
def test_figures_as_people_read_them(value: object, text: str) -> None:
    assert figure(value) == text
