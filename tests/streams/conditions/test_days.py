"""Days, weeks and hours are the city's, also where clocks are put forward and back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEvent, RuleTest
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt, Pulse
from streams.ruling.tools.rule_tests import records_of, run_rule_test
from tests.streams.conditions.rig import rule, wuhai

pytestmark = pytest.mark.slow

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STREET = "150302003"
SPRING, AUTUMN, PLAIN = "2026-03-29", "2026-10-25", "2026-06-03"
"""Days of 23 and 25 hours in Berlin, and one of 24."""


@functools.cache
def city(zone: str) -> City:
    return replace(wuhai(), time_zone=zone)


def counted(window: timedelta, every: timedelta, level: int) -> Rule:
    options = {"of": "count", "window": window, "every": every}
    return rule("threshold", options, kinds=("road_ponding",), above={"yellow": str(level)})


def came(at: str, until: str | None = None, minutes: int = 10) -> RuleEvent:
    every = timedelta(minutes=minutes) if until else None
    return RuleEvent(at=at, until=until, every=every, area=STREET)


def wrong(
    tested: Rule, zone: str, day: str, events: Sequence[RuleEvent], until: str, *levels: str
) -> list[str]:
    """Return what differs from alerts of `levels`."""
    expect = tuple(ExpectedAlert(level) for level in levels)
    test = RuleTest("test", tuple(events), until=until, expect=expect, day=day)
    return [str(failure) for failure in run_rule_test(tested, test, city(zone))]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Shanghai", PLAIN),
        ("Asia/Kathmandu", PLAIN),
        ("America/St_Johns", PLAIN),
        ("Pacific/Kiritimati", PLAIN),
        ("Europe/Berlin", SPRING),
        ("Europe/Berlin", AUTUMN),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("America/Havana", "2026-03-08"),
        ("America/Havana", "2026-11-01"),
    ],
)
def test_day_window_when_anywhere_then_it_is_from_midnight_to_midnight(zone: str, day: str) -> None:
    six = counted(DAY, DAY, 6)
    one_day = [came("01:00", "01:20"), came("23:00", "23:20")]
    two_days = [came("23:00", "23:20"), came("+1d 01:00", "+1d 01:20")]

    assert wrong(six, zone, day, one_day, "+1d 12:00", "yellow") == []
    assert wrong(six, zone, day, two_days, "+2d 12:00") == []


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (PLAIN, 24), (AUTUMN, 25)])
def test_day_window_when_clocks_are_changed_then_the_day_holds_all_its_hours(
    day: str, hours: int
) -> None:
    steady = [came("00:00", "23:30", minutes=60)]

    assert (
        wrong(counted(DAY, DAY, hours), "Europe/Berlin", day, steady, "+1d 12:00", "yellow") == []
    )
    assert wrong(counted(DAY, DAY, hours + 1), "Europe/Berlin", day, steady, "+1d 12:00") == []


def test_week_window_when_it_is_one_week_then_it_is_from_monday_to_sunday() -> None:
    week, monday = timedelta(days=7), date(2026, 6, 1)
    six = counted(week, week, 6)
    one_week = [came("00:10", "00:30"), came("+6d 23:00", "+6d 23:20")]
    two_weeks = [came("+6d 23:00", "+6d 23:20"), came("+7d 00:10", "+7d 00:30")]

    for zone in ("Asia/Shanghai", "Europe/Berlin"):
        assert wrong(six, zone, f"{monday}", one_week, "+8d 12:00", "yellow") == []
        assert wrong(six, zone, f"{monday}", two_weeks, "+15d 12:00") == []


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "Europe/Berlin"])
def test_hour_window_when_the_zone_is_not_a_whole_hour_off_then_it_is_the_clocks_hour(
    zone: str,
) -> None:
    six = counted(HOUR, HOUR, 6)

    assert wrong(six, zone, PLAIN, [came("08:00", "08:50")], "10:00", "yellow") == []
    assert wrong(six, zone, PLAIN, [came("08:30", "09:20")], "11:00") == []


def test_hour_window_when_an_hour_comes_twice_then_it_is_two_hours() -> None:
    # 02:00 to 03:00 is there twice: four events in each of the two hours
    events = [came("01:00", "04:00", minutes=15)]

    assert wrong(counted(HOUR, HOUR, 5), "Europe/Berlin", AUTUMN, events, "06:00") == []


def against_yesterday() -> Rule:
    options: dict[str, Any] = {"of": "count", "window": HOUR, "against": DAY, "as_": "ratio"}
    return rule("change", options, kinds=("exposed_rubbish",), above={"blue": "2"})


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24", PLAIN])
def test_change_when_clocks_were_changed_then_yesterday_is_the_same_time_of_day(day: str) -> None:
    # each day many come from 08:00 to 09:00 by the clock, and few all the time
    events = [came("00:00", "+1d 12:00", minutes=30)]
    events += [came(f"{on}08:00", f"{on}08:59", minutes=1) for on in ("", "+1d ")]

    assert wrong(against_yesterday(), "Europe/Berlin", day, events, "+1d 06:00") == []
    assert wrong(against_yesterday(), "Europe/Berlin", day, events, "+1d 12:00") == []


def test_day_window_when_packed_and_made_anew_then_nothing_is_different() -> None:
    six, zone = counted(DAY, DAY, 6), "Europe/Berlin"
    test = RuleTest(
        "test", (came("01:00", "01:20"), came("23:00", "23:20")), until="+1d 12:00", day=AUTUMN
    )
    records = list(records_of(six, test, city(zone)))
    whole = told(six, records, zone)

    assert [one[0] for one in whole] == ["firing"]
    for cut in range(1, len(records), 397):
        assert told(six, records, zone, cut) == whole


def test_day_window_when_the_snapshot_is_of_days_of_utc_then_it_counts_anew() -> None:
    six, zone = counted(DAY, DAY, 6), "Asia/Shanghai"
    events = (came("07:00", "07:50"), came("12:10", "13:00"))
    test = RuleTest("test", events, until="+1d 01:00", day=PLAIN)
    records = list(records_of(six, test, city(zone)))
    cut = next(n for n, one in enumerate(records) if _minute(one) == "12:00")
    engine = RuleEngine([six], city(zone))
    engine.take(records[:cut])
    state = engine.pack()
    del state["rules"]["r"]["tracker"]["condition"]["axis"]  # the version before had none

    anew = RuleEngine([six], city(zone))
    anew.unpack(state)
    found = anew.take(records[cut:])

    assert not anew.quarantined
    assert [(one.state, one.evidence.value) for one in found] == [("firing", 6.0)]


def _minute(record: Excerpt | Pulse) -> str:
    at_ms = record.at_ms if isinstance(record, Pulse) else record.header.received_ms
    return f"{from_millis(at_ms).astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}"


def told(
    tested: Rule, records: Sequence[Excerpt | Pulse], zone: str, restart_at: int = 0
) -> list[tuple[str, Any]]:
    engine = RuleEngine([tested], city(zone), history_ms=10**15)
    found = []
    for number, record in enumerate(records):
        if restart_at and number == restart_at:
            state = engine.pack()
            engine = RuleEngine([tested], city(zone), history_ms=10**15)
            engine.unpack(state)
        found += engine.take([record])
    assert not engine.quarantined
    return [(one.state, one.started_at) for one in found]
