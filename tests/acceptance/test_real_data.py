"""Real data of other cities through the whole way, door to store, against an independent parse.

Ten sets come as departments send them: pushed as CSV (plain and packed), JSON and NDJSON, dropped
as CSV, packed NDJSON and a workbook, published on a topic of their own. Every row of table `events`
is held against `real_data/independent_parse.py`. What the sets under shared/data hold that is no
event (GTFS schedules, CAP messages, polygons, categories, scores) is left out.
"""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from benchmarks import harness
from citybrain.floor import bus, store
from citybrain.floor.events import decode
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.topics import EVENTS, department_topic
from connectors.door.key_files import issue_missing
from connectors.letters.letter_replay import read_letters
from tests.acceptance.real_data import independent_parse as parse
from tests.acceptance.real_data.independent_parse import SaidSet
from tests.repository import DATA_SETS, ROOT
from tests.waiting import eventually

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not DATA_SETS.is_dir(), reason="no data sets beside the project"),
]
CITIES = Path(__file__).parent / "real_data"
PATIENCE_S = 240.0
PUSHED = {
    "beijing_air": "text/csv",
    "pems_detector": "text/csv",
    "caltrain_vehicles": "application/json",
    "sensorthings": "application/json",
    "open311_requests": "application/json",
    "district_centres": "application/json",
}
FETCHED = {
    "baltimore_requests": "311.csv",
    "los_angeles_loops": "loops.ndjson.gz",
    "twin_cities_occupancy": "occupancy.xlsx",
    "dutch_lanes": "",
}


@dataclass
class House:
    """Kafka, store, sink and gateway of their own, and what is delivered to them."""

    settings: Settings
    key: str
    sets: dict[str, SaidSet]

    def push(self, feed: str, body: bytes, media: str, **headers: str) -> tuple[int, Any]:
        """Push a body, again while the door says 429; return status and answer."""
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": media, **headers}

        def taken() -> tuple[int, Any] | None:
            door = http.client.HTTPConnection("127.0.0.1", self.settings.gateway_port)
            door.request("POST", f"/v1/feeds/{feed}/events", body, given)
            answer = door.getresponse()
            said = json.loads(answer.read())
            return None if answer.status == HTTPStatus.TOO_MANY_REQUESTS else (answer.status, said)

        return eventually(taken, PATIENCE_S, 0.5)  # type: ignore[return-value]

    def deliver(self, name: str) -> dict[str, Any]:
        """Push what is pushed, drop what is dropped under `name`; return the answers by feed."""
        told = {}
        for feed, media in PUSHED.items():
            status, told[feed] = self.push(feed, self.sets[feed].body, media)
            assert status == HTTPStatus.ACCEPTED, told[feed]
        packed = gzip.compress(self.sets["beijing_air"].body)
        more = {"Content-Encoding": "gzip", "Idempotency-Key": name}
        _, told["packed"] = self.push("beijing_air", packed, "text/csv", **more)
        for feed, file in FETCHED.items():
            if file:
                folder = self.settings.data / "drop" / feed
                part = folder / f"{name}-{file}.part"
                part.write_bytes(dropped(self.sets[feed]))
                part.rename(part.with_suffix(""))
        self.publish()
        return told

    def publish(self) -> None:
        """Publish the Dutch messages on the department's topic."""
        producer = bus.producer(self.settings)
        sent = [
            producer.send("departments.works", json.dumps(message).encode())
            for message in parse.dutch_messages(DATA_SETS)
        ]
        for promise in sent:
            promise.get(timeout=60)
        producer.close()

    def fetched(self, measure: str) -> dict[str, int]:
        """Return what the gateway has fetched so far, by feed."""
        url = f"http://127.0.0.1:{self.settings.gateway_port}/metrics"
        with urllib.request.urlopen(url) as answer:
            text = answer.read().decode()
        lines = re.findall(rf'^{measure}_total{{feed="(\w+)".*}} (\S+)$', text, re.MULTILINE)
        return {feed: int(float(count)) for feed, count in lines if float(count)}

    def stored(self, feed: str) -> list[tuple[Any, ...]]:
        """Return the feed's rows of table `events`, as `SaidEvent.row` gives them."""
        sql = """
            SELECT kind, toUnixTimestamp64Milli(occurred_at), value, subject, text, lon, lat, area,
                severity, attrs
            FROM events WHERE feed = {feed:String} AND origin = 'live' AND department = 'works'"""
        rows = store.connect(self.settings).query(sql, parameters={"feed": feed}).result_rows
        return [(*row[:-1], tuple(sorted(row[-1].items()))) for row in rows]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return rows and different ids in the store, by feed."""
        sql = "SELECT feed, count(), uniqExact(event_id) FROM events GROUP BY feed"
        found = store.connect(self.settings).query(sql).result_rows
        return {feed: (rows, ids) for feed, rows, ids in found}

    def on_kafka(self) -> Counter[str]:
        """Return the events on Kafka by feed."""
        found: Counter[str] = Counter()
        for partition in range(bus.partitions(self.settings, EVENTS)):
            for _, value in bus.read_range(self.settings, EVENTS, partition, 0, 2**62):
                envelope = decode(value or b"")
                found[envelope.feed] += envelope.table.num_rows
        return found

    def letters(self, feed: str) -> list[tuple[int, str, str]]:
        """Return (line, field, reason) of the feed's dead letters."""
        return sorted(
            (int(one.place.rpartition(":")[2]), one.field, one.reason)
            for one in read_letters(self.settings, feed)
        )


