"""The push door: a request in, an answer out, and nothing answered before Kafka has it.

authenticate → may it come in now? → read → seen before? → events and letters → Kafka → answer
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import numpy as np
import structlog
from starlette.requests import Request

from citybrain.city.records import City, Feed
from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.floor.events import Envelope, empty
from citybrain.floor.topics import partition_of
from connectors.door.answers import Answer, DoorRefusal, report
from connectors.door.batch_once import UNSURE_S, PushedBatch
from connectors.door.bodies import CSV, Media, json_text, media_of, records_of
from connectors.door.door_parts import DoorParts
from connectors.door.idempotency import part
from connectors.door.intake import Intake, SmallPost
from connectors.door.post_buffer import FLUSH_ROWS, Buffer
from connectors.door.requests import Head, RequestBody, check_batch, no_memory, read_body, read_head
from connectors.door.rows_outcome import RowsOutcome
from connectors.door.unpacking import unpack
from connectors.envelope_cutter import arrival, cut
from connectors.mapping.feed_mapping import beside_feeds
from connectors.mapping.feed_pace import FeedPace
from connectors.mapping.json_rows import split_lines
from connectors.mapping.row_refusals import write_letter
from connectors.publisher import Shipment
from connectors.sources import http_push

log = structlog.get_logger(__name__)
T = TypeVar("T")
SMALL = 64 * 1024
"""Bytes of a body that is gathered with others."""
INLINE = 4 * 1024
"""Bytes of a packed body that is unpacked in the event loop."""
RETRY_S = 2
_LETTERED = frozenset(
    [
        "unreadable",
        "bad_gzip",
        "too_large",
        "unsupported_media_type",
        "unsupported_charset",
        "unsupported_encoding",
    ]
)
"""Refusals that are about the body itself: it becomes a dead letter."""


@dataclass(frozen=True)
class _FeedWay:
    """What reads the bodies of a feed, in one version of its mapping."""

    intake: Intake
    buffer: Buffer

    @property
    def feed(self) -> Feed:
        """The feed, in that version."""
        return self.intake.feed


@dataclass(frozen=True)
class _Push:
    """One request on its way through: by which way, under which name, what."""

    way: _FeedWay
    head: Head
    batch: str
    body: RequestBody

    @property
    def feed(self) -> Feed:
        """For which feed it is."""
        return self.way.feed

    def part(self, index: int) -> str:
        """Return the name of an envelope's share, "" where the sender gave no key."""
        return part(self.batch, index) if self.head.batch else ""


