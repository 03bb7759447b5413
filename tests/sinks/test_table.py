from __future__ import annotations

from datetime import UTC
from typing import Any

import pyarrow as pa
import pytest

from citybrain.floor import events
from citybrain.floor.dead_letters import DeadLetter, encode_letter
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.results import HEALTH_SCHEMA, WINDOW_SCHEMA, encode_table
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.table import Rollup, Table, TopicSource, conform, find_tables, rollups_of
from tests.sinks.sample import NOW, envelope, table

SCHEMA = pa.schema([pa.field("n", pa.uint8(), nullable=False), pa.field("word", pa.utf8())])
TABLES = find_tables()
WINDOW = {
    "size_s": 60,
    "starts_at": NOW,
    "department": "water",
    "theme": "services",
    "kind": "level",
    "area": "150302",
    "events": 3,
    "values": 0,
    "sum": 0.0,
    "squares": 0.0,
    "min": None,
    "max": None,
    "state": "open",
    "revision": 1,
    "watermark": NOW,
    "updated_at": NOW,
}
HEALTH = {
    "at": NOW,
    "feed": "radar",
    "department": "police",
    "state": "never",
    "watermark": None,
    "last_seen_at": None,
    "rate": 0.0,
    "accepted": 0,
    "rejected": 0,
    "late": 0,
    "event_lag_ms": None,
    "backlog": 0,
    "origin": "live",
    "clock_shift_ms": None,
}
LETTER = {
    "letter_id": "6d9c7f5e-5a52-5f0b-9c0e-8d2f3b1a7c44",
    "feed": "radar",
    "department": "police",
    "place": "push a:1",
    "field": "kind",
    "reason": "unknown kind 'x'",
    "raw": b"\xff\x00",
    "media_type": "text/csv",
    "header": "id,kind",
    "received_at": NOW,
    "batch": "a",
    "version": 1,
}


def source(name: str) -> TopicSource:
    found = TABLES[name].source
    assert found is not None
    return found


def record(schema: pa.Schema, row: dict[str, Any]) -> bytes:
    """Return a record of one row, of the columns of `schema` that `row` has."""
    columns = [field for field in schema if field.name in row]
    return encode_table(pa.Table.from_pylist([row], schema=pa.schema(columns)))


def letter(**other: Any) -> bytes:
    return encode_letter(DeadLetter(**LETTER | other))


def damaged_words(schema: pa.Schema, row: dict[str, Any], name: str) -> pa.Table:
    """Return a table whose column `name` points at a word that is not there."""
    whole = pa.Table.from_pylist([row], schema=schema)
    words = pa.DictionaryArray.from_arrays(
        pa.array([4_000], pa.int32()), pa.array(["word"]), safe=False
    )
    return whole.set_column(schema.get_field_index(name), schema.field(name), words)


def without_nulls_declared(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def test_find_tables_when_called_then_each_is_named_as_its_module() -> None:
    assert [name for name, found in TABLES.items() if found.name != name] == []
    assert [name for name, found in TABLES.items() if found.source] == [
        "alert_steps",
        "audit",
        "case_steps",
        "dead_letters",
        "events",
        "feed_health",
        "letter_marks",
        "notifications",
        "windows",
    ]


def test_conform_when_columns_are_unknown_missing_or_narrower_then_gives_the_schema() -> None:
    given = pa.table({"more": [1.5, 2.5], "n": pa.array([1, 2], pa.int64())})

    conformed = conform(given, SCHEMA)

    assert conformed.schema == SCHEMA
    assert conformed.to_pydict() == {"n": [1, 2], "word": [None, None]}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param(pa.table({"word": ["a"]}), "no column 'n'", id="missing"),
        pytest.param(
            pa.table({"n": pa.array([None], pa.uint8())}), "column 'n' holds nulls", id="null"
        ),
        pytest.param(
            pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"]),
            "2 columns 'n'",
            id="twice",
        ),
        pytest.param(
            pa.table({"n": [256]}), "Integer value 256 not in range: 0 to 255", id="too-large"
        ),
    ],
)
def test_conform_when_it_cannot_then_says_why(given: pa.Table, problem: str) -> None:
    with pytest.raises(pa.ArrowInvalid) as refused:
        conform(given, SCHEMA)

    assert str(refused.value) == problem


def test_rollups_of_when_they_cascade_then_each_comes_after_what_it_sums_up() -> None:
    def follows(name: str, after: str) -> Table:
        return Table(name, (), rollup=Rollup(after, "", "at", "{t}", 60))

    tables = {t.name: t for t in (follows("a", "c"), follows("c", "top"), follows("b", "c"))}

    assert [found.name for found in rollups_of(tables, "top")] == ["c", "a", "b"]
    assert rollups_of(tables, "b") == []


def test_rollups_of_when_asked_for_events_then_gives_all_five() -> None:
    assert [found.name for found in rollups_of(TABLES, "events")] == [
        "events_minute",
        "events_hour",
        "events_day",
        "feed_totals",
        "kind_minutes",
    ]


def test_decode_when_given_an_envelope_then_gives_its_events() -> None:
    rows = source("events").decode(envelope("radar", ["a", "b"], values={"a": 1.5}))

    assert rows.schema.equals(events.SCHEMA)
    assert rows.select(["feed", "subject", "value"]).to_pydict() == {
        "feed": ["radar", "radar"],
        "subject": ["a", "b"],
        "value": [1.5, None],
    }


def test_decode_when_given_an_envelope_of_no_events_then_gives_no_rows() -> None:
    assert source("events").decode(envelope("radar", [])).num_rows == 0


