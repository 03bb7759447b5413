"""Which sender of the city sends: the one that their Kafka group gave city.notifications.

Any number of senders may run; the others stand by. When the one that sends dies, another has its
turn within `SESSION_S`; started again in time, it goes on itself, as it is known by its machine and
data folder. When it only lost its turn (it was cut off for too long), it has to end.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterable

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import FencedInstanceIdError, KafkaError

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import NOTIFICATIONS
from notifier.sender_assignor import SPOT, StickySenderAssignor

log = structlog.get_logger(__name__)

GROUP = "citybrain-notify"
SESSION_S = 30
"""Long, for a sender that gets little of a processor is slow, not gone; started again under its
name it goes on at once."""
HEARTBEAT_S = 2
POLL_MS = 1_000
AGAIN_S = 0.5


class SenderElection(threading.Thread):
    """Stands for election until told to stop.

    Attributes:
        won: set once this sender is the one that sends.
        lost: set when another one has taken over after that.
    """

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        """Stand at the Kafka of `settings`, until `stop`."""
        super().__init__(name="notify-election", daemon=True)
        self._settings, self._stop_told = settings, stop
        self.won, self.lost = threading.Event(), threading.Event()

    def wait(self) -> bool:
        """Wait for the turn; return False when told to stop, or replaced, instead."""
        told = False
        while not self._stop_told.is_set() and not self.lost.is_set():
            if self.won.wait(AGAIN_S):
                return True
            if not told:
                log.info("notify_stands_by", group=GROUP)
                told = True
        return False

    def run(self) -> None:
        """Stand; a broker that is away is waited for, as nobody else can take over either."""
        while not self._stop_told.is_set() and not self.lost.is_set():
            try:
                self._stand()
            except FencedInstanceIdError:
                self.replaced()
            except (KafkaError, BusError, OSError) as error:
                log.warning("notify_election_interrupted", problem=str(error))
                self._stop_told.wait(AGAIN_S)

    def replaced(self) -> None:
        """Take note that another one sends, or stands in this one's name."""
        log.error("notify_replaced", will="exit, to be started anew and stand by")
        self.lost.set()

    def _stand(self) -> None:
        consumer = bus.consumer(
            self._settings,
            group_id=GROUP,
            group_instance_id=_name(self._settings),
            session_timeout_ms=SESSION_S * 1000,
            heartbeat_interval_ms=HEARTBEAT_S * 1000,
            partition_assignment_strategy=[StickySenderAssignor()],
        )
        try:
            consumer.subscribe([NOTIFICATIONS.name], listener=_Turns(self, consumer))
            while not self._stop_told.is_set() and not self.lost.is_set():
                consumer.poll(timeout_ms=POLL_MS)
        finally:
            consumer.close()


class _Turns(ConsumerRebalanceListener):  # type: ignore[misc]
    """Hears whose turn it is after each election; what is assigned is not fetched."""

    def __init__(self, election: SenderElection, consumer: KafkaConsumer) -> None:
        self._election, self._consumer = election, consumer

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Do nothing: whether it is for good is known after the election."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take note of the outcome."""
        if SPOT in assigned:
            self._consumer.pause(SPOT)
            self._election.won.set()
        elif self._election.won.is_set():
            self._election.replaced()


def _name(settings: Settings) -> str:
    """Return what a sender is called in its group, the same after each start."""
    folder = str(settings.data.resolve())
    return f"{socket.gethostname()}-{hashlib.sha256(folder.encode()).hexdigest()[:12]}"
