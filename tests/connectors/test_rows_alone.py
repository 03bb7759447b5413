"""A row is read the same, alone and beside any other: the same event, or the same refusal."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.city.records import FieldRule
from connectors.door.bodies import Media, media_of
from connectors.door.intake import Intake
from tests.fakes import make_city, make_feed

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
NDJSON, ARRAY = "application/x-ndjson", "application/json"
GOOD = '{"id":"g","type":"pothole","time":"2026-06-02T02:00:00Z","value":1.5}'
SCALARS = [
    *("0", "7", "7.0", "-0.0", "0.1", "1e2", "1E+2", "-1", "4", "5", "1.50", "106.8"),
    *("39.6", "9007199254740993", "12345678901234567890", "1e308", "1e999", "-1e999"),
    *("1e-400", "0.30000000000000004", "123456789.123456789", "1e15", "1e16", "1e17"),
    *("100000000000000000000", "null", "true", "false", "[]", "{}", "[1]", '{"a":1}', '""'),
    *('" "', '"7"', '"007"', '"7.0"', '"1e2"', '"nan"', '"NaN"', '"inf"', '"1_000"'),
    *('"0x10"', '" 7 "', '"+7"', '"1,5"', '"pothole"', '"\\u0070othole"'),
    *('"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0000"', '"汉"', '"a\\nb"', '"1.5"'),
    *('"2026-06-02T02:00:00Z"', '"2026-06-02 10:00:00"', '"2026-06-02"', "1780365600"),
    *("1780365600000", "01", "+1", ".5", "1.", "NaN", "Infinity", "'a'", '"tru', "nul"),
    *("-", "1e", "0x1"),
]
"""Values as they stand in JSON, good and bad."""
PLAIN = {"id": '"g"', "type": '"pothole"', "time": '"2026-06-02T02:00:00Z"', "value": "1.5"}
FIELDS = ("id", "type", "time", "value", "lon", "lat", "severity", "note", "deep")


@functools.cache
def intake(*, numbers_as_text: bool = True) -> Intake:
    mapping = {
        "source_id": FieldRule(fields=("id",)),
        "kind": FieldRule(fields=("type",)),
        "occurred_at": FieldRule(fields=("time",)),
        "value": FieldRule(fields=("value",)),
        "lon": FieldRule(fields=("lon",)),
        "lat": FieldRule(fields=("lat",)),
        "severity": FieldRule(fields=("severity",)),
        "subject": FieldRule(fields=("deep.name",)),
        "text": FieldRule(fields=("note",)),
    }
    attrs = {"extra": "extra", "inner": "deep.deeper.name"}
    feed = make_feed(mapping, attrs=attrs | ({"raw": "value"} if numbers_as_text else {}))
    return Intake(feed, make_city(feed))


def outcomes(tested: Intake, rows: Sequence[str], media: Media) -> list[tuple[Any, ...]]:
    """Return what became of each line: its event, or field and reason; of a header its names."""
    is_array, is_csv = media == media_of(ARRAY), media == media_of("text/csv")
    body = "[" + ",".join(rows) + "]" if is_array else "\n".join(rows)
    refused: dict[int, tuple[Any, ...]] = {}
    events: list[Any] = []
    for haul in tested.take(body.encode("utf-8", "surrogatepass"), media, "b", NOW):
        events += haul.table.to_pylist()
        for letter in haul.outcome.letters:
            line = int(letter.place.rpartition(":")[2])
            refused[line] = (letter.field, letter.reason, letter.raw)
    waiting = iter(events)
    told = []
    for line, row in enumerate(rows, 1):
        if line == 1 and is_csv:
            told.append(("header", row))
        else:
            told.append(refused.get(line) or ("event", repr(next(waiting))))
    assert next(waiting, None) is None
    return told


values = st.sampled_from(SCALARS)
usual = {
    "id": st.one_of(st.just('"g"'), values),
    "type": st.one_of(st.just('"pothole"'), st.just('"flow"'), values),
    "time": st.one_of(st.just('"2026-06-02T02:00:00Z"'), values),
    "value": st.one_of(st.just("1.5"), values),
    "deep": st.one_of(
        st.just('{"name":"s"}'), values.map(lambda one: '{"name":' + one + "}"), values
    ),
}


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Return a row; mostly one that could be good, some fields strange, some twice."""
    names = draw(st.lists(st.sampled_from(FIELDS), max_size=3))
    pairs = list((PLAIN | {name: draw(usual.get(name, values)) for name in names}).items())
    if draw(st.integers(0, 9)) == 0:
        name = draw(st.sampled_from(FIELDS))
        pairs.append((name, draw(values)))
    return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"