def dropped(said: SaidSet) -> bytes:
    """Return the file that a department would drop: Minnesota's table is a workbook."""
    if said.feed == "los_angeles_loops":
        return gzip.compress(said.body)
    if said.feed != "twin_cities_occupancy":
        return said.body
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["timestamp", "value"])
    for row in csv.DictReader(io.StringIO(said.body.decode())):
        sheet.append([datetime.fromisoformat(row["timestamp"]), float(row["value"])])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("real")
    settings = replace(
        harness.fresh_settings(folder / "data"), cities=CITIES, city="world", instance="real"
    )
    issue_missing(settings, ["works"])
    key = (settings.data / "secrets" / "works.key").read_text().strip()
    makers = (
        *(parse.baltimore, parse.beijing, parse.los_angeles, parse.pems, parse.dutch),
        *(parse.twin_cities, parse.caltrain, parse.observation, parse.open311, parse.centres),
    )
    sets = {said.feed: said for said in (maker(DATA_SETS) for maker in makers)}
    with harness.system(settings, ("kafka", "store", "sink", "gateway")):
        started = House(settings, key, sets)
        bus.ensure_topics(settings, (department_topic("works"),))
        dropping = [settings.data / "drop" / feed for feed, file in FETCHED.items() if file]
        eventually(lambda: all(one.is_dir() for one in dropping), PATIENCE_S)
        yield started


def everything(house: House) -> dict[str, int]:
    return {feed: len(said.events) for feed, said in house.sets.items()}


def test_real_sets_when_delivered_then_each_row_is_stored_as_an_independent_parse_reads_it(
    house: House,
) -> None:
    began = time.monotonic()
    told = house.deliver("first")
    expected = everything(house)
    eventually(
        lambda: {feed: rows for feed, (rows, _) in house.counts().items()} == expected, PATIENCE_S
    )

    assert house.counts() == {feed: (rows, rows) for feed, rows in expected.items()}
    for feed, said in house.sets.items():
        rows = house.stored(feed)
        if feed == "district_centres":
            rows = [sent_as(row) for row in rows]
        assert Counter(rows) == Counter(event.row() for event in said.events), feed
        assert house.letters(feed) == sorted(said.refused), feed
    for feed in PUSHED:
        said, answer = house.sets[feed], told[feed]
        counts = [answer[name] for name in ("rows", "accepted", "known", "rejected", "skipped")]
        assert counts == [said.rows, said.rows, 0, 0, 0]
        further = answer["further"]
        assert (further["accepted"], further["rejected"]) == (said.further, len(said.refused))
    sys.stderr.write(
        f"real sets: {sum(expected.values())} events: {time.monotonic() - began:.1f}s\n"
    )


