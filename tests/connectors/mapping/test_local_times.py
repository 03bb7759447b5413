from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.clock import from_millis, millis
from connectors.mapping.local_times import (
    UNKNOWN,
    explain_time,
    pattern_problem,
    read_times,
)

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
FIRST, LAST = datetime(1990, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001  # hypothesis wants naive


def read(values, form, zone=SHANGHAI):
    column = values if isinstance(values, pa.Array) else pa.array(values)
    return [
        None if at == UNKNOWN else from_millis(int(at)).isoformat().replace("+00:00", "Z")
        for at in read_times(column, form, zone)
    ]


@pytest.mark.parametrize(
    ("text", "form", "zone", "instant"),
    [
        pytest.param(
            "2026-01-31T08:00:00+08:00", "iso", SHANGHAI, "2026-01-31T00:00:00Z", id="offset"
        ),
        pytest.param("2026-01-31T00:00:00Z", "iso", SHANGHAI, "2026-01-31T00:00:00Z", id="zulu"),
        pytest.param("2026-01-31T08:00:00", "iso", SHANGHAI, "2026-01-31T00:00:00Z", id="naive"),
        pytest.param(
            "2026-01-31 08:00:00.25", "iso", SHANGHAI, "2026-01-31T00:00:00.250000Z", id="fraction"
        ),
        pytest.param(
            "2026-01-31T08:00:00,5+0530",
            "iso",
            SHANGHAI,
            "2026-01-31T02:30:00.500000Z",
            id="comma, basic offset",
        ),
        pytest.param(
            "2026-01-31T08:00:00.123456789-03",
            "iso",
            SHANGHAI,
            "2026-01-31T11:00:00.123000Z",
            id="nanoseconds, short offset",
        ),
        pytest.param("2026-01-31T08:00", "iso", SHANGHAI, "2026-01-31T00:00:00Z", id="no seconds"),
        pytest.param("2026-01-31", "iso", SHANGHAI, "2026-01-30T16:00:00Z", id="day alone"),
        pytest.param(
            " 2026-01-31T08:00:00 ", "iso", SHANGHAI, "2026-01-31T00:00:00Z", id="blanks around"
        ),
        pytest.param(
            "2026-11-01T01:30:00", "iso", NEW_YORK, "2026-11-01T05:30:00Z", id="twice: the earlier"
        ),
        pytest.param("2026-03-08T02:30:00", "iso", NEW_YORK, None, id="gap"),
        pytest.param("2026-02-30T08:00:00", "iso", SHANGHAI, None, id="no such day"),
        pytest.param("now", "iso", SHANGHAI, None, id="word"),
        pytest.param("", "iso", SHANGHAI, None, id="empty"),
        pytest.param(
            "31/01/2026 08:00:00.250",
            "%d/%m/%Y %H:%M:%S.%f",
            SHANGHAI,
            "2026-01-31T00:00:00.250000Z",
            id="pattern",
        ),
        pytest.param(
            "2026年01月31日", "%Y年%m月%d日", SHANGHAI, "2026-01-30T16:00:00Z", id="Chinese day"
        ),
        pytest.param(
            "20260131080000+0800",
            "%Y%m%d%H%M%S%z",
            NEW_YORK,
            "2026-01-31T00:00:00Z",
            id="pattern with offset",
        ),
        pytest.param(
            "2026-03-08 02:30:00", "%Y-%m-%d %H:%M:%S", NEW_YORK, None, id="pattern in a gap"
        ),
        pytest.param("31.01.26", "%Y-%m-%d", SHANGHAI, None, id="another pattern"),
        pytest.param("1769817600", "epoch_s", SHANGHAI, "2026-01-31T00:00:00Z", id="epoch text"),
        pytest.param(
            "1769817600.5", "epoch_s", SHANGHAI, "2026-01-31T00:00:00.500000Z", id="epoch fraction"
        ),
        pytest.param(
            " 1769817600000 ", "epoch_ms", SHANGHAI, "2026-01-31T00:00:00Z", id="epoch ms"
        ),
        pytest.param("nan", "epoch_ms", SHANGHAI, None, id="nan"),
        pytest.param("1e300", "epoch_s", SHANGHAI, None, id="beyond all time"),
    ],
)
def test_a_time_is_read(text, form, zone, instant):
    assert read([text], form, zone) == [instant]
    # Alone it may go the quick way, beside others of every kind it cannot.
    assert read([text, "x", None], form, zone) == [instant, None, None]


def test_epochs_may_be_numbers():
    assert read(pa.array([1769817600000]), "epoch_ms") == ["2026-01-31T00:00:00Z"]
    assert read(pa.array([1769817600.25, None]), "epoch_s") == ["2026-01-31T00:00:00.250000Z", None]


def test_naive_times_of_summer_are_of_the_summer_of_their_zone():
    assert read(["2026-07-01T00:00:00", "2026-01-01T00:00:00"], "iso", NEW_YORK) == [
        "2026-07-01T04:00:00Z",
        "2026-01-01T05:00:00Z",
    ]


@given(st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=5))
def test_what_is_written_as_iso_is_read_back(times):
    texts = [time.isoformat() + "Z" for time in times]
    expected = [
        millis(time.replace(tzinfo=UTC, microsecond=time.microsecond // 1000 * 1000))
        for time in times
    ]
    assert read_times(pa.array(texts), "iso", SHANGHAI).tolist() == expected


@pytest.mark.parametrize(
    ("text", "form", "reason"),
    [
        ("now", "iso", "'now' is not an ISO 8601 time such as 2026-01-31T08:00:00+08:00"),
        ("x", "epoch_s", "'x' is not a number of seconds since 1970"),
        ("x", "epoch_ms", "'x' is not a number of milliseconds since 1970"),
        ("x", "%Y", "'x' is not a time of the form '%Y'"),
        (
            "2026-03-08T02:30:00",
            "iso",
            "'2026-03-08T02:30:00' does not exist in America/New_York: clocks went forward",
        ),
    ],
)
def test_a_reason_quotes_the_value(text, form, reason):
    assert explain_time(text, form, NEW_YORK) == reason


@pytest.mark.parametrize(
    ("text", "form", "instant"),
    [
        pytest.param("2013 3 1 7", "%Y %m %d %H", "2013-02-28T23:00:00Z", id="hour alone"),
        pytest.param("2013-03-01 3 PM", "%Y-%m-%d %I %p", "2013-03-01T07:00:00Z", id="of twelve"),
        pytest.param("2013-03-01", "%Y-%m-%d", "2013-02-28T16:00:00Z", id="day alone"),
        pytest.param("2013 3 1", "%Y %m %d %H", None, id="hour missing"),
    ],
)
def test_read_times_when_a_pattern_leaves_minutes_out_then_they_are_none(text, form, instant):
    assert read([text], form) == [instant]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("%Y-%m-%d", ""),
        ("%d.%m.%y %I:%M:%S.%f %p", ""),
        ("%Y-%m-%dT%H:%M:%S%z", ""),
        ("%Y-%m-%d %H:%M:%S%.3f", ""),
        ("%Y %j %H", ""),
        ("%Y %m", "'2026 01', which is written so, is no whole time"),
        ("%H:%M", "'20:05', which is written so, is no whole time"),
        (
            "%Y-%m-%d %M",
            "Invalid format string: Please either specify both hour and minute, or neither.",
        ),
    ],
)
def test_pattern_when_no_time_can_be_read_by_it_then_says_why(form, problem):
    assert pattern_problem(form) == problem
