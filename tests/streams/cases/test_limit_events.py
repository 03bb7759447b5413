"""What the clocks of cases tell, as events: each a record that is opened and closed once."""

from __future__ import annotations

import msgspec

from citybrain.cases.limit_events import limits_as_json
from citybrain.city import load_city
from connectors.mapping.feed_mapping import Mapper
from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import JsonRows
from connectors.sources.case_limits import _read as read
from tests.repository import WUHAI
from tests.streams.cases.test_case_owner import Rig, at

CITY = load_city(WUHAI)
FEED = CITY.feeds["case_limits"]


def rows(rig: Rig) -> list[tuple[str, str, str, float, float]]:
    """Return what all steps say: kind, limit, status, due and since in minutes after nine."""
    values = [read("live", msgspec.json.encode(step)) for step in rig.steps]
    batch, refused, taken = read_messages(values, str, JsonRows(FEED))
    mapped = Mapper(FEED, CITY).apply(batch, at(7 * 24 * 60), "b")
    assert (refused, taken, mapped.letters) == ((), len(values), [])
    return [
        (
            one["kind"],
            one["attrs"] and dict(one["attrs"])["limit"],
            one["status"],
            _minute(one["occurred_at"]),
            _minute(one["updated_at"]),
        )
        for one in mapped.table.to_pylist()
    ]


def _minute(instant) -> float:
    return (instant - at(0)).total_seconds() / 60


def test_a_limit_is_near_then_overdue_and_each_is_over_when_the_clock_stops() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.tick(12)
    rig.tick(15)
    rig.do(21, "accept", "a")

    assert list(dict.fromkeys(rows(rig))) == [
        ("case_near_due", "accept", "open", 12.0, 12.0),
        ("case_near_due", "accept", "closed", 12.0, 15.0),
        ("case_overdue", "accept", "open", 15.0, 15.0),
        ("case_overdue", "accept", "closed", 15.0, 21.0),
    ]


def test_a_step_that_ends_no_clock_and_a_case_of_another_origin_say_nothing() -> None:
    rig = Rig()
    rig.open(0, "a")
    rig.tick(15)
    rig.do(16, "comment", "a", comment="在路上")

    assert limits_as_json(rig.steps[-1], "live") == b"[]"
    assert limits_as_json(rig.steps[-2], "live") != b"[]"
    assert limits_as_json(rig.steps[-2], "simulated") == b"[]"


def test_what_is_no_step_stays_as_it_came_for_its_letter() -> None:
    assert read("live", b'{"id": 5') == b'{"id": 5'
