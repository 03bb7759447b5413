"""What happened at the door reaches the bus, and an outage of it holds nobody up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from citybrain.accounts import changes
from citybrain.accounts.accounts_file import AccountsFile, read
from citybrain.floor.audit_entry import AuditEntry, entry
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError
from dashboards.access import audit_sender
from dashboards.access.audit_sender import AuditSender
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


@pytest.fixture
def accounts(tmp_path: Path) -> AccountsFile:
    return AccountsFile(tmp_path / "accounts.sqlite")


@contextmanager
def running(connect: Callable[[], Any], accounts: AccountsFile) -> Iterator[AuditSender]:
    auditor = AuditSender(connect, accounts, ManualClock(NOW))
    auditor.start()
    try:
        yield auditor
    finally:
        auditor.close()


def told(number: int) -> AuditEntry:
    return entry(NOW, "sign_in", "accepted", user=f"person{number}", role="officer")


def test_entries_when_noted_then_all_are_sent_in_order_keyed_by_the_person(
    accounts: AccountsFile,
) -> None:
    bus = Bus()
    with running(bus.connect, accounts) as auditor:
        for number in range(20):
            auditor.note(told(number))
    assert [one.user for one in bus.sent] == [f"person{number}" for number in range(20)]
    assert bus.keys[3] == b"person3"
    assert bus.asked == 1


def test_entries_when_the_bus_is_away_then_they_wait_and_the_outage_is_told_once(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountsFile
) -> None:
    monkeypatch.setattr(audit_sender, "RETRY_S", 0.01)
    bus = Bus()
    bus.away = True
    with capture_logs() as logs, running(bus.connect, accounts) as auditor:
        for number in range(3):
            auditor.note(told(number))
        eventually(lambda: bus.asked > 5)
        bus.away = False
        eventually(lambda: len(bus.sent) == 3)
    said = [one["event"] for one in logs if one["event"] != "audit"]
    assert said == ["audit_away", "audit_back"]
    assert len({one.id for one in bus.sent}) == 3


def test_note_when_the_queue_is_full_then_it_does_not_block_and_the_log_has_it(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountsFile
) -> None:
    monkeypatch.setattr(audit_sender, "MOST", 2)
    auditor = AuditSender(Bus().connect, accounts, ManualClock(NOW))
    with capture_logs() as logs:
        for number in range(5):
            auditor.note(told(number))
    assert auditor.dropped == 3
    assert [one["user"] for one in logs] == [f"person{number}" for number in range(5)]


def test_close_when_the_bus_hangs_then_it_does_not_wait_for_long(accounts: AccountsFile) -> None:
    bus = Bus()
    bus.slow.clear()
    auditor = AuditSender(bus.connect, accounts, ManualClock(NOW))
    auditor.start()
    auditor.note(told(1))
    auditor.close(patience_s=0.05)
    bus.slow.set()
    assert len(bus.sent) <= 1


def test_changes_of_accounts_made_while_nothing_ran_are_sent_once_by_two_servers(
    accounts: AccountsFile,
) -> None:
    changes.add(accounts.path, "li.na", "a heron at the river", NOW, role="officer")
    changes.disable(accounts.path, "li.na", NOW)
    bus = Bus()
    bus.slow.clear()
    with running(bus.connect, accounts), running(bus.connect, AccountsFile(accounts.path)):
        eventually(lambda: bus.sent)
        changes.enable(accounts.path, "li.na", NOW)
        bus.slow.set()
        eventually(lambda: not read(accounts.path).untold)
    assert [one.action for one in bus.sent] == ["account_add", "account_disable", "account_enable"]


def test_change_of_an_account_when_the_file_cannot_be_cleared_is_sent_once_nevertheless(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountsFile
) -> None:
    monkeypatch.setattr(audit_sender, "RETRY_S", 0.01)
    changes.add(accounts.path, "li.na", "a heron at the river", NOW, role="officer")
    full, bus = threading.Event(), Bus()
    tries: list[str] = []
    clear = accounts.told

    def told(one: AuditEntry) -> None:
        tries.append(one.id)
        if not full.is_set():
            raise OSError(28, "No space left on device")
        clear(one)

    monkeypatch.setattr(accounts, "told", told)
    with capture_logs() as logs, running(bus.connect, accounts):
        eventually(lambda: len(tries) > 3)
        full.set()
        eventually(lambda: not read(accounts.path).untold)
    assert len(bus.sent) == 1
    assert "[Errno 28] No space left on device" in {one.get("problem") for one in logs}


def test_change_of_an_account_when_the_bus_is_away_is_kept(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountsFile
) -> None:
    monkeypatch.setattr(audit_sender, "RETRY_S", 0.01)
    changes.add(accounts.path, "li.na", "a heron at the river", NOW, role="officer")
    bus = Bus()
    bus.away = True
    with running(bus.connect, accounts):
        eventually(lambda: bus.asked > 2)
    assert [one.action for one in read(accounts.path).untold] == ["account_add"]


def stranger(number: int) -> AuditEntry:
    return entry(
        NOW, "sign_in", "refused", reason="wrong name or password", address=f"10.0.0.{number % 9}"
    )


def test_strangers_when_they_knock_a_million_times_then_people_are_told_and_they_are_counted(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountsFile
) -> None:
    monkeypatch.setattr(audit_sender, "MOST", 10)
    bus, clock = Bus(), ManualClock(NOW)
    auditor = AuditSender(bus.connect, accounts, clock)
    for number in range(100_000):
        auditor.note(stranger(number))
    for number in range(5):
        auditor.note(told(number))
    assert auditor.dropped == 0
    clock.advance(timedelta(minutes=1))
    auditor.start()
    eventually(lambda: len(bus.sent) == 26)
    auditor.close()

    assert [one.user for one in bus.sent[:5]] == [f"person{number}" for number in range(5)]
    assert [one.details.get("more") for one in bus.sent[5:]] == [None] * 20 + ["99980"]
    assert bus.sent[-1].details["of_addresses"] == "9"