class PushDoor:
    """Takes what departments push for the feeds of a city."""

    def __init__(self, city: City, parts: DoorParts, workers: int = 2) -> None:
        """Prepare all feeds; up to `workers` large bodies are worked on at a time."""
        self._parts = parts
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="door")
        self._city = city
        self._ways = {feed.id: self._way(Intake(feed, city)) for feed in city.feeds.values()}

    async def reload(self, city: City) -> None:
        """Take what is pushed for the feeds of `city` from now on.

        A push under way goes on as it began.

        Raises:
            ConfigError: the mapping of a feed contradicts itself; nothing has changed.
            OSError: the city's polygons are needed and cannot be read; nothing has changed.
        """
        intakes = await asyncio.to_thread(self._intakes_of, city)
        ways = {
            name: known
            if (known := self._ways.get(name)) and known.intake is intake
            else self._way(intake)
            for name, intake in intakes.items()
        }
        self._city, self._ways = city, ways

    def _intakes_of(self, city: City) -> dict[str, Intake]:
        """Return what reads each feed of `city`; where nothing changed, what reads it now."""
        same = beside_feeds(city) == beside_feeds(self._city)
        intakes = {}
        for feed in city.feeds.values():
            before = self._ways.get(feed.id)
            if before and same and before.feed == feed:
                intakes[feed.id] = before.intake
                continue
            intakes[feed.id] = intake = Intake(feed, city)
            if before:
                intake.pace.take_over(before.intake.pace)
        return intakes

    def _way(self, intake: Intake) -> _FeedWay:
        buffer = Buffer(intake, self._parts.sender, self._pool, self._parts.clock)
        return _FeedWay(intake, buffer)

    def paces(self) -> Mapping[str, FeedPace]:
        """Return what is remembered of each feed."""
        return {name: way.intake.pace for name, way in self._ways.items()}

    def close(self) -> None:
        """End the worker threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def push(self, request: Request) -> Answer:
        """Return the answer to a push.

        Raises:
            starlette.requests.ClientDisconnect: the sender went away in the middle of the body.
        """
        began = monotonic()
        try:
            answer = await self._admit(request)
        except DoorRefusal as refusal:
            answer = refusal.answer()
        self._parts.metrics.seconds.observe(monotonic() - began)
        self._parts.metrics.requests.labels(str(answer.status)).inc()
        return answer

    async def _admit(self, request: Request) -> Answer:
        head = read_head(request)
        way = self._opened(request.path_params["feed"], head)
        if reason := self._parts.gate.reason():
            raise held(reason)
        check_batch(head.batch)
        push = _Push(way, head, head.batch or uuid4().hex, RequestBody())
        try:
            return await self._take(push, request)
        finally:
            self._parts.budget.give(push.body.taken)

    def _opened(self, name: str, head: Head) -> _FeedWay:
        """Return the way of the feed `name`, if the key in `head` opens it.

        Raises:
            Refusal: it does not.
        """
        department = self._parts.owner(head.key) if head.key else None
        if department is None:
            message = "the API key is unknown or revoked" if head.key else "there is no API key"
            remedy = "send your department's key as 'Authorization: Bearer <key>' or 'X-API-Key'"
            raise DoorRefusal(401, "unauthenticated", message, remedy)
        way = self._ways.get(name)
        if way is None:
            message = f"there is no feed {name[:100]!r}"
            raise DoorRefusal(404, "unknown_feed", message, "ask the operator for the feed's id")
        if way.feed.department != department:
            message = f"feed {way.feed.id!r} does not belong to department {department!r}"
            remedy = "use the key of the department that owns the feed"
            raise DoorRefusal(403, "wrong_department", message, remedy)
        return way

    async def _take(self, push: _Push, request: Request) -> Answer:
        try:
            await read_body(request, push.head, self._parts.budget, push.body)
            if not push.body.data:
                raise DoorRefusal(400, "empty", "the body is empty", "send at least one event")
            media = media_of(push.head.content_type, http_push.encoding_of(push.feed))
        except DoorRefusal as refusal:
            return await self._refuse(push, refusal)

        async def work(landed: frozenset[str], again: bool) -> Answer:
            try:
                return await self._work(push, media, landed, again)
            except DoorRefusal as refusal:
                return await self._refuse(push, refusal)

        if not push.head.batch:
            return await work(frozenset(), False)
        gate = self._parts.gate
        behind = gate.behind(partition_of(push.feed.id, gate.partitions()))
        digest = push.body.digest(push.head)
        now = self._parts.clock.now()
        return await self._parts.batch_once.run(
            PushedBatch(push.feed.id, push.batch, digest, behind, now), work
        )

    async def _work(self, push: _Push, media: Media, landed: frozenset[str], again: bool) -> Answer:
        """Make events and letters of the body, and see them to Kafka."""
        body = await self._unpacked(push)
        # Ids that are made of the row's number, and what is left of a crash, want a place alone.
        alone = again or "source_id" not in push.feed.mapping
        records = None if alone or len(body) > SMALL else _gatherable(body, media)
        try:
            if records is None:
                outcome = await self._ship_alone(push, body, media, landed)
            else:
                post = SmallPost(push.batch, records, push.part(0))
                outcome = await push.way.buffer.add(post)
        except BusError as error:
            raise _unconfirmed(push.feed, error) from error
        self._count(push.feed, outcome.events, len(outcome.letters))
        return report(push.batch, outcome)

    async def _unpacked(self, push: _Push) -> bytes:
        data, encoding = push.body.data, push.head.encoding
        if not encoding:
            return data
        if len(data) <= INLINE:
            body = unpack(data, encoding)
        else:
            body = await self._in_thread(lambda: unpack(data, encoding))
        if not self._parts.budget.take(len(body)):
            raise no_memory()
        push.body.taken += len(body)
        return body

    async def _ship_alone(
        self, push: _Push, body: bytes, media: Media, landed: frozenset[str]
    ) -> RowsOutcome:
        """Send a body in envelopes of its own, but for the parts that landed before."""
        feed, now = push.feed, self._parts.clock.now()
        intake, sender = push.way.intake, self._parts.sender

        def ship() -> tuple[RowsOutcome, list[Shipment]]:
            outcome, index = RowsOutcome(), 0
            shipments: list[Shipment] = []
            for haul in intake.take(body, media, push.batch, now):
                outcome.add(haul.outcome)
                some, which = haul.outcome.letters, haul.which
                for table in cut(haul.table):
                    mine, which = np.split(which, [table.num_rows])
                    name, index = push.part(index), index + 1
                    if name not in landed:
                        envelope = Envelope(feed.id, feed.department, table, len(some), name)
                        shipment = sender.send(envelope, some)
                        outcome.leave_out(shipment.found, mine)
                        shipments.append(shipment)
                    elif some:  # it is not known whether they landed as well; twice is one letter
                        shipments.append(sender.send_letters(some))
                    some = []
            return outcome, shipments

        outcome, shipments = await self._in_thread(ship)
        await arrival(shipments)
        return outcome

    async def _refuse(self, push: _Push, refusal: DoorRefusal) -> Answer:
        """Answer a refusal; where it is about the body, that is kept as a dead letter."""
        if refusal.code not in _LETTERED:
            raise refusal
        media = push.head.content_type[:100] or "application/octet-stream"
        origin = push.way.intake.origin(push.batch, self._parts.clock.now(), media)
        letter = write_letter(origin, f"push {push.batch}", "", refusal.message, push.body.data)
        envelope = Envelope(push.feed.id, push.feed.department, empty(), 1)
        try:
            await arrival([self._parts.sender.send(envelope, [letter])])
        except BusError as error:
            raise _unconfirmed(push.feed, error) from error
        self._count(push.feed, 0, 1)
        return refusal.answer(batch=push.batch)

    def _count(self, feed: Feed, accepted: int, rejected: int) -> None:
        if accepted:
            self._parts.metrics.accepted.labels(feed.id).inc(accepted)
        if rejected:
            self._parts.metrics.rejected.labels(feed.id).inc(rejected)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def held(reason: str) -> DoorRefusal:
    """Return the refusal of what comes at a time when nothing may be taken in."""
    return DoorRefusal(429, "held", reason, "send it again later", retry_s=RETRY_S)


def _unconfirmed(feed: Feed, error: BusError) -> DoorRefusal:
    log.warning("not_acknowledged", feed=feed.id, problem=str(error))
    message = "Kafka did not confirm it in time; whether it arrived is not known"
    remedy = "send it again, under the same Idempotency-Key"
    return DoorRefusal(503, "not_acknowledged", message, remedy, retry_s=UNSURE_S)


def _gatherable(body: bytes, media: Media) -> list[bytes] | None:
    """Return the records of a small JSON body; None where it must go alone.

    Raises:
        Refusal: it is not JSON.
    """
    if media.kind == CSV:
        return None
    body = json_text(body)
    records = records_of(body, media)
    if records is None:
        records = split_lines(body)
        if len(records) != len(body.removesuffix(b"\n").split(b"\n")):
            return None  # blank lines: the numbers of the others are told by who reads lines
    return records if len(records) <= FLUSH_ROWS else None
