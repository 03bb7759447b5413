"""Extension points that reach the store: a table, a screen, a tile with its query, a column."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

import dashboards.screens
import dashboards.tiles
import sinks.tables
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.store import connect
from dashboards.wall.pages import wall
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.wall_live import Live
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch
from sinks.table import find_tables
from sinks.topic_reader import make_record
from tests.dropped import Dropper, dropper
from tests.repository import ROOT, WUHAI
from tests.sinks.stored import drop_all

pytestmark = pytest.mark.services

ZONE = "Asia/Shanghai"
BOATS = '''
    """Boats that are moored: made up for a test."""

    from datetime import UTC, datetime

    import msgspec

    from citybrain.floor.topics import Topic
    from sinks.record_columns import (
        INSTANT_COLUMN, WORD_COLUMN, RecordColumn, RecordReading, RecordRows, column_list,
    )
    from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource


    class Boat(msgspec.Struct, frozen=True):
        name: str
        theme: str
        length: float
        moored_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


    _COLUMNS = (
        RecordColumn("name", "String"),
        RecordColumn("theme", WORD_COLUMN),
        RecordColumn("length", "Float64"),
        RecordColumn("moored_at", INSTANT_COLUMN),
        RecordColumn("boat", "String"),
    )
    _OWN = column_list(_COLUMNS)
    _CREATE = f"""CREATE TABLE IF NOT EXISTS boats {{cluster}} ({_OWN},{KAFKA_COLUMNS}
    ) ENGINE = {{engine}}MergeTree ORDER BY name {DEDUPLICATED}"""
    _READ = RecordReading(Boat, {one: one for one in ("name", "theme", "length", "moored_at")})

    TABLE = Table(
        "boats",
        (Migration(900, "create boats", (_CREATE,)),),
        source=TopicSource(
            Topic("test.boats", "name", "boat"),
            RecordRows("boat", _COLUMNS, (_READ,)),
            flush_s=0.5,
            time="moored_at",
        ),
    )
    '''
MOORED = '''
    """Boats by length: made up for a test."""

    from dataclasses import dataclass
    from typing import ClassVar

    from dashboards.wall.tile import Tile
    from dashboards.wall.tile_query import TileQuery

    LONG_BOATS = TileQuery(
        name="long_boats",
        sql="SELECT name, theme, length FROM boats WHERE length >= {least:Float64} ORDER BY name",
        arguments=lambda when: {"least": 10.0},
    )


    @dataclass(frozen=True, kw_only=True)
    class Moored(Tile):
        kind: ClassVar[str] = "moored"
        queries: ClassVar[tuple[TileQuery, ...]] = (LONG_BOATS,)

        def read(self, view):
            return {"names": [row["name"] for row in view.frame(LONG_BOATS).iter_rows(named=True)]}
    '''
HARBOUR = '''
    """A screen with one tile: made up for a test."""

    from dashboards.tiles.moored import Moored
    from dashboards.wall.screen import Screen
    from citybrain.floor.text import Text

    SCREEN = Screen(
        order=9,
        title=Text("港口", "Harbour"),
        themes=("traffic",),
        tiles=(Moored(id="moored", title=Text("泊船", "Moored"), zone="left"),),
    )
    '''


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Dropper]:
    with dropper(tmp_path / "dropped") as drop:
        yield drop


def put(settings: Settings, *boats: bytes) -> None:
    """Insert as the sink does."""
    source = find_tables()["boats"].source
    assert source is not None
    batch = RecordBatch(make_record(source, 0, n, value) for n, value in enumerate(boats))
    with connect(settings) as client:
        insert(client, "boats", batch.table(), f"boats-{len(boats)}")


def test_table_tile_with_query_and_screen_when_dropped_in_then_the_wall_shows_what_is_stored(
    drop: Dropper, store_settings: Settings
) -> None:
    drop(sinks.tables, "boats", BOATS)
    drop(dashboards.tiles, "moored", MOORED)
    drop(dashboards.screens, "harbour", HARBOUR)
    with connect(store_settings) as client:
        migrate(client, find_tables(), Dialect(ZONE))
    put(
        store_settings,
        b'{"name":"Anna","theme":"traffic","length":12}',
        b'{"name":"Berta","theme":"services","length":15}',
        b'{"name":"Clara","theme":"traffic","length":4}',
    )

    city, screens, now = load_city(WUHAI), find_screens(), SystemClock().now()
    reader = StoreReader(lambda: connect(store_settings), ZoneInfo(ZONE), queries_of(screens))
    live = Live(city, screens, reader, SystemClock())
    reader.read_pulse(now)
    reader.read_base(now)

    assert list(screens)[-1] == "harbour"
    assert live.snapshot("harbour", now)["tiles"]["moored"]["data"] == {"names": ["Anna"]}
    assert "data-tile='moored'" in str(wall(city, screens))

    with connect(store_settings) as client, capture_logs() as logs:
        client.command("RENAME TABLE boats TO boats_away")
        reader.read_base(now)
        reader.read_base(now)
        client.command("RENAME TABLE boats_away TO boats")
        reader.read_base(now)
    told = [line["event"] for line in logs]
    assert told == ["long_boats_not_told", "long_boats_told_again"]
    assert live.snapshot("harbour", now)["tiles"]["moored"]["data"] == {"names": ["Anna"]}
    assert live.snapshot("overall", now)["outage"] is None, "the others go on"


COLUMN = '''
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tests.dropped import add_entry

# What somebody would write into the file: one entry, at the end.
END = ')\\n"""The event, one place.'
ENTRY = """    EventColumn(
        name="wind", arrow=pa.float64(), store="Nullable(Float64) CODEC(ZSTD(1))", nullable=True,
        mapped=True, what="metres a second", step=901,
    ),
    EventColumn(
        name="crew", arrow=WORD, store="LowCardinality(String)", mapped=True, what="who was sent",
        step=902,
    ),
"""
add_entry("citybrain.floor.event_columns", END, ENTRY)