def sent_as(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row whose WGS-84 position is that of GCJ-02 again, to the centimetre and a half."""
    lon, lat = parse.to_gcj02(*row[5:7])
    assert math.dist((lon, lat), (round(lon, 6), round(lat, 6))) < 1.5e-7
    assert math.dist(row[5:7], (lon, lat)) > 1e-3  # degrees: some hundred metres
    return (*row[:5], round(lon, 6), round(lat, 6), *row[7:])


def test_real_sets_when_delivered_again_then_nothing_changes(house: House) -> None:
    before = house.counts()

    told = house.deliver("second")

    for feed, said in house.sets.items():
        if feed in PUSHED:
            answer = told[feed]
            assert (answer["known"], answer["accepted"]) == (said.rows, 0)
            assert answer["further"]["known"] == said.further
    again = {feed: len(house.sets[feed].events) for feed in FETCHED}
    eventually(lambda: house.fetched("citybrain_fetched_known") == again, PATIENCE_S)
    assert dict(house.on_kafka()) == everything(house)
    assert house.counts() == before


def test_further_events_when_refused_are_replayed_then_they_alone_come(
    house: House, tmp_path: Path
) -> None:
    name = "beijing_air"
    said = house.sets[name]
    shutil.copytree(CITIES / "world", tmp_path / "world")
    path = tmp_path / "world" / "feeds" / "works.yaml"
    feeds = yaml.safe_load(path.read_text("utf-8"))
    feeds["feeds"][name]["also"]["ozone"]["value"] = {"fields": "O3", "empty": ["NA"]}
    path.write_text(yaml.safe_dump(feeds, allow_unicode=True, sort_keys=False), "utf-8")
    today = replace(house.settings, cities=tmp_path)

    done = subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", "dead-letters", "replay", "--feed", name],
        cwd=ROOT,
        env=os.environ | to_environment(today),
        capture_output=True,
        text=True,
        check=False,
    )

    count = len(said.refused)
    assert done.stdout.endswith(
        f"{count} replayed as {count} events, 0 replayed before, 0 still refused\n"
    ), done.stderr
    expected = len(said.events) + count
    eventually(lambda: house.counts()["beijing_air"] == (expected, expected), PATIENCE_S)
    ozone = [row for row in house.stored("beijing_air") if row[0] == "ozone"]
    assert len(ozone) == said.rows
    assert sum(row[2] is None for row in ozone) == count


@pytest.mark.parametrize(
    ("feed", "file", "media", "code"),
    [
        ("open311_requests", "open311/georeport_v2_service_requests.xml", "application/xml", 415),
        (
            "open311_requests",
            "open311/spec_snippets_not_valid_json/georeport_v2_service_requests.json",
            "application/json",
            400,
        ),
        ("pems_detector", "faults/17-bytes-at-the-door/nul.csv", "text/csv", 400),
        ("pems_detector", "faults/17-bytes-at-the-door/utf16.csv", "text/csv", 400),
        ("caltrain_vehicles", "gtfs_rt/ct-vehicle-positions.pb", "application/json", 400),
    ],
)
def test_files_that_are_none_when_pushed_then_are_refused_with_a_letter(
    house: House, feed: str, file: str, media: str, code: int
) -> None:
    body = (DATA_SETS / file).read_bytes()

    status, said = house.push(feed, body, media)

    assert status == code, said
    assert said["error"]["remedy"]
    assert body in [one.raw for one in read_letters(house.settings, feed)]