@pytest.mark.parametrize(
    ("name", "schema", "row"),
    [
        pytest.param("windows", WINDOW_SCHEMA, WINDOW, id="windows"),
        pytest.param("feed_health", HEALTH_SCHEMA, HEALTH, id="feed_health"),
    ],
)
def test_decode_when_given_results_then_gives_them_as_they_are(
    name: str, schema: pa.Schema, row: dict[str, Any]
) -> None:
    assert source(name).decode(record(schema, row)).to_pylist() == [row]


def test_decode_when_an_older_writer_lacks_a_column_then_it_is_null() -> None:
    older = {name: value for name, value in HEALTH.items() if name != "event_lag_ms"}

    assert source("feed_health").decode(record(HEALTH_SCHEMA, older)).to_pylist() == [HEALTH]


def test_decode_when_given_a_letter_then_gives_a_row() -> None:
    assert source("dead_letters").decode(letter()).to_pylist() == [LETTER]


@pytest.mark.parametrize("name", ["dead_letters", "events", "feed_health", "windows"])
@pytest.mark.parametrize("value", [b"", b"\xff\xff\xff\xff", b"{}", b"no record of ours at all"])
def test_decode_when_given_anything_else_then_refuses(name: str, value: bytes) -> None:
    with pytest.raises(EnvelopeError, match=r"^not an? "):
        source(name).decode(value)


NULL_FEED = pa.Table.from_pylist(
    [{**HEALTH, "feed": None}], schema=without_nulls_declared(HEALTH_SCHEMA)
)
HEALTH_TWICE = pa.Table.from_pylist([HEALTH], schema=HEALTH_SCHEMA)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        pytest.param(
            "windows",
            record(WINDOW_SCHEMA, {k: v for k, v in WINDOW.items() if k != "kind"}),
            "not a table of window results: no column 'kind'",
            id="window-without-kind",
        ),
        pytest.param(
            "feed_health",
            encode_table(NULL_FEED),
            "not a table of feed health: column 'feed' holds nulls",
            id="health-of-no-feed",
        ),
        pytest.param(
            "feed_health",
            encode_table(HEALTH_TWICE.append_column("at", HEALTH_TWICE["at"])),
            "not a table of feed health: 2 columns 'at'",
            id="health-with-a-column-twice",
        ),
        pytest.param(
            "dead_letters",
            letter(letter_id="seventh"),
            "not a dead letter: badly formed hexadecimal UUID string",
            id="letter-without-a-uuid",
        ),
        pytest.param(
            "dead_letters",
            letter(version=-1),
            "not a dead letter: can't convert negative value to unsigned int",
            id="letter-of-version--1",
        ),
        pytest.param(
            "dead_letters",
            b"{}",
            "not a dead letter: Object missing required field `letter_id`",
            id="letter-without-id",
        ),
        pytest.param(
            "letter_marks",
            b"{}",
            "no marks of dead letters: Object missing required field `feed`",
            id="marks-of-no-feed",
        ),
        pytest.param(
            "letter_marks",
            b'{"feed":"f","letter_ids":["x"],"mark":"replayed","at":"2026-11-23T12:00:00Z","by":""}',
            "no marks of dead letters: badly formed hexadecimal UUID string",
            id="marks-of-no-letter",
        ),
    ],
)
def test_decode_when_a_record_is_bad_then_says_why(name: str, value: bytes, problem: str) -> None:
    with pytest.raises(EnvelopeError) as refused:
        source(name).decode(value)

    assert str(refused.value) == problem


def test_decode_when_a_required_column_of_events_holds_nulls_then_refuses() -> None:
    rows = table("radar", ["a"])
    kind = events.SCHEMA.get_field_index("kind")
    broken = rows.set_column(kind, events.SCHEMA.field(kind), pa.nulls(1, events.WORD))

    with pytest.raises(EnvelopeError) as refused:
        source("events").decode(events.encode(events.Envelope("radar", "police", broken)))

    assert str(refused.value) == "not an envelope: column 'kind' holds nulls"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("events", "not an Arrow IPC stream of events: ", id="events"),
        pytest.param("feed_health", "not a table of feed health: ", id="feed_health"),
        pytest.param("windows", "not a table of window results: ", id="windows"),
    ],
)
def test_decode_when_a_word_points_nowhere_then_refuses_instead_of_crashing(
    name: str, problem: str
) -> None:
    [event] = table("radar", ["a"]).to_pylist()
    if name == "events":
        damaged = damaged_words(events.SCHEMA, event, "kind")
        value = events.encode(events.Envelope("radar", "police", damaged))
    elif name == "windows":
        value = encode_table(damaged_words(WINDOW_SCHEMA, WINDOW, "kind"))
    else:
        value = encode_table(damaged_words(HEALTH_SCHEMA, HEALTH, "feed"))

    with pytest.raises(EnvelopeError, match=f"^{problem}.*4000"):
        source(name).decode(value)


def test_decode_when_bytes_of_an_envelope_are_damaged_then_gives_rows_or_refuses() -> None:
    whole = envelope("radar", ["a", "b", "c"])
    decoded, refused = 0, 0
    for place in range(0, len(whole), 7):
        damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        try:
            rows = source("events").decode(damaged)
        except EnvelopeError:
            refused += 1
        else:
            decoded += 1
            assert not rows.num_rows or RecordBatch([TopicRecord(0, 0, rows)]).table().num_rows

    assert decoded
    assert refused


def test_letters_when_sent_in_another_zone_then_are_stored_as_the_same_instant() -> None:
    rows = source("dead_letters").decode(letter().replace(b"12:00:30Z", b"20:00:30+08:00"))

    assert rows["received_at"].to_pylist() == [NOW.astimezone(UTC)]
