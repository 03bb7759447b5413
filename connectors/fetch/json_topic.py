"""A Kafka topic whose messages give JSON: one object, or an array of them, a message.

Messages are gathered for `LINGER_S` and repacked into envelopes. The consumer group is
``connector.<feed>``, so gateways share the topic's partitions. An offset is committed only after
its envelope was acknowledged, together with where that envelope lies; whoever takes the partition
over looks behind that place for envelopes of messages that were sent, but not committed any more
(their `Envelope.batch` is ``<topic>[<partition>]@<first>-<last>``), and leaves those out.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiokafka import ConsumerRecord, TopicPartition

from citybrain.city.records import Feed
from citybrain.floor.clock import monotonic
from connectors.fetch.consumer_group import GroupMember
from connectors.fetch.source import WAIT_S, EnvelopeReceipt, FetchContext, RawParcel
from connectors.mapping.json_messages import MOST, read_messages
from connectors.mapping.json_rows import JsonRows

log = structlog.get_logger(__name__)
LINGER_S = 0.04
"""How long the first message of an envelope waits for others."""
MISSING_RETRY = timedelta(seconds=5)
HANDOVER_S = 5.0
_BATCH = re.compile(r"(?P<topic>.+)\[(?P<partition>\d+)\]@(?P<first>\d+)-(?P<last>\d+)")

Span = tuple[int, int]


Reading = Callable[[bytes], bytes]


class JsonTopic:
    """Repacks the topic of one feed."""

    def __init__(
        self, feed: Feed, context: FetchContext, topic: str, read: Reading | None = None
    ) -> None:
        """Join the feed's consumer group.

        Args:
            feed: that.
            context: what the runner lends.
            topic: its name.
            read: makes JSON of a message's value; None: it is JSON.

        Raises:
            SourceError: no broker answers.
        """
        self._topic, self._read = topic, read
        self._feed, self._desk = feed, context
        self._json = JsonRows(feed)
        self._turn = threading.Condition()
        self._handing_over = self._missing = False
        self._under_way = 0
        self._landed: dict[TopicPartition, list[Span]] = {}
        self._found: dict[TopicPartition, list[ConsumerRecord]] = {}
        self._gathered: deque[tuple[TopicPartition, list[ConsumerRecord]]] = deque()
        group = f"connector.{feed.id}"
        self._member = GroupMember(context.settings, group, self._topic, self._give_up)

    def poll(self, now: datetime) -> RawParcel | None:
        """Return the messages of one partition that are there, at most 10,000 events."""
        if not self._gathered:
            self._gather()
        with self._turn:
            while self._gathered:
                parcel = self._parcel(*self._gathered.popleft())
                if parcel is not None:
                    self._under_way += 1
                    return parcel
        return None

    def next_at(self, now: datetime) -> datetime:
        """Return at once: `poll` itself waits for messages; later where there is no topic."""
        if self._handing_over:
            return now + timedelta(milliseconds=50)
        return now + MISSING_RETRY if self._missing else now

    def delivered(self, parcel: RawParcel, receipt: EnvelopeReceipt) -> None:
        """Commit the offset behind the parcel, with the place of its envelope.

        Raises:
            SourceError: the partition is not ours any more, or Kafka does not answer.
        """
        spot, last = parcel.note
        if not self._handing_over:
            self._commit(spot, last + 1, receipt)
        with self._turn:
            self._under_way -= 1
            self._turn.notify_all()

    def close(self) -> None:
        """Leave the group."""
        with self._turn:
            self._under_way = 0
            self._turn.notify_all()
        self._member.close()

    def _give_up(self) -> None:
        """Before partitions go to another gateway: let all that was taken from them arrive.

        What arrives now is not committed any more; the next owner finds it by its batch.
        """
        with self._turn:
            self._handing_over = True
            self._gathered.clear()
            self._found.clear()  # `_gather` may be waiting for more
            self._member.drop()
            if not self._turn.wait_for(lambda: self._under_way == 0, HANDOVER_S):
                log.warning("partitions_given_up_early", feed=self._feed.id)
            self._landed.clear()
            self._handing_over = False

    def _gather(self) -> None:
        """Collect messages by partition until there are enough, or the first has waited."""
        found = self._found = {}
        left, room = WAIT_S, MOST
        until = 0.0
        while left > 0 and room > 0 and self._member.wait(left, room):
            with self._turn:
                records = {} if self._handing_over else self._member.take()
                for spot, some in records.items():
                    found.setdefault(spot, []).extend(some)
                    room -= len(some)
                self._gathered = deque(found.items())
            if not records:
                break
            until = until or monotonic() + LINGER_S
            left = until - monotonic()
        if not found or self._missing:
            self._notice_missing()

    def _parcel(self, spot: TopicPartition, records: list[ConsumerRecord]) -> RawParcel | None:
        """Return the messages that are not on Kafka yet; None if all are."""
        if spot not in self._landed:
            self._landed[spot] = self._take_over(spot)
        if spans := self._landed[spot]:
            records = [one for one in records if not _within(one.offset, spans)]
        if not records:
            return None
        name = f"{spot.topic}[{spot.partition}]"
        values = [one.value or b"" for one in records]
        values = values if self._read is None else [self._read(value) for value in values]
        rows, refused, taken = read_messages(
            values, lambda index: f"{name}@{records[index].offset}", self._json
        )
        if taken < len(records):
            self._gathered.appendleft((spot, records[taken:]))
        first, last = records[0].offset, records[taken - 1].offset
        return RawParcel(rows, f"{name}@{first}-{last}", refused, (spot, last))

    def _take_over(self, spot: TopicPartition) -> list[Span]:
        """Return the offsets past the committed one whose messages are on Kafka already."""
        offset, note = self._member.committed(spot) or (self._member.beginning(spot), "")
        if not note:
            self._commit(spot, offset, self._desk.end())
            return []
        partition, _, place = note.partition(":")
        landed = map(
            _BATCH.fullmatch, self._desk.landed(EnvelopeReceipt(int(partition), int(place)))
        )
        return [
            (int(found["first"]), int(found["last"]))
            for found in landed
            if found
            and found["topic"] == spot.topic
            and int(found["partition"]) == spot.partition
            and int(found["last"]) >= offset
        ]

    def _commit(self, spot: TopicPartition, offset: int, receipt: EnvelopeReceipt) -> None:
        self._member.commit(spot, offset, f"{receipt.partition}:{receipt.offset}")

    def _notice_missing(self) -> None:
        """Log once that the topic is not there, and once that it is."""
        missing = not self._member.topic_exists()
        if missing and not self._missing:
            log.warning("topic_missing", feed=self._feed.id, topic=self._topic)
        if self._missing and not missing:
            log.info("topic_found", feed=self._feed.id, topic=self._topic)
        self._missing = missing


def _within(offset: int, spans: list[Span]) -> bool:
    return any(first <= offset <= last for first, last in spans)
