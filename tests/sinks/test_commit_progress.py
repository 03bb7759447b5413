from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from citybrain.floor import bus
from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.settings import Settings
from citybrain.floor.topics import Topic
from sinks.commit_progress import CommitProgress

TOPIC = Topic("test.commit-progress", "feed", "anything", partitioned=False)
PLACE = (TOPIC.name, 0)


@pytest.fixture(scope="module")
def waiting(live_settings: Settings) -> Settings:
    """Settings of a broker where one record waits, committed by nobody."""
    bus.ensure_topics(live_settings, (TOPIC,))
    producer = bus.producer(live_settings)
    producer.send(TOPIC.name, value=b"x", partition=0).get(timeout=10)
    producer.close()
    return live_settings


def progress(settings: Settings, waits: int | None = None) -> CommitProgress:
    return CommitProgress(settings, [TOPIC], "test", threading.Event(), lambda: waits)


def test_look_when_nothing_is_committed_then_it_stands_at_the_beginning(
    waiting: Settings,
) -> None:
    found = progress(waiting)
    found.assigned(frozenset({PLACE}))
    found.look()
    assert found.parts() == {f"{TOPIC.name}[0]": PartProgress(0, topic=TOPIC.name, of_store=True)}


def test_look_when_the_partition_is_another_sinks_then_nothing_is_told(waiting: Settings) -> None:
    found = progress(waiting)
    found.assigned(frozenset({(TOPIC.name, 1)}))
    found.look()
    assert found.parts() == {}


def test_look_when_the_broker_is_away_then_what_was_known_stays(waiting: Settings) -> None:
    found = progress(waiting)
    found.assigned(frozenset({PLACE}))
    found.look()
    found._settings = replace(waiting, kafka="127.0.0.1:9")
    found.look()
    assert list(found.parts()) == [f"{TOPIC.name}[0]"]


def test_parts_when_the_store_is_waited_for_then_they_say_so_and_how_often(
    waiting: Settings,
) -> None:
    found = progress(waiting, waits=3)
    found.assigned(frozenset({PLACE}))
    found.look()
    (part,) = found.parts().values()
    assert (part.waits_for, part.tried) == ("the store", 3)
