"""Stand-ins at the seams: a bus in memory, a gate that opens and closes, an ASGI client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.future import Future

from citybrain.city.records import Area, City, Department, EventKind, Feed, FieldRule, Theme
from citybrain.floor.dead_letters import DeadLetter, decode_letters, encode_letters
from citybrain.floor.errors import BusError
from citybrain.floor.events import Envelope, decode, encode
from citybrain.floor.text import Text
from connectors.fetch.source import EnvelopeReceipt
from connectors.publisher import Shipment
from connectors.resends.known_rows import KnownRows


class MemoryBus:
    """Takes what is sent as Kafka would; acknowledges at once, later, or never."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.letters: list[DeadLetter] = []
        self.acknowledge = True
        self.fail_with: Exception | None = None
        self.refuse = False
        self.open: list[Future] = []

    def send(self, envelope: Envelope, letters: Sequence[DeadLetter]) -> Shipment:
        if self.refuse:
            raise BusError("Kafka 127.0.0.1:1 takes nothing: KafkaTimeoutError()")
        value = encode(envelope)
        assert len(value) < 8 * 1024 * 1024
        if self.fail_with is None:
            self.envelopes.append(decode(value))
        found = KnownRows.none(envelope.table.num_rows)
        return Shipment(self.send_letters(letters).promises, found)

    def send_letters(self, letters: Sequence[DeadLetter]) -> Shipment:
        if self.refuse:
            raise BusError("Kafka 127.0.0.1:1 takes nothing: KafkaTimeoutError()")
        promise = Future()
        self.open.append(promise)
        if self.fail_with is None:
            for _, value in encode_letters(letters):
                self.letters += decode_letters(value)
        if self.acknowledge:
            self.answer()
        return Shipment((promise,))

    def is_light(self, feed: str) -> bool:
        return True

    def answer(self) -> None:
        """Acknowledge, or fail, all that is open."""
        promises, self.open = self.open, []
        for promise in promises:
            if self.fail_with is None:
                promise.success(None)
            else:
                promise.failure(self.fail_with)

    def rows(self) -> int:
        return sum(envelope.table.num_rows for envelope in self.envelopes)

    def subjects(self) -> list[str]:
        return [
            subject
            for envelope in self.envelopes
            for subject in envelope.table.column("subject").to_pylist()
        ]


@dataclass
class OpenGate:
    """Lets in unless `why` says why not."""

    why: str = ""

    def reason(self) -> str:
        return self.why

    def behind(self, partition: int) -> EnvelopeReceipt:
        return EnvelopeReceipt(partition, 41)

    def partitions(self) -> int:
        return 4


@dataclass(frozen=True)
class Answered:
    """What an ASGI application answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Calls an ASGI application without a network."""

    app: Any
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> Answered:
        return await self._call("GET", path, {}, [b""])

    async def post(
        self, path: str, body: bytes | list[bytes], headers: Mapping[str, str] | None = None
    ) -> Answered:
        chunks = body if isinstance(body, list) else [body]
        return await self._call("POST", path, {**self.headers, **(headers or {})}, chunks)

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str], chunks: list[bytes]
    ) -> Answered:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
        coming = [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        start = told[0]
        body = b"".join(message.get("body", b"") for message in told[1:])
        names = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answered(start["status"], names, body)


def rule(*fields: str, **more: Any) -> FieldRule:
    return FieldRule(fields=fields, **more)


MAPPING = {
    "source_id": rule("id"),
    "kind": rule("kind"),
    "occurred_at": rule("time"),
    "area": rule("area"),
    "lon": rule("lon"),
    "lat": rule("lat"),
    "severity": rule("severity"),
    "value": rule("value"),
    "subject": rule("subject"),
    "text": rule("text"),
}


def make_feed(mapping: Mapping[str, FieldRule] | None = None, **more: Any) -> Feed:
    """Return a feed of the department ``works`` that carries ``pothole`` and ``flow``."""
    given: dict[str, Any] = {
        "id": "reports",
        "title": Text("报", "Reports"),
        "department": "works",
        "source": "http_push",
        "kinds": ("pothole", "flow"),
        "mapping": MAPPING | dict(mapping or {}),
    }
    return Feed(**(given | more))


def make_city(*feeds: Feed, geo: Path = Path("nowhere.geojson")) -> City:
    """Return a city of one district with one street, two departments and two kinds."""
    title = Text("", "")
    known = feeds or (make_feed(),)
    return City(
        id="testville",
        title=title,
        time_zone="Asia/Shanghai",
        folder=Path("cities/testville"),
        themes={name: Theme(name, title) for name in ("city_management", "traffic")},
        departments={name: Department(name, title) for name in ("works", "police")},
        kinds={
            "pothole": EventKind("pothole", title, "city_management", severity=2),
            "flow": EventKind("flow", title, "traffic", unit="1/h", severity=0),
        },
        areas={
            "150302": Area("150302", title),
            "150302003": Area("150302003", title, "150302"),
        },
        feeds={feed.id: feed for feed in known},
        geo=geo,
    )
