"""Bring raw records to the city by the way that their feed names: push, file drop or Kafka."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl
import urllib3
from kafka import KafkaProducer
from kafka.errors import KafkaError

from citybrain.city.records import Feed
from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import department_topic
from citybrain.roof.replay.spoken_rows import as_csv, as_ndjson

_OK = range(200, 300)
_NOT_NOW = (408, 425, 429, 500, 502, 503, 504)
_NO_KEY = (401, 403)
_WAIT_S = 2.0
_MAX_WAIT_S = 60.0
_KEY_WAIT_S = 10.0
_FLUSH_S = 15
_ALONE = 200
"""Records that travel as a message each; more than that are put into arrays of as many."""
_KNOCK_S = 1.0


class DoorAway(Exception):
    """The records could not be brought now; the same ones must be brought again.

    Attributes:
        scope: what is away: a door, or the department whose key is refused.
        wait_s: seconds to wait before the next try.
    """

    def __init__(self, scope: str, reason: str, wait_s: float = _WAIT_S) -> None:
        """Say why, and for how long."""
        self.scope, self.wait_s = scope, wait_s
        super().__init__(reason)


class DoorRefused(Exception):
    """The door will never take these records; they are given up."""


@dataclass(frozen=True)
class ReplayParcel:
    """Raw records of one feed that travel together.

    Attributes:
        feed: the feed.
        batch: names the parcel; the same parcel brought twice has the same name.
        records: its raw records.
    """

    feed: Feed
    batch: str
    records: pl.DataFrame


class HttpDoor:
    """The gateway's HTTP door; the gateway knows a batch that it was given twice."""

    def __init__(self, settings: Settings) -> None:
        """Push to the gateway of `settings`, with the keys under its data folder."""
        host = settings.gateway_host
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - where it listens
        self._url = f"http://{host}:{settings.gateway_port}"
        self._secrets = settings.data / "secrets"
        self._http = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(connect=2.0, read=60.0)
        )

    def bring(self, parcel: ReplayParcel) -> int:
        """Push a parcel; return how many of its rows were rejected.

        Raises:
            Away: the gateway does not answer, asks to wait, or refuses the department's key.
            Unwanted: the gateway refuses the parcel for good.
        """
        feed = parcel.feed
        headers = {
            "Authorization": f"Bearer {self._key(feed.department)}",
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": parcel.batch,
        }
        url = f"{self._url}/v1/feeds/{feed.id}/events"
        body = as_ndjson(parcel.records)
        try:
            answer = self._http.request("POST", url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise DoorAway(
                "http_push", f"gateway {self._url} does not answer: {error!r}"
            ) from error
        return _judge(answer, feed.department)

    def close(self) -> None:
        """Give back the connections."""
        self._http.clear()

    def _key(self, department: str) -> str:
        path = self._secrets / f"{department}.key"
        try:
            return path.read_text("utf-8").strip()
        except OSError:
            reason = f"{path} cannot be read; issue the key with 'citybrain keys issue'"
            raise DoorAway(department, reason, _KEY_WAIT_S) from None


class DropDoor:
    """A feed's folder; a file appears there under its name only when it is whole."""

    def __init__(self, settings: Settings) -> None:
        """Drop under the data folder of `settings`, or where the feed says."""
        self._root = settings.data / "drop"

    def bring(self, parcel: ReplayParcel) -> int:
        """Write a parcel as one CSV file.

        Raises:
            Away: the file cannot be written.
        """
        feed = parcel.feed
        folder = Path(feed.options.get("folder") or self._root / feed.id)
        encoding = feed.options.get("encoding", "utf-8")
        body = as_csv(parcel.records, "utf-8" if encoding == "auto" else encoding)
        part = folder / f".{parcel.batch}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(body)
            part.rename(folder / f"{parcel.batch}.csv")
        except OSError as error:
            raise DoorAway("file_drop", f"cannot write {part}: {error}") from error
        return 0

    def close(self) -> None:
        """Nothing is held."""


class TopicDoor:
    """A department's own topic: a JSON object a message, or arrays where there are many."""

    def __init__(self, settings: Settings) -> None:
        """Publish to the broker of `settings`; it is reached with the first parcel."""
        self._settings = settings
        self._producer: KafkaProducer | None = None
        self._made: set[str] = set()

    def bring(self, parcel: ReplayParcel) -> int:
        """Publish a parcel and wait until Kafka has it.

        Raises:
            Away: no broker answers.
        """
        feed = parcel.feed
        topic = department_topic(feed.department)
        try:
            producer = self._reach(topic.name, feed.department)
            sent = [
                producer.send(topic.name, message, key=feed.id.encode())
                for message in _messages(as_ndjson(parcel.records).splitlines())
            ]
            producer.flush(timeout=_FLUSH_S)
            for one in sent:
                one.get(timeout=0)
        except (BusError, KafkaError, OSError) as error:
            self.close()
            raise DoorAway("kafka", f"Kafka {self._settings.kafka}: {error}") from error
        return 0

    def close(self) -> None:
        """Close the producer, if there is one."""
        if self._producer is not None:
            self._producer.close(timeout=2)
        self._producer = None

    def _reach(self, name: str, department: str) -> KafkaProducer:
        self._knock()
        if name not in self._made:
            bus.ensure_topics(self._settings, (department_topic(department),))
            self._made.add(name)
        if self._producer is None:
            self._producer = bus.producer(self._settings, linger_ms=5)
        return self._producer

    def _knock(self) -> None:
        """See whether any broker listens; the client library would try for half a minute."""
        for address in self._settings.kafka.split(","):
            host, _, port = address.rpartition(":")
            with contextlib.suppress(OSError, ValueError):
                socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()
                return
        raise BusError("nobody listens there")


def _messages(records: list[bytes]) -> Iterator[bytes]:
    if len(records) <= _ALONE:
        yield from records
        return
    for start in range(0, len(records), _ALONE):
        yield b"[" + b",".join(records[start : start + _ALONE]) + b"]"


DOORS: dict[str, Callable[[Settings], HttpDoor | DropDoor | TopicDoor]] = {
    "http_push": HttpDoor,
    "file_drop": DropDoor,
    "kafka": TopicDoor,
}
"""Kind of source → what brings records to it."""


def _judge(answer: urllib3.BaseHTTPResponse, department: str) -> int:
    if answer.status in _OK:
        return _rejected(answer.data)
    reason = f"gateway answers {answer.status}: {answer.data[:300].decode('utf-8', 'replace')}"
    if answer.status in _NO_KEY:
        raise DoorAway(department, reason, _KEY_WAIT_S)
    if answer.status in _NOT_NOW:
        raise DoorAway("http_push", reason, _retry_after(answer.headers.get("Retry-After", "")))
    raise DoorRefused(reason)


def _retry_after(text: str) -> float:
    try:
        return min(_MAX_WAIT_S, max(0.1, float(text)))
    except ValueError:
        return _WAIT_S


def _rejected(body: bytes) -> int:
    try:
        return int(msgspec.json.decode(body).get("rejected", 0))
    except (msgspec.DecodeError, AttributeError, TypeError, ValueError):
        return 0
