"""One of each extension point is dropped in as one file, or one entry, and works."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import connectors.sources
import dashboards.screens
import notifier.channels
import sinks.tables
import streams.conditions
from citybrain.city import load_city
from citybrain.notices.routing_files import routing_faults
from citybrain.roof.replay import datasets as datasets_package
from citybrain.roof.replay.dataset import datasets, read_dataset
from citybrain.rules.rule import RuleEvent
from connectors.fetch.source import check_sources, sources
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from dashboards.wall.screen import find_screens
from notifier.channel import channel_kinds, channel_options
from sinks.table import find_tables
from streams.ruling.condition import find_kinds
from streams.ruling.rulebook import load_rules
from streams.ruling.tools.rule_tests import run_rule_test
from tests.connectors.fetch_contexts import MemoryLog, city, drain, feed
from tests.dropped import Dropper, dropper
from tests.repository import ROOT, WUHAI
from tests.streams.conditions.rig import rule, told

SMALL = Path(__file__).parent / "citybrain" / "city" / "small"


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Dropper]:
    with dropper(tmp_path / "dropped") as drop:
        find_kinds.cache_clear()
        yield drop
    find_kinds.cache_clear()


POINTS = [
    pytest.param(connectors.sources, sources, "SOURCE of class SourceKind", id="source"),
    pytest.param(streams.conditions, find_kinds, "KIND of class ConditionKind", id="condition"),
    pytest.param(notifier.channels, channel_kinds, "CHANNEL of class ChannelKind", id="channel"),
    pytest.param(sinks.tables, find_tables, "TABLE of class Table", id="table"),
    pytest.param(dashboards.screens, find_screens, "SCREEN of class Screen", id="screen"),
    pytest.param(datasets_package, datasets, "DATASET of class DataSet", id="dataset"),
]


@pytest.mark.parametrize(("package", "find", "what"), POINTS)
def test_a_file_that_misspells_what_it_offers_is_an_error_and_not_passed_over(
    drop: Dropper, package: ModuleType, find: Callable[[], object], what: str
) -> None:
    drop(package, "misspelt", "TABEL = 1\n")
    with pytest.raises(TypeError) as refused:
        find()
    assert str(refused.value) == f"{package.__name__}.misspelt: no {what}; define one there"


def test_source_when_a_file_is_dropped_in_then_feeds_name_it_and_its_rows_come(
    drop: Dropper, tmp_path: Path
) -> None:
    drop(
        connectors.sources,
        "countdown",
        '''
        """Counts down: made up for a test."""

        from connectors.fetch.source import RawParcel, SourceKind, SourceOption
        from connectors.mapping.json_messages import read_messages
        from connectors.mapping.json_rows import JsonRows


        class Countdown:
            def __init__(self, feed, context, start):
                self._rows, self._start, self._told = JsonRows(feed), start, False

            def poll(self, now):
                if self._told:
                    return None
                self._told = True
                lines = [b'{"id":%d}' % n for n in range(self._start, 0, -1)]
                rows, refused, _ = read_messages(lines, "count {}".format, self._rows)
                return RawParcel(rows, f"from-{self._start}", refused)

            def next_at(self, now):
                return now

            def delivered(self, parcel, receipt):
                pass

            def close(self):
                pass


        SOURCE = SourceKind(
            "counts down",
            {"start": SourceOption(help="where it begins")},
            lambda feed, context: Countdown(feed, context, int(feed.options["start"])),
        )
        ''',
    )
    right, wrong = feed("countdown", start="3"), feed("countdown", begin="3")

    assert check_sources(city(right)) == []
    (fault,) = check_sources(city(wrong))
    assert fault.problem == "unknown option 'begin' of source countdown"
    opened = sources()["countdown"].open
    assert opened is not None
    log = MemoryLog()
    assert drain(opened(right, log.context(tmp_path)), log) == 1
    assert log.rows() == ["3", "2", "1"]


def test_condition_when_a_file_is_dropped_in_then_rules_name_it_and_it_fires(
    drop: Dropper,
) -> None:
    drop(
        streams.conditions,
        "scaled",
        '''
        """A reading, times a factor, reaches a level: made up for a test."""

        from dataclasses import dataclass, replace

        from citybrain.city.references import RecordFault
        from streams.conditions import threshold
        from streams.ruling.condition import ConditionKind


        @dataclass(frozen=True)
        class Options:
            factor: float = 1.0


        def _check(rule):
            if rule.condition.factor <= 0:
                yield RecordFault("factor", "not positive", "give more")


        def _make(rule, slots, lateness_ms, _city):
            above = {level: value / rule.condition.factor for level, value in rule.above.items()}
            plain = replace(rule, condition=threshold.Options(), above=above)
            return threshold.Threshold(plain, slots, lateness_ms)


        KIND = ConditionKind(Options, _make, _check, lambda _rule: "scaled value")
        ''',
    )
    find_kinds.cache_clear()
    hot = rule(
        "scaled", {"factor": 10.0}, kinds=("traffic_speed",), by=("subject",), above={"red": 300.0}
    )
    slow, fast = (
        RuleEvent(at=at, kind="traffic_speed", value=value, subject="radar-1")
        for at, value in (("08:00", 20.0), ("08:01", 31.0))
    )

    assert [(state, level) for _, _, state, level, _ in told(hot, [slow, fast])] == [
        ("firing", "red")
    ]


def test_condition_when_written_as_contributors_are_told_then_it_works(drop: Dropper) -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    drop(streams.conditions, "scaled", code)
    find_kinds.cache_clear()
    given = {"kinds": ("traffic_speed",), "by": ("subject",), "above": {"red": 300.0}}
    hot, cold = (rule("scaled", {"factor": factor}, **given) for factor in (10.0, 0.0))
    fast = RuleEvent(at="08:01", kind="traffic_speed", value=31.0, subject="radar-1")

    assert [(state, level) for _, _, state, level, _ in told(hot, [fast])] == [("firing", "red")]
    assert [fault.item for fault in find_kinds()["scaled"].check(cold)] == ["factor"]


def test_dataset_when_a_file_is_dropped_in_then_its_rows_can_be_replayed(
    drop: Dropper, tmp_path: Path
) -> None:
    drop(
        datasets_package,
        "tides",
        '''
        """Tides: made up for a test."""

        import polars as pl

        from citybrain.roof.replay.dataset import DataSet


        def _read(folder, placement):
            rows = pl.read_csv(folder / "tides.csv")
            at = pl.col("at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="ms")
            placed = rows.join(placement, on="sensor")
            return placed.select("level", "road", series="sensor", recorded_at=at)


        DATASET = DataSet(feed="tides", read=_read, stamp=lambda rows: rows)
        ''',
    )
    (tmp_path / "tides").mkdir()
    (tmp_path / "tides" / "tides.csv").write_text("sensor,at,level\nquay,2026-01-01 00:10,3\n")
    placement = "set,sensor,road,area,lon,lat\ntides,quay,Quay,150302,106.8,39.6\n"
    (tmp_path / "placement.csv").write_text(placement)

    rows = read_dataset("tides", datasets()["tides"], tmp_path)
    assert rows.select("series", "level", "road").rows() == [("quay", 3, "Quay")]
    assert rows.schema["recorded_at"] == pl.Datetime("ms")


def test_entries_of_kind_feed_and_rule_are_all_that_a_new_matter_needs(tmp_path: Path) -> None:
    town = tmp_path / "small"
    shutil.copytree(SMALL, town)
    kinds = town / "kinds" / "traffic.yaml"
    kinds.write_text(
        kinds.read_text("utf-8")
        + "  water_level: {title: {zh: 水位, en: Water level}, unit: m, severity: 1}\n",
        encoding="utf-8",
    )
    (town / "feeds" / "police.yaml").write_text(
        (town / "feeds" / "police.yaml").read_text("utf-8")
        + "  quay:\n    title: {zh: 码头, en: Quay}\n    source: http_push\n"
        "    kinds: [water_level]\n"
        "    mapping: {source_id: id, kind: {const: water_level}, occurred_at: at, value: m,"
        " subject: gauge}\n",
        encoding="utf-8",
    )
    (town / "rules").mkdir()
    (town / "rules" / "traffic.yaml").write_text(
        """\
