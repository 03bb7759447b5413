"""What became of a drill's events, and when: event → alert → sent → acknowledged; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from citybrain.alerts.records import Change, Notice, Receipt


@dataclass
class Row:
    """One alert of a drill.

    Attributes:
        title: what it is called.
        level: its highest level.
        event_at: when its condition began to hold.
        alert_at: when it fired at the desk.
        sent_at: when the first attempt at a receiver began; delivered_at: when one succeeded.
        acknowledged_at: when somebody acknowledged it; by: who.
        receivers: who was to hear.
    """

    title: str
    level: str
    event_at: datetime
    alert_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    by: str = ""
    receivers: list[str] = field(default_factory=list)


class Times:
    """Collects the rows of one drill from the records of the bus."""

    def __init__(self, since: datetime) -> None:
        """Look at what happens from `since` on."""
        self._since = since
        self.rows: dict[str, Row] = {}
        self._keys: dict[str, str] = {}

    def note(self, records: Iterable[Change | Notice | Receipt]) -> None:
        """Take note of records, in any order of topics."""
        for record in records:
            if isinstance(record, Change):
                self._change(record)
            elif isinstance(record, Notice):
                self._notice(record)
            else:
                self._receipt(record)

    def done(self) -> bool:
        """Whether every alert has been delivered."""
        return bool(self.rows) and all(row.delivered_at for row in self.rows.values())

    def _change(self, change: Change) -> None:
        episode = change.after.episode
        if episode.origin != "exercise" or change.after.opened_at < self._since:
            return
        row = self.rows.get(change.alert)
        if row is None:
            row = Row(episode.title.zh, episode.peak, episode.started_at, change.at)
            self.rows[change.alert] = row
        row.level = episode.peak
        if change.what == "acknowledged" and row.acknowledged_at is None:
            row.acknowledged_at, row.by = change.at, change.by

    def _notice(self, notice: Notice) -> None:
        if notice.exercise and notice.at >= self._since:
            self._keys[notice.key] = notice.alert
            row = self.rows.get(notice.alert)
            if row is not None and notice.receiver not in row.receivers:
                row.receivers.append(notice.receiver)

    def _receipt(self, receipt: Receipt) -> None:
        row = self.rows.get(self._keys.get(receipt.key, ""))
        if row is None:
            return
        row.sent_at = min(receipt.started_at, row.sent_at or receipt.started_at)
        if receipt.outcome == "delivered":
            row.delivered_at = min(receipt.at, row.delivered_at or receipt.at)
