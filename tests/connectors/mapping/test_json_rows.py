import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.errors import ConfigError
from connectors.mapping.json_rows import JsonRows
from tests.fakes import make_feed, rule

NESTED = make_feed({"lon": rule("at.lon"), "lat": rule("at.lat"), "subject": rule("device.id")})


def read(data, feed=None):
    return JsonRows(feed or make_feed()).read(data)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(
            b"5", "not the object that was expected: Expected `object`, got `int`", id="number"
        ),
        pytest.param(
            b"[1]", "not the object that was expected: Expected `object`, got `array`", id="array"
        ),
        pytest.param(b'{"id":1', "not JSON: Input data was truncated", id="cut off"),
        pytest.param(
            b'{"id":1}{"id":2}',
            "not JSON: JSON is malformed: trailing characters (byte 9)",
            id="two on a line",
        ),
        pytest.param(
            b'{"id":NaN}', "not JSON: JSON is malformed: invalid character (byte 6)", id="NaN"
        ),
        pytest.param(b'{"id":"\xff"}', "not UTF-8: byte 0xff at 7", id="no UTF-8"),
        pytest.param(
            b'{"value":1e999}',
            "not JSON: a number, a text or the depth is beyond what can be read",
            id="too large a number",
        ),
        pytest.param(
            b'{"device":5}',
            "not the object that was expected: Expected `object | null`, got `int` - at `$.device`",
            id="value for an object",
        ),
    ],
)
def test_a_bad_line_is_told_apart_from_its_neighbours(line, reason):
    rows = read(b'{"id":"a"}\n' + line + b'\n{"id":"b"}\n', NESTED)
    assert rows.frame["id"].to_list() == ["a", "b"]
    assert rows.kept.tolist() == [0, 2]
    assert rows.bad == ((1, reason),)


def test_any_scalar_can_be_read_as_text():
    values = [b"7", b"7.0", b'"7"', b"true", b"null", b"12345678901234567890"]
    data = b"\n".join(b'{"id":%b}' % value for value in values)
    assert read(data).frame["id"].to_list() == [
        "7",
        "7",
        "7",
        "true",
        None,
        "12345678901234567890",
    ]


def test_characters_beyond_the_first_plane_may_be_escaped():
    assert read(b'{"id":"\\ud83d\\ude00"}').frame["id"].to_list() == ["😀"]


def test_packed_data_is_not_unpacked_behind_our_back():
    rows = read(gzip.compress(b'{"id":"a"}\n', mtime=0))
    assert (rows.frame.height, [index for index, _ in rows.bad]) == (0, [0])


def test_blank_lines_and_windows_line_ends_are_no_rows():
    rows = read(b'\r\n{"id":"a"}\r\n   \n\n{"id":"b"}')
    assert (rows.frame.height, rows.bad) == (2, ())


def test_numbers_sent_as_text_are_read_and_the_way_of_reading_is_remembered():
    reader = JsonRows(make_feed())
    assert reader.read(b'{"value":1.5}').frame["value"].to_list() == [1.5]
    assert reader.read(b'{"value":"1.5"}').frame["value"].to_list() == ["1.5"]
    assert reader.read(b'{"value":1.5}').frame["value"].to_list() == ["1.5"]


def test_records_that_span_lines_are_read():
    rows = JsonRows(make_feed()).read_records([b'{\n "id":\r\n "a"\n}', b'{"id":"b"}'])
    assert rows.frame["id"].to_list() == ["a", "b"]


def test_fields_inside_objects_are_read():
    rows = read(b'{"at":{"lon":1.5,"lat":2},"device":{"id":3}}\n{"at":null}\n{}', NESTED)
    assert rows.frame["at"].struct.field("lon").to_list() == [1.5, None, None]
    assert rows.frame["device"].struct.field("id").to_list() == ["3", None, None]


def test_a_path_into_a_value_is_a_fault_of_the_configuration():
    feed = make_feed({"subject": rule("device"), "text": rule("device.name")})
    with pytest.raises(ConfigError) as error:
        JsonRows(feed)
    assert str(error.value) == (
        "feeds: feeds.reports.mapping: 'device' is read as a value and 'device.name' goes into it; "
        "name only the fields inside the object"
    )


GOOD = st.fixed_dictionaries({"id": st.text(max_size=5), "value": st.floats(-1e9, 1e9)}).map(
    lambda row: json.dumps(row).encode()
)
BAD = st.binary(max_size=8).filter(
    lambda line: b"\n" not in line and not line.isspace() and line not in (b"", b"{}")
)


@given(st.lists(st.tuples(st.booleans(), GOOD, BAD), max_size=12))
def test_good_and_bad_lines_are_all_lines(mix):
    lines = [good if fine else bad for fine, good, bad in mix]
    rows = read(b"\n".join(lines))
    found = sorted([*rows.kept.tolist(), *(index for index, _ in rows.bad)])
    assert found == list(range(len(lines)))
    assert {index for index, (fine, *_) in enumerate(mix) if fine} <= set(rows.kept.tolist())