STRANGE = st.sampled_from(
    ["7", "null", "[]", '"x"', "{", "}", '{"id":1', "{}{}", GOOD * 2, GOOD + "x", "nonsense"]
)
DEEP_TWICE = GOOD[:-1] + ',"deep":null,"deep":"g"}'
_CELLS = [*SCALARS, "", " ", '"a""b"', "a b", "汉字"]
# A quote that is not closed takes in the lines after it, as CSV does.
CELLS = st.sampled_from([cell for cell in _CELLS if not cell.count('"') % 2])


@pytest.mark.parametrize("media_type", [NDJSON, ARRAY])
@pytest.mark.parametrize("numbers_as_text", [True, False])
@given(batch=st.lists(st.one_of(rows(), STRANGE), min_size=1, max_size=5), typed=st.booleans())
@settings(max_examples=100, deadline=None)
def test_row_when_beside_others_then_it_is_read_as_alone(
    media_type: str, numbers_as_text: bool, batch: list[str], typed: bool
) -> None:
    media, tested = media_of(media_type), intake(numbers_as_text=numbers_as_text)
    if media_type == ARRAY:  # what is no JSON at all breaks the whole array
        batch = [row for row in batch if _is_json(row)] or [GOOD]

    def read(some: list[str], typed_first: bool) -> list[tuple[Any, ...]]:
        tested.bodies.json._text_batches = 0 if typed_first else 5
        return outcomes(tested, some, media)

    alone = [read([row], typed_first=True)[0] for row in batch]

    assert read([*batch, GOOD], typed)[:-1] == alone
    assert read([GOOD, *reversed(batch)], typed)[:0:-1] == alone


@pytest.mark.parametrize("other", [GOOD, "{", '{"id":"\\ud83d"}', '{"id":"t","value":"x"}'])
def test_row_when_an_object_is_there_twice_then_it_is_read_as_alone(other: str) -> None:
    (alone,) = outcomes(intake(), [DEEP_TWICE], media_of(NDJSON))

    assert alone[0] == "event"
    assert outcomes(intake(), [DEEP_TWICE, other], media_of(NDJSON))[0] == alone


@given(batch=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_csv_row_when_beside_others_then_it_is_read_as_alone(batch: list[list[str]]) -> None:
    lines = [",".join(["g", "pothole", "2026-06-02T02:00:00Z", *cells]) for cells in batch]
    good = "g,pothole,2026-06-02T02:00:00Z,1.5,a"
    media, header = media_of("text/csv"), "id,type,time,value,note"

    alone = [outcomes(intake(), [header, line], media)[1] for line in lines]

    assert outcomes(intake(), [header, *lines, good], media)[1:-1] == alone


@pytest.mark.parametrize("value", ["7", "7.0", "0.1", "-0.0", "1e2", "1.50", "39.6"])
def test_row_when_sent_as_json_or_as_csv_then_it_is_the_same_event(value: str) -> None:
    plain = {"id": value, "type": "flow", "time": "2026-06-02T02:00:00Z", "value": value}
    tested = intake(numbers_as_text=False)
    row = ",".join(f'"{name}":{cell}' for name, cell in plain.items() if name == "value")
    words = ",".join(f'"{name}":"{cell}"' for name, cell in plain.items() if name != "value")
    (one,) = outcomes(tested, ["{" + words + "," + row + "}"], media_of(NDJSON))
    (two,) = outcomes(tested, ["{" + words + "," + row + "}"], media_of(ARRAY))
    header, line = ",".join(plain), ",".join(plain.values())
    three = outcomes(tested, [header, line], media_of("text/csv"))[1]

    assert one[0] == "event"
    assert one == two == three


def _is_json(row: str) -> bool:
    try:
        msgspec.json.decode(row.encode())
    except msgspec.DecodeError:
        return False
    return True
