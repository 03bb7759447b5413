"""The processes of one machine: what each waits for, where it listens, how it shows health."""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.roof.local import local_kafka

ANSWER_S = 5
_LENGTH = 4
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Kafka's question which requests it knows: length, key, version, number, no client's name."""


@dataclass(frozen=True)
class Listening:
    """A port that a process listens on, and the setting that changes it."""

    host: str
    port: int
    setting: str


@dataclass(frozen=True)
class Planned:
    """One process to keep running.

    Attributes:
        name: as in `citybrain <name>` and the log's file name.
        healthy: asks it from outside whether it answers; may take seconds; called in a thread,
            never raises. None: a worker without a port.
        after: processes that must be healthy before it starts for the first time.
        listening: its ports.
        stops_with: processes of a lower number are stopped first.
        grace_s: seconds that it has to stop by itself.
        beats: whether it tells how far it is, in a heartbeat's file.
    """

    name: str
    healthy: Callable[[], bool] | None = None
    after: tuple[str, ...] = ()
    listening: tuple[Listening, ...] = ()
    stops_with: int = 0
    grace_s: float = 8.0
    beats: bool = False


def plan(settings: Settings) -> tuple[Planned, ...]:
    """Return the machine's processes in the order in which they start.

    Raises:
        LaunchError: the broker's or the store's address is not of this machine.
    """
    broker = local_kafka.local_port(settings)
    url = urlsplit(settings.store_url)
    store = Listening(url.hostname or "", url.port or 8123, "CITYBRAIN_STORE_URL")
    gateway = Listening(settings.gateway_host, settings.gateway_port, "CITYBRAIN_GATEWAY_PORT")
    screens = Listening(settings.screens_host, settings.screens_port, "CITYBRAIN_SCREENS_PORT")
    ports = tuple(Listening("127.0.0.1", port, "CITYBRAIN_KAFKA") for port in (broker, broker + 1))
    both = ("kafka", "store")
    return (
        Planned("kafka", _broker_health(settings, broker), (), ports, 4, 20.0),
        Planned("store", lambda: answers(store, "/ping"), (), (store,), 3),
        Planned("sink", None, both, (), 2, beats=True),
        Planned("gateway", lambda: answers(gateway, "/healthz"), both, (gateway,), 1, beats=True),
        Planned("stream", None, both, (), 2, beats=True),
        Planned("ruler", None, both, (), 2, beats=True),
        Planned("casework", None, both, (), 2, beats=True),
        Planned("notify", None, both, (), 2, beats=True),
        # A wall shows numbers within seconds of the store: it loads itself while that starts.
        Planned("screens", lambda: answers(screens, "/healthz"), (), (screens,), 2, beats=True),
        Planned("replay", None, ("gateway",), (), 0, beats=True),
    )


def address(listening: Listening) -> str:
    """Return the URL under which a browser on this machine finds it."""
    host = "127.0.0.1" if listening.host in {"", "0.0.0.0", "::"} else listening.host  # noqa: S104
    return f"http://{host}:{listening.port}"


def answers(listening: Listening, path: str) -> bool:
    """Whether a GET of `path` is answered, be it that the process has something to complain of."""
    url = urlsplit(address(listening))
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def speaks_kafka(host: str, port: int) -> bool:
    """Whether a broker answers there.

    That somebody listens tells nothing: for a broker that hangs the system accepts connections.
    """
    try:
        with socket.create_connection((host, port), timeout=ANSWER_S) as spot:
            spot.settimeout(ANSWER_S)
            spot.sendall(_API_VERSIONS)
            return len(spot.recv(_LENGTH)) == _LENGTH
    except OSError:
        return False


def _broker_health(settings: Settings, port: int) -> Callable[[], bool]:
    has_topics = False

    def healthy() -> bool:
        nonlocal has_topics
        if not speaks_kafka("127.0.0.1", port):
            return False
        if not has_topics:
            try:
                bus.ensure_topics(settings)
            except BusError:
                return False
            has_topics = True
        return True

    return healthy
