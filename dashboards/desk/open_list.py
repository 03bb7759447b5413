"""The open alerts in memory, by what the store said last of each; pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from citybrain.alerts.records import Alert
from dashboards.lists.list_rows import row_of

REMEMBERED = 20_000


class OpenList:
    """Holds every open alert, with its row encoded once for all who look.

    Attributes:
        alerts: the open alerts by id.
    """

    def __init__(self) -> None:
        """Start with nothing open."""
        self.alerts: dict[str, Alert] = {}
        self._rows: dict[str, msgspec.Raw] = {}
        self._closed: dict[str, int] = {}

    def take(self, alerts: Iterable[Alert]) -> list[str]:
        """Take in what the store says; return the ids of those that changed by it.

        What is not newer than what is known changes nothing, so rows may come twice and in any
        order.
        """
        changed = []
        for alert in alerts:
            if alert.version > self._known(alert.id):
                self._keep(alert)
                changed.append(alert.id)
        return changed

    def row(self, alert: str) -> msgspec.Raw:
        """Return the encoded row of an open alert."""
        return self._rows[alert]

    def _known(self, alert: str) -> int:
        open_one = self.alerts.get(alert)
        return open_one.version if open_one else self._closed.get(alert, 0)

    def _keep(self, alert: Alert) -> None:
        self._closed.pop(alert.id, None)
        if alert.open:
            self.alerts[alert.id] = alert
            self._rows[alert.id] = msgspec.Raw(msgspec.json.encode(row_of(alert)))
            return
        self.alerts.pop(alert.id, None)
        self._rows.pop(alert.id, None)
        # An older row of an alert that was closed must not open it again.
        self._closed[alert.id] = alert.version
        if len(self._closed) > REMEMBERED:
            del self._closed[next(iter(self._closed))]