from citybrain.city import references
from citybrain.floor import events
from citybrain.floor.settings import from_environment
from citybrain.floor.store import connect
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from citybrain.city.records import FieldRule
from dataclasses import replace
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch
from sinks.table import find_tables
from sinks.topic_reader import make_record
from streams.ruling.intake.where import check_where
from streams.ruling.tools.history import columns_of
from tests.connectors.fetch_contexts import city, feed
from tests.streams.ruling.rig import rule

one = feed()
one = replace(one, mapping={**one.mapping, "wind": FieldRule(fields=("w",), scale=0.5),
                            "crew": FieldRule(fields=("c",), values={"1": "north"})})
town = city(one)
ids = references.CityIds(frozenset(town.themes), frozenset(town.departments),
                         frozenset(town.kinds), frozenset())
assert list(references.check_feed(one, ids)) == []
gale = {"wind": ">=5", "crew": "north"}
assert list(check_where(gale)) == []
counted = {"of": "count", "window": timedelta(hours=1)}
assert {"wind", "crew"} <= set(columns_of([rule("threshold", counted, where=gale)]))
line = b'{"id":"1","w":"12","c":"1"}'
table = JsonRows(one).read(line)
mapped = Mapper(one, town).apply(
    RawBatch(table.frame, str, lambda _: line, "application/json"), datetime.now(UTC), "b")
assert mapped.letters == [], mapped.letters
value = events.encode(events.Envelope("roads", "roads_office", mapped.table))
source = find_tables()["events"].source
with connect(from_environment()) as client:
    steps = [step.number for step in migrate(client, find_tables(), Dialect("Asia/Shanghai"))]
    assert steps == [901, 902], steps
    insert(client, "events", RecordBatch([make_record(source, 0, 0, value)]).table(), "one")
    print(client.query("SELECT subject, wind, crew FROM events ORDER BY wind").result_rows)
'''


def test_event_column_when_one_entry_is_added_then_it_is_mapped_carried_judged_and_stored(
    store_settings: Settings,
) -> None:
    with connect(store_settings) as client:
        drop_all(client)
        # A store that the version before has made, with an event in it.
        migrate(client, find_tables(), Dialect(ZONE))
        client.command("INSERT INTO events (feed, subject) VALUES ('old', 'before')")
    done = subprocess.run(
        [sys.executable, "-c", COLUMN],
        cwd=ROOT,
        env=os.environ | to_environment(store_settings) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[('', 6.0, 'north'), ('before', None, '')]"
