"""A log in memory that tells followers what comes, as `LogTail` does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from citybrain.alerts.records import Alert, AlertChange
from dashboards.lists.log_tail import Deliver, Heard

BEAT_S = 0.1


class MemoryLog:
    """Records in memory; with `away`, nothing is heard, not even that nothing happens."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.away = False
        self._news = threading.Condition()

    def put(self, records: Sequence[Any]) -> None:
        """Append `records` as JSON."""
        with self._news:
            self.values += [msgspec.json.encode(one) for one in records]
            self._news.notify_all()

    def put_alerts(self, alerts: Sequence[Alert]) -> None:
        """Append a step of each of `alerts`."""
        self.put([step_of(alert) for alert in alerts])

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Tell `deliver` what comes until `stop`."""
        heard = 0
        while not stop.is_set():
            with self._news:
                if len(self.values) == heard:
                    self._news.wait(BEAT_S)
                fresh = self.values[heard:]
            if self.away:
                continue
            heard += len(fresh)
            deliver(Heard(None, fresh, caught_up=True))


def step_of(alert: Alert, what: str = "fired") -> AlertChange:
    """Return the step that leaves `alert` as it is."""
    return AlertChange(
        id=alert.id,
        version=alert.version,
        what=what,
        at=alert.updated_at,
        by="engine",
        cause="test",
        after=alert,
    )
