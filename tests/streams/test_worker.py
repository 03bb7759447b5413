"""The worker as a process, with a real Kafka."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.harness import broker, fresh_settings
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, millis
from citybrain.floor.events import encode
from citybrain.floor.results import decode_table
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.topics import EVENTS, FEED_HEALTH, WINDOWS, Topic, partition_of
from tests.repository import ROOT as REPOSITORY
from tests.streams.flow import NOON, envelope
from tests.waiting import eventually

pytestmark = pytest.mark.services

FEEDS = {
    "air_quality": "ecology",
    "noise_monitors": "ecology",
    "manual_reports": "city_management",
    "scenic_visitors": "culture_tourism",
}
ROWS = 50
PATIENCE_S, STOP_S = 150, 40  # for a machine that does other things as well


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A broker of its own: a worker counts all that is on it."""
    mine = replace(fresh_settings(tmp_path_factory.mktemp("worker")), log_level="warning")
    with broker(mine):
        bus.ensure_topics(mine)
        yield mine


@contextlib.contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run a stream worker; it is killed at the end if it still runs."""
    child = subprocess.Popen(
        [sys.executable, "-m", "citybrain.roof.local.child", "stream", str(os.getpid())],
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings),
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


class Sender:
    """Sends envelopes of `ROWS` events of the present minute and counts them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = bus.producer(settings)
        self._now = millis(SystemClock().now()) - NOON
        self.sent: dict[str, int] = dict.fromkeys(FEEDS, 0)

    def send(self, envelopes: int) -> None:
        for _ in range(envelopes):
            for feed, department in FEEDS.items():
                rows = [(self._now, "level", 1.0)] * ROWS
                made = encode(envelope(feed, rows, department=department))
                partition = partition_of(feed, self._settings.partitions)
                self._producer.send(EVENTS.name, made, feed.encode(), partition=partition)
                self.sent[feed] += ROWS
        self._producer.flush()

    def garbage(self) -> None:
        for partition in range(self._settings.partitions):
            self._producer.send(EVENTS.name, b"no envelope", b"x", partition=partition)
        self._producer.flush()


def newest(settings: Settings, topic: Topic) -> list[dict[str, object]]:
    """Return the rows of the newest record of each partition."""
    rows: list[dict[str, object]] = []
    for partition in range(settings.partitions):
        end = bus.end_offset(settings, topic, partition)
        for _, value in bus.read_range(settings, topic, partition, end - 1, end - 1):
            rows.extend(decode_table(value).to_pylist())
    return rows


def accepted(settings: Settings) -> dict[str, int]:
    """Return how many events of each of our feeds the owners have counted."""
    rows = newest(settings, FEED_HEALTH)
    return {row["feed"]: row["accepted"] for row in rows if row["feed"] in FEEDS}


def windows(settings: Settings, size_s: int) -> dict[str, int]:
    """Return the events of each department in windows, as the store would keep them."""
    best: dict[tuple[object, ...], tuple[int, int]] = {}
    for partition in range(settings.partitions):
        end = bus.end_offset(settings, WINDOWS, partition)
        for _, value in bus.read_range(settings, WINDOWS, partition, 0, end - 1):
            for row in decode_table(value).to_pylist():
                if row["size_s"] == size_s and row["department"] in FEEDS.values():
                    key = (row["department"], row["kind"], row["area"], row["starts_at"])
                    best[key] = max(best.get(key, (0, 0)), (row["revision"], row["events"]))
    totals: dict[str, int] = {}
    for (department, *_), (_, events) in best.items():
        totals[str(department)] = totals.get(str(department), 0) + events
    return totals


def by_department(sent: dict[str, int]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for feed, events in sent.items():
        totals[FEEDS[feed]] = totals.get(FEEDS[feed], 0) + events
    return totals


def test_worker_when_its_peer_is_killed_and_it_is_started_anew_then_every_event_counts_once(
    settings: Settings,
):
    sender = Sender(settings)
    with worker(settings) as first, worker(settings) as second:
        sender.send(20)
        sender.garbage()
        eventually(lambda: accepted(settings) == sender.sent, timeout_s=PATIENCE_S)

        sender.send(20)
        first.kill()
        sender.send(20)
        eventually(lambda: accepted(settings) == sender.sent, timeout_s=PATIENCE_S)

        sender.send(20)
        second.send_signal(signal.SIGTERM)
        assert second.wait(STOP_S) == 0
    sender.send(20)
    with worker(settings) as third:
        eventually(lambda: accepted(settings) == sender.sent, timeout_s=PATIENCE_S)
        eventually(
            lambda: windows(settings, 60) == by_department(sender.sent), timeout_s=PATIENCE_S
        )
        eventually(
            lambda: windows(settings, 3600) == by_department(sender.sent), timeout_s=PATIENCE_S
        )
        third.send_signal(signal.SIGINT)
        assert third.wait(STOP_S) == 0


def test_worker_when_nothing_flows_then_health_is_told_again_and_again_for_every_feed(
    settings: Settings,
):
    with worker(settings):
        ends = [bus.end_offset(settings, FEED_HEALTH, part) for part in range(settings.partitions)]
        for partition, end in enumerate(ends):
            eventually(
                lambda p=partition, e=end: bus.end_offset(settings, FEED_HEALTH, p) >= e + 2,
                timeout_s=PATIENCE_S,
            )
        states = {row["feed"]: row["state"] for row in newest(settings, FEED_HEALTH)}

    assert set(FEEDS) < set(states)
    assert "never" in states.values()
