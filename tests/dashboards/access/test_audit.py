"""What happened at the door reaches the bus, and an outage of it holds nobody up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from citybrain.alerts.records import AuditEntry
from citybrain.errors import BusError
from dashboards.access import audit
from dashboards.access.audit import Auditor, entry
from tests.waiting import eventually

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


class Bus:
    """A bus that can be away."""

    def __init__(self) -> None:
        self.sent: list[AuditEntry] = []
        self.keys: list[bytes] = []
        self.away = False
        self.asked = 0
        self.slow = threading.Event()
        self.slow.set()

    def connect(self) -> Any:
        self.asked += 1
        if self.away:
            raise BusError("Kafka nowhere:1 does not answer")
        return self

    def send(self, topic: str, value: bytes, key: bytes) -> Bus:
        assert topic == "city.audit"
        self.sent.append(msgspec.json.decode(value, type=AuditEntry))
        self.keys.append(key)
        return self

    def get(self, timeout: float) -> None:
        self.slow.wait(timeout)

    def close(self, timeout: float) -> None:
        pass


@contextmanager
def running(connect: Callable[[], Any]) -> Iterator[Auditor]:
    auditor = Auditor(connect)
    auditor.start()
    try:
        yield auditor
    finally:
        auditor.close()


def told(number: int) -> AuditEntry:
    return entry(NOW, "sign_in", "accepted", user=f"person{number}", role="officer")


def test_entries_when_noted_then_all_are_sent_in_order_keyed_by_the_person() -> None:
    bus = Bus()
    with running(bus.connect) as auditor:
        for number in range(20):
            auditor.note(told(number))
    assert [one.user for one in bus.sent] == [f"person{number}" for number in range(20)]
    assert bus.keys[3] == b"person3"
    assert bus.asked == 1


def test_entries_when_the_bus_is_away_then_they_wait_and_the_outage_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "RETRY_S", 0.01)
    bus = Bus()
    bus.away = True
    with capture_logs() as logs, running(bus.connect) as auditor:
        for number in range(3):
            auditor.note(told(number))
        eventually(lambda: bus.asked > 5)
        bus.away = False
        eventually(lambda: len(bus.sent) == 3)
    said = [one["event"] for one in logs if one["event"] != "audit"]
    assert said == ["audit_away", "audit_back"]
    assert len({one.id for one in bus.sent}) == 3


def test_note_when_the_queue_is_full_then_it_does_not_block_and_the_log_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "MOST", 2)
    auditor = Auditor(Bus().connect)
    with capture_logs() as logs:
        for number in range(5):
            auditor.note(told(number))
    assert auditor.dropped == 3
    assert [one["user"] for one in logs] == [f"person{number}" for number in range(5)]


def test_close_when_the_bus_hangs_then_it_does_not_wait_for_long() -> None:
    bus = Bus()
    bus.slow.clear()
    auditor = Auditor(bus.connect)
    auditor.start()
    auditor.note(told(1))
    auditor.close(patience_s=0.05)
    bus.slow.set()
    assert len(bus.sent) <= 1
