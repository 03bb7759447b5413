from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from citybrain.floor import bus
from citybrain.floor.settings import Settings
from citybrain.floor.stall import Stall
from citybrain.floor.topics import Topic
from sinks.watchdog import FAILED, Watchdog

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


@pytest.fixture(scope="module")
def waiting(live_settings: Settings) -> Settings:
    """Settings of a broker where one record waits, committed by nobody."""
    bus.ensure_topics(live_settings, (TOPIC,))
    producer = bus.producer(live_settings)
    producer.send(TOPIC.name, value=b"x", partition=0).get(timeout=10)
    producer.close()
    return live_settings


def codes(
    settings: Settings,
    assigned: frozenset[tuple[str, int]] = frozenset(),
    *,
    excused: bool = False,
) -> list[int]:
    """Return what a watchdog without any patience ends its process with, in two looks."""
    ended: list[int] = []
    dog = Watchdog(settings, [TOPIC], "test", Looks(2), excused=lambda: excused)
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


def test_run_when_the_sink_says_that_it_waits_or_mends_then_goes_on(waiting: Settings) -> None:
    assert codes(waiting, excused=True) == []
