"""What is known follows from a real log: across partitions, letters of others, and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from citybrain.city.records import Feed
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError
from citybrain.floor.events import Envelope
from citybrain.floor.settings import Settings
from connectors.publisher import Publisher
from connectors.resends.kept_ids import Place
from connectors.resends.known_records import EventsTopic, FeedLog, KnownRecords
from tests.connectors.resends.records import Record, table_of
from tests.fakes import make_feed

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)


def publisher(settings: Settings, *feeds: Feed) -> Publisher:
    known = KnownRecords(feeds, settings).of({feed.id for feed in feeds})
    return Publisher(settings, known, clock=ManualClock(NOW))


def send(sender: Publisher, feed: str, *numbers: int) -> int:
    """Send records and wait for Kafka; return how many were known."""
    table = table_of([Record(number) for number in numbers])
    shipment = sender.send(Envelope(feed, "works", table), [])
    shipment.receipt()
    return shipment.known


@pytest.fixture
def settings(broker_settings: Settings, tmp_path: Path) -> Settings:
    return replace(broker_settings, data=tmp_path)


@pytest.fixture
def feed() -> Feed:
    """A feed that no other test sends for."""
    return replace(make_feed(), id=f"known_{uuid4().hex[:12]}")


def test_records_when_they_come_again_then_kafka_has_them_once(
    settings: Settings, feed: Feed
) -> None:
    sender = publisher(settings, feed)
    begun = FeedLog(EventsTopic(settings), feed.id).end()
    assert [send(sender, feed.id, 1, 2), send(sender, feed.id, 2, 3)] == [0, 1]
    send(sender, "another", 7)
    sender.close()
    again = publisher(settings, feed)  # after a restart
    assert send(again, feed.id, 1, 2, 3, 4) == 3
    again.close()
    log = FeedLog(EventsTopic(settings), feed.id)
    tables = list(log.tables(begun, log.end()))
    assert [table.num_rows for table in tables] == [2, 1, 1]


def test_records_when_the_process_ended_before_it_noted_them_then_they_are_read_from_kafka(
    settings: Settings, feed: Feed
) -> None:
    sender = publisher(settings, feed)
    send(sender, feed.id, 1)
    sender.close()
    stranger = Publisher(settings)  # it sends past what is known, as one that is killed then
    assert send(stranger, feed.id, 2) == 0
    stranger.close()
    again = publisher(settings, feed)
    assert send(again, feed.id, 1, 2, 3) == 2
    again.close()


def test_feed_when_it_declares_none_then_every_delivery_counts(
    settings: Settings, feed: Feed
) -> None:
    sender = publisher(settings, replace(feed, resends="none"))
    assert [send(sender, feed.id, 1), send(sender, feed.id, 1)] == [0, 0]
    sender.close()


def test_folder_when_it_cannot_be_written_then_it_is_an_outage_and_says_so(
    settings: Settings, feed: Feed
) -> None:
    (settings.data / "gateway").write_text("in the way")
    sender = publisher(settings, feed)
    with pytest.raises(BusError, match=f"^what feed {feed.id} sent before: .*Not a directory"):
        send(sender, feed.id, 1)
    sender.close()


def test_partition_when_the_feed_moved_then_both_are_read(settings: Settings, feed: Feed) -> None:
    sender = publisher(settings, feed)
    send(sender, feed.id, 1)
    sender.close()
    log = FeedLog(EventsTopic(settings), feed.id)
    here = log.end()
    elsewhere = Place((here.partition + 1) % 4, 10**9)
    found = [table.num_rows for table in log.tables(elsewhere, here)]
    assert found == [1]


def test_begin_then_each_partition_is_read_once_for_all_its_feeds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = [replace(make_feed(), id=f"known_{uuid4().hex[:12]}") for _ in range(30)]
    names = {feed.id for feed in feeds}
    first = KnownRecords(feeds, settings)
    first.begin()  # makes all, at the ends of their partitions
    Publisher(settings, first.of(names)).close()
    stranger = Publisher(settings)  # it sends past what is known, as one that is killed then
    for feed in feeds:
        send(stranger, feed.id, 1, 2)
    stranger.close()
    read: list[int] = []
    whole = EventsTopic.read

    def counted(topic: EventsTopic, partition: int, first: int, last: int) -> Iterator[Any]:
        read.append(partition)
        yield from whole(topic, partition, first, last)

    monkeypatch.setattr(EventsTopic, "read", counted)
    again = KnownRecords(feeds, settings)
    again.begin()
    assert sorted(read) == sorted(set(read))
    sender = Publisher(settings, again.of(names), clock=ManualClock(NOW))
    assert [send(sender, feed.id, 1, 2, 3) for feed in feeds] == [2] * 30
    assert sorted(read) == sorted(set(read))  # nothing was read again
    again.advance(EventsTopic(settings).ends())
    sender.close()
    read.clear()
    last = KnownRecords(feeds, settings)
    last.begin()
    assert [ids.light for ids in last.of(names).values()] == [True] * 30


def test_city_when_it_changes_then_what_is_known_of_a_feed_stays(
    settings: Settings, feed: Feed
) -> None:
    known = KnownRecords([feed], settings)
    sender = Publisher(settings, known.of({feed.id}), clock=ManualClock(NOW))
    send(sender, feed.id, 1)

    known.reload([])
    assert feed.id in known.of({feed.id})  # a push may be under way
    known.reload([replace(feed, resends="none")])
    assert known.of({feed.id}) == {}
    known.reload([replace(feed, resends="6h")])
    sender.reload(known.of({feed.id}))

    assert send(sender, feed.id, 1, 2) == 1
    sender.close()
