"""Kill every process in turn while events flow: nothing is lost, nothing is there twice.

The sender repeats a body under the same Idempotency-Key until a door accepts it; that is all that
it takes. Nobody touches anything else.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from citybrain.floor.clock import SystemClock, millis
from tests.acceptance.center import Center, Pushers, Screen
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
BEFORE_S = 3.0
VICTIMS = ("gateway", "stream", "sink", "store", "kafka", "screens")
PATIENCE_S = 150.0  # for a machine that does other things as well; seconds are usual


def assert_exactly_once(center: Center) -> None:
    """Check that every accepted event is stored once, and that all rollups equal a recount."""
    assert center.settled() == center.expected()
    for table in ("events_minute", "events_hour", "events_day"):
        stored, recounted = center.rollup(table)
        assert stored == recounted, table
    for table in ("kind_minutes", "feed_totals"):
        stored, recounted = center.totals(table)
        assert stored == recounted, table


def kill_and_go_on(center: Center, name: str, pushers: Pushers, screen: Screen) -> None:
    """Kill a process; wait until it is back, events flow again, and the screen shows them."""
    accepted = pushers.pushed.accepted()
    eventually(lambda: pushers.pushed.accepted() > accepted + 2_000, PATIENCE_S)
    old = center.kill(name)
    killed_at = millis(SystemClock().now())
    eventually(lambda: center.pid(name) not in {0, old}, PATIENCE_S)
    eventually(center.is_up, PATIENCE_S)
    accepted, shown = pushers.pushed.accepted(), screen.shown()
    eventually(lambda: pushers.pushed.accepted() > accepted + 2_000, PATIENCE_S)
    eventually(lambda: screen.shown() > shown, PATIENCE_S)

    def is_well() -> bool:
        newest = screen.pulses()[-1]
        return newest["at"] > killed_at and newest["outage"] is None

    eventually(is_well, PATIENCE_S)


def test_kill_each_in_turn_while_events_flow_then_all_is_there_once_and_screens_go_on(
    city_center: Center,
) -> None:
    said_before = len(city_center.journal())
    with city_center.watch() as screen, city_center.pushing() as pushers:
        for name in VICTIMS:
            kill_and_go_on(city_center, name, pushers, screen)
    assert_exactly_once(city_center)
    for name in VICTIMS:
        said = [line for line in city_center.journal()[said_before:] if line.startswith(f"{name} ")]
        died = [spot for spot, line in enumerate(said) if "exited by signal 9 after" in line]
        assert len(died) == 1, name
        assert any(line.startswith(f"{name} is up after ") for line in said[died[0] :]), name


def test_two_workers_and_two_sinks_when_one_of_each_is_killed_then_the_others_go_on(
    city_center: Center,
) -> None:
    extras = [city_center.start_extra("stream"), city_center.start_extra("sink")]
    with city_center.watch() as screen, city_center.pushing() as pushers:
        # Each has got partitions of its own, and has worked on them.
        eventually(lambda: city_center.has_claimed(extras[1].pid), PATIENCE_S)
        eventually(lambda: "state_loaded" in city_center.log("extra-stream"), PATIENCE_S)
        for extra in extras:
            os.kill(extra.pid, signal.SIGKILL)
        accepted, shown = pushers.pushed.accepted(), screen.shown()
        eventually(lambda: pushers.pushed.accepted() > accepted + 10_000, PATIENCE_S)
        eventually(lambda: screen.shown() > shown + 5_000, PATIENCE_S)
    assert_exactly_once(city_center)


def test_a_store_that_hangs_then_the_door_says_429_and_nothing_is_lost(
    city_center: Center,
) -> None:
    store = city_center.pid("store")
    with city_center.pushing() as pushers:
        time.sleep(BEFORE_S)
        told = pushers.pushed.told_to_wait
        os.kill(store, signal.SIGSTOP)
        try:
            eventually(lambda: pushers.pushed.told_to_wait > told + 3, PATIENCE_S)
        finally:
            os.kill(store, signal.SIGCONT)
        accepted = pushers.pushed.accepted()
        eventually(lambda: pushers.pushed.accepted() > accepted + 5_000, PATIENCE_S)
    assert_exactly_once(city_center)
