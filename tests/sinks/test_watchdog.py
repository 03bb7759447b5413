from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from citybrain import bus
from citybrain.settings import Settings
from citybrain.topics import Topic
from sinks.watchdog import FAILED, Stall, Watchdog

A, B = ("city.events", 0), ("city.events", 1)
TOPIC = Topic("test.watchdog", "feed", "anything", partitioned=False)
NOWHERE = "http://127.0.0.1:9"


class Looks(threading.Event):
    """An event that lets the watchdog look `left` times, without the pauses, then stops it."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


def test_look_when_records_wait_for_the_limit_then_names_the_place() -> None:
    stall = Stall(60)

    looks = [stall.look(at, {A: 5, B: 9}, {A: 7, B: 9}) for at in (0, 10, 69, 70)]

    assert looks == [[], [], [], [A]]


def test_look_when_there_is_progress_then_the_time_starts_anew() -> None:
    stall = Stall(60)
    seen = [(0, 5), (10, 5), (60, 6), (70, 6), (129, 6), (130, 6)]

    looks = [stall.look(at, {A: offset}, {A: 99}) for at, offset in seen]

    assert looks == [[], [], [], [], [], [A]]


def test_look_when_a_long_idle_log_gets_a_record_then_that_moment_counts() -> None:
    stall = Stall(60)

    looks = [stall.look(at, {A: 5}, {A: end}) for at, end in ((0, 5), (500, 6), (559, 6), (560, 6))]

    assert looks == [[], [], [], [A]]


def test_look_when_several_stand_still_then_names_them_in_order() -> None:
    stall = Stall(60)

    looks = [stall.look(at, {B: 1, A: 1}, {A: 2, B: 2}) for at in (0, 1, 61)]

    assert looks == [[], [], [A, B]]


def test_look_when_the_end_is_not_known_then_nothing_waits() -> None:
    stall = Stall(0)

    assert [stall.look(at, {A: 5}, {}) for at in (0, 1)] == [[], []]


def test_look_when_a_place_went_to_another_owner_and_came_back_then_its_time_starts_anew() -> None:
    stall = Stall(60)
    seen = [(0, {A: 5}), (1, {A: 5}), (30, {}), (31, {A: 5}), (32, {A: 5}), (91, {A: 5})]

    looks = [stall.look(at, committed, {A: 7}) for at, committed in seen]

    assert looks == [[]] * 6
    assert stall.look(92, {A: 5}, {A: 7}) == [A]


def test_forget_when_store_or_broker_were_away_then_the_time_starts_anew() -> None:
    stall = Stall(60)
    for at in (0, 1, 59):
        stall.look(at, {A: 5}, {A: 7})

    stall.forget()

    assert [stall.look(at, {A: 5}, {A: 7}) for at in (61, 71, 130, 131)] == [[], [], [], [A]]


@pytest.fixture(scope="module")
def waiting(live_settings: Settings) -> Settings:
    """Settings of a broker where one record waits, committed by nobody."""
    bus.ensure_topics(live_settings, (TOPIC,))
    producer = bus.producer(live_settings)
    producer.send(TOPIC.name, value=b"x", partition=0).get(timeout=10)
    producer.close()
    return live_settings


def codes(settings: Settings, assigned: frozenset[tuple[str, int]] = frozenset()) -> list[int]:
    """Return what a watchdog without any patience ends its process with, in two looks."""
    ended: list[int] = []
    dog = Watchdog(settings, [TOPIC], "test", Looks(2))
    dog._stall = Stall(0)
    dog.assigned(assigned)
    dog.run(ended.append)
    return ended


def test_run_when_a_record_waits_and_nothing_is_committed_then_ends_the_process(
    waiting: Settings,
) -> None:
    assert codes(waiting) == [FAILED]
    assert codes(waiting, frozenset({(TOPIC.name, 0)})) == [FAILED]


def test_run_when_the_record_waits_for_another_sink_then_goes_on(waiting: Settings) -> None:
    assert codes(waiting, frozenset({(TOPIC.name, 1)})) == []


def test_run_when_the_store_is_away_then_the_sink_is_not_to_blame(waiting: Settings) -> None:
    assert codes(replace(waiting, store_url=NOWHERE)) == []
