"""Readings and keys that mean nothing must not falsify what others say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.streams.ruling.rig import Seen, engine, excerpt, pulse, rule

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize("sentinel", [3.4028234663852886e38, -1e30])
@pytest.mark.parametrize("of", ["sum", "mean"])
def test_sentinel_of_a_broken_sensor_does_not_drown_what_comes_after_it(
    of: str, sentinel: float
) -> None:
    tested = rule(options={"of": of, "window": FIVE}, below={"red": "5"})
    values = [10.0] * 5 + [sentinel] + [10.0] * 20
    running = engine([tested])
    told = [
        one
        for minute, value in enumerate(values)
        for one in running.take(
            [excerpt([Seen(minute * 60, value)], offset=minute), pulse(minute * 60 + 5)]
        )
    ]

    assert told == []


@pytest.mark.parametrize("of", ["sum", "count"])
def test_key_of_which_little_came_is_judged_when_it_was_known_for_a_whole_window(of: str) -> None:
    tested = rule(options={"of": of, "window": FIVE}, below={"yellow": "2"})
    running = engine([tested])
    told = running.take([excerpt([Seen(0, 1.0)], offset=0), pulse(5)])
    assert told == []

    (fired,) = running.take([pulse(330)])
    assert (fired.state, fired.started_at.minute, fired.evidence.value) == ("firing", 4, 1.0)


def test_event_without_the_rules_key_counts_for_none() -> None:
    tested = rule(options={"of": "count", "window": FIVE}, above={"yellow": "2"}, by=("street",))
    running = engine([tested])
    coarse = [Seen(second, 1.0, area=area) for second, area in enumerate(["150302", "150302", ""])]

    assert running.take([excerpt(coarse, offset=0), pulse(10)]) == []


def test_sum_that_no_event_reaches_by_itself_has_a_place_and_its_events() -> None:
    tested = rule(options={"of": "sum", "window": FIVE}, above={"yellow": "10"})
    rain = [Seen(second * 30, 4.0) for second in range(3)]

    (told,) = engine([tested]).take([excerpt(rain, offset=0), pulse(70)])

    assert (told.area, told.feeds) == ("150302003", ("ndw_lanes",))
    assert len(told.evidence.events) == 3


def test_pending_alert_goes_on_when_the_next_reading_comes_late() -> None:
    tested = rule(above={"yellow": "10"}, for_=timedelta(minutes=40))
    readings = [0, 900, 1800, 2700]

    def told(arrivals: dict[int, int]) -> list[tuple[str, str]]:
        running = engine([tested])
        found = []
        for second in range(0, 3000, 10):
            due = [at for at in readings if arrivals.get(at, at) // 10 * 10 == second]
            batch = [excerpt([Seen(at, 15.0)], offset=at, received_s=max(at, second)) for at in due]
            found += running.take([*batch, pulse(second + 9)])
        return [(one.alert, str(one.fired_at)) for one in found if one.state == "firing"]

    assert told({900: 1200}) == told({})
    assert told({})