rules:
  high_water:
    title: {zh: 高水位, en: High water}
    summary: {zh: 水位高, en: high}
    kinds: [water_level]
    by: [subject]
    condition:
      threshold: {}
    above: {red: 3}
    basis: example
    tests:
      - {name: one, events: [{at: "08:00", value: 3.5, subject: q1}], expect: [{level: red}]}
""",
        encoding="utf-8",
    )
    loaded = load_city(town)
    quay = loaded.feeds["quay"]
    line = json.dumps({"id": 7, "at": "2026-05-01T00:00:00Z", "m": 3.5, "gauge": "q1"}).encode()
    table = JsonRows(quay).read(line + b"\n")
    now = datetime(2026, 5, 1, 1, tzinfo=UTC)
    mapped = Mapper(quay, loaded).apply(
        RawBatch(table.frame, str, lambda _: line, "application/json"), now, "b1"
    )

    assert mapped.letters == []
    found = mapped.table.select(["kind", "value", "subject", "theme"]).to_pylist()
    wanted = {"kind": "water_level", "value": 3.5, "subject": "q1", "theme": "traffic"}
    assert found == [wanted]
    (high,) = load_rules(loaded).rules.values()
    assert run_rule_test(high, high.tests[0], loaded) == []


def test_every_entry_of_the_shipped_city_is_right_with_what_was_found() -> None:
    assert routing_faults(load_city(WUHAI), channel_options()) == ()
    assert check_sources(load_city(WUHAI)) == []
