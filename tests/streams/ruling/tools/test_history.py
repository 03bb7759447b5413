"""Events of the store as the records that a shard takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from citybrain.floor.clock import from_millis
from citybrain.rules.rule import Rule
from streams.conditions.sequence import SequenceStep
from streams.ruling.intake.inputs import COLUMNS
from streams.ruling.tools.history import (
    CHUNK_MS,
    HistoryChunk,
    columns_of,
    excerpts_of,
    whole,
)
from tests.streams.ruling.rig import NOON, Seen, rule, table

ALWAYS = {"feed", "department", "kind", "area", "origin", "occurred_at", "value", "subject"}
HOUR = timedelta(hours=1)
FEW = pa.table({name: table([Seen(1)])[name] for name in ("feed", "occurred_at")})


def counted(**given: Any) -> Rule:
    return rule("threshold", {"of": "count", "window": HOUR}, above={"yellow": "1"}, **given)


def in_order(*rules: Rule) -> set[str]:
    found = columns_of(rules)
    assert found == [name for name in COLUMNS.names if name in found]
    return set(found) - ALWAYS


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        pytest.param((counted(),), set(), id="no-more"),
        pytest.param((counted(where={"severity": ">2"}),), {"severity"}, id="where"),
        pytest.param((counted(by=("attrs.line",)),), {"attrs"}, id="by-attribute"),
        pytest.param((counted(where={"attrs.a": "b", "text": "~x"}),), {"attrs", "text"}, id="two"),
        pytest.param(
            (counted(), rule("cluster", {"radius_m": 300, "within": HOUR}, above={"yellow": "3"})),
            {"lon", "lat"},
            id="places",
        ),
        pytest.param(
            (
                rule(
                    "sequence",
                    {"steps": (SequenceStep("a", where={"severity": ">1"}),), "within": HOUR},
                    level="red",
                ),
            ),
            {"severity", "text", "status", "updated_at", "sign"},
            id="steps",
        ),
    ],
)
def test_columns_of_when_rules_look_at_more_then_that_is_read_too(
    rules: tuple[Rule, ...], more: set[str]
) -> None:
    assert in_order(*rules) == more


def test_whole_when_columns_were_not_read_then_they_are_empty() -> None:
    full = whole(FEW)

    assert full.schema == COLUMNS
    row = full.to_pylist()[0]
    assert (row["feed"], row["value"], row["severity"]) == ("ndw_lanes", None, 0)
    assert (row["event_id"], row["attrs"], row["subject"]) == (bytes(16), [], "")
    assert row["occurred_at"] == from_millis(NOON + 1000)


def test_whole_when_chunks_have_dictionaries_of_their_own_then_words_are_the_same() -> None:
    one, two = table([Seen(1, subject="a")]), table([Seen(2, subject="b", feed="drain_levels")])

    full = whole(pa.concat_tables([one, two]))

    assert full["subject"].to_pylist() == ["a", "b"]
    assert full["feed"].to_pylist() == ["ndw_lanes", "drain_levels"]


def test_whole_when_the_time_was_not_read_then_says_so() -> None:
    with pytest.raises(pa.ArrowInvalid, match="column 'occurred_at' has to be read"):
        whole(FEW.drop_columns(["occurred_at"]))


def test_excerpts_of_when_feeds_follow_each_other_then_each_has_one_excerpt() -> None:
    rows = table([Seen(5), Seen(3), Seen(9, feed="drain_levels")])

    found = list(excerpts_of(rows, 7))

    assert [
        (one.header.offset, one.header.feed, one.header.accepted, one.header.newest_ms - NOON)
        for one in found
    ] == [(7, "ndw_lanes", 2, 5000), (8, "drain_levels", 1, 9000)]
    assert [one.table.num_rows for one in found] == [2, 1]
    assert list(excerpts_of(rows.slice(0, 0), 7)) == []


def signs(*at_s: int) -> pa.Table:
    times = pa.array([NOON + at * 1000 for at in at_s], pa.timestamp("ms", "UTC"))
    count = len(at_s)
    return pa.table({"feed": ["ndw_lanes"] * count, "department": ["traffic"] * count, "at": times})


def test_spans_when_read_then_each_chunk_has_its_signs_of_life_and_its_events() -> None:
    chunk_s = CHUNK_MS // 1000
    rows = table([Seen(1), Seen(2 * chunk_s + 5)])
    read = HistoryChunk(whole(rows), signs(0, 1, chunk_s, 2 * chunk_s + 10))
    end = NOON + 2 * CHUNK_MS + 60_000

    found = list(read.spans(NOON, end, 100))

    assert [at - NOON for at, _ in found] == [CHUNK_MS, 2 * CHUNK_MS, 2 * CHUNK_MS + 60_000]
    assert [
        [(one.header.offset, one.header.accepted, one.table.num_rows) for one in excerpts]
        for _, excerpts in found
    ] == [
        [(100, 0, 0), (101, 0, 0), (102, 1, 1)],
        [(103, 0, 0)],
        [(104, 0, 0), (105, 1, 1)],
    ]
    assert found[0][1][1].header.newest_ms == NOON + 1000


def test_spans_when_signs_were_not_read_then_there_are_events_only() -> None:
    read = HistoryChunk(whole(table([Seen(1)])), None)

    ((_, excerpts),) = read.spans(NOON, NOON + CHUNK_MS, 0)

    assert [one.header.accepted for one in excerpts] == [1]
