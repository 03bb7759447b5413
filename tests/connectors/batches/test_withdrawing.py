"""A batch is taken back on a real Kafka: once, whatever dies in the middle."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from citybrain.city.records import Feed, FieldRule
from citybrain.floor import bus
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock
from citybrain.floor.events import MAX_EVENTS, Envelope, decode
from citybrain.floor.settings import Settings
from citybrain.floor.topics import AUDIT, EVENTS
from connectors.batches.batch_scan import Batch
from connectors.batches.withdrawing import (
    BatchError,
    Withdrawal,
    Withdrawn,
    find_batches,
    the_batch,
)
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords
from tests.connectors.resends.records import Record, table_of
from tests.fakes import make_feed

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)


class KilledError(Exception):
    """The process ends here."""


class Kafka:
    """A feed on a real Kafka, whose gateway and whose operator are two processes."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        """Begin with nothing."""
        self.settings, self.feed = settings, feed
        self.gateway = self.publisher()

    def publisher(self) -> Publisher:
        """Return the way to Kafka of a process that knows the feed's records."""
        known = KnownRecords([self.feed], self.settings).of({self.feed.id})
        return Publisher(self.settings, known, clock=ManualClock(NOW))

    def send(self, batch: str, *numbers: int, status: str = "") -> int:
        """Send records as a batch; return how many were known."""
        table = table_of([Record(number, status=status) for number in numbers])
        shipment = self.gateway.send(Envelope(self.feed.id, "works", table, 0, batch), [])
        shipment.receipt()
        return shipment.known

    def batch(self, name: str) -> Batch:
        """Return a batch as it is found."""
        return the_batch(find_batches(self.settings, None, self.feed.id), name)

    def withdraw(self, name: str, *, dies_after: int = -1) -> Withdrawn:
        """Take a batch back; `dies_after` as many envelopes the process ends."""
        publisher = Publisher(self.settings)
        if dies_after >= 0:
            send, sent = publisher.send, Counter[str]()

            def once(*given: object) -> object:
                sent["n"] += 1
                if sent["n"] > dies_after:
                    raise KilledError
                return send(*given)  # type: ignore[arg-type]

            publisher.send = once  # type: ignore[method-assign, assignment]
        memory = KnownRecords([self.feed], self.settings).of({self.feed.id})[self.feed.id]
        try:
            work = Withdrawal(
                self.settings,
                self.feed,
                self.batch(name),
                publisher=publisher,
                memory=memory,
                clock=ManualClock(NOW),
            )
            return work.run("officer", "the wrong month")
        finally:
            memory.close()
            publisher.close()

    def counts(self) -> dict[str, int]:
        """Return what each record counts, over all envelopes."""
        found: Counter[str] = Counter()
        for partition in range(bus.partitions(self.settings, EVENTS)):
            end = bus.end_offset(self.settings, EVENTS, partition) - 1
            for _, value in bus.read_range(self.settings, EVENTS, partition, 0, end):
                envelope = decode(value)
                if envelope.feed == self.feed.id:
                    for row in envelope.table.select(["event_id", "sign"]).to_pylist():
                        found[row["event_id"].hex()] += row["sign"]
        return dict(found)

    def audited(self) -> list[AuditEntry]:
        """Return what the audit log has of the feed."""
        end = bus.end_offset(self.settings, AUDIT, 0) - 1
        values = [value for _, value in bus.read_range(self.settings, AUDIT, 0, 0, end)]
        entries = [msgspec.json.decode(value, type=AuditEntry) for value in values]
        return [one for one in entries if one.details.get("feed") == self.feed.id]


@pytest.fixture
def kafka(broker_settings: Settings, tmp_path: Path) -> Kafka:
    feed = make_feed(id=f"batches_{uuid4().hex[:12]}")
    return Kafka(replace(broker_settings, data=tmp_path), feed)


@pytest.fixture
def changing(broker_settings: Settings, tmp_path: Path) -> Kafka:
    """Return a feed whose records change."""
    status = {"status": FieldRule(("state",))}
    feed = make_feed(status, id=f"batches_{uuid4().hex[:12]}")
    return Kafka(replace(broker_settings, data=tmp_path), feed)


def test_batch_when_withdrawn_then_nothing_of_it_counts_and_it_may_come_again(kafka: Kafka) -> None:
    kafka.send("a#0", 1, 2)
    kafka.send("b#0", 2, 3)

    assert kafka.withdraw("a") == Withdrawn(2, 1)

    assert sorted(kafka.counts().values()) == [0, 0, 1]
    assert kafka.batch("a").state == "withdrawn"
    assert kafka.send("c#0", 1, 2, 3) == 1
    assert sorted(kafka.counts().values()) == [1, 1, 1]
    (told,) = kafka.audited()
    assert (told.user, told.action, told.target) == ("officer", "withdraw_batch", "a")
    assert told.details["why"] == "the wrong month"
    assert told.details["rows"] == "2"


def test_batch_when_withdrawn_twice_then_the_second_time_does_nothing(kafka: Kafka) -> None:
    kafka.send("a#0", 1, 2)
    kafka.withdraw("a")

    assert kafka.withdraw("a") == Withdrawn(0, 0)
    assert sorted(kafka.counts().values()) == [0, 0]
    assert len(kafka.audited()) == 1


def test_batch_when_the_process_dies_in_the_middle_then_the_next_one_does_the_rest(
    kafka: Kafka,
) -> None:
    kafka.send("a#0", 1)
    kafka.send("a#1", 2)
    kafka.send("a#2", 3)
    with pytest.raises(KilledError):
        kafka.withdraw("a", dies_after=1)
    assert kafka.batch("a").state == "partly withdrawn"

    assert kafka.withdraw("a") == Withdrawn(2, 2)

    assert sorted(kafka.counts().values()) == [0, 0, 0]


def test_batch_when_it_needs_several_envelopes_then_all_of_it_is_withdrawn(
    changing: Kafka,
) -> None:
    numbers = range(MAX_EVENTS * 2 // 3)
    changing.send("opened#0", *numbers, status="open")
    changing.send("closed#0", *numbers, status="closed")  # and each takes one back

    assert changing.batch("closed").rows == len(numbers)
    assert changing.withdraw("closed") == Withdrawn(len(numbers), 2)
    assert set(changing.counts().values()) == {0}


def test_batch_when_it_is_none_or_shares_envelopes_then_says_so(kafka: Kafka) -> None:
    kafka.send("a#0,b#0", 1, 2)

    with pytest.raises(BatchError) as shared:
        kafka.batch("a")
    with pytest.raises(BatchError) as none:
        kafka.batch("z")

    assert str(shared.value) == (
        "batch 'a': its rows share an envelope with other batches; "
        "withdraw is for batches that were sent alone"
    )
    assert str(none.value) == (
        "batch 'z' is not on city.events; see 'citybrain batches list', with --since further back"
    )
