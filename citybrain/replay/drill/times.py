"""What became of a drill's events, and when: event → alert → sent → acknowledged; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from citybrain.alerts.records import Change, Episode, Notice, Receipt


@dataclass
class Row:
    """One level of one alert of a drill.

    Attributes:
        title: what the alert is called.
        level: the level that it reached.
        event_at: when the event happened with which it did.
        alert_at: when the desk knew; sent_at: when the first attempt at a receiver began.
        delivered_at: when one succeeded.
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
    """Collects the rows of one drill from the records of the bus.

    Attributes:
        rows: (alert, level) → what became of it.
    """

    def __init__(self, since: datetime) -> None:
        """Look at what happens from `since` on."""
        self._since = since
        self._pushed: dict[str, datetime] = {}
        self.rows: dict[tuple[str, str], Row] = {}
        self._keys: dict[str, tuple[str, str]] = {}

    def pushed(self, event: str, at: datetime) -> None:
        """Take note of when an event of the drill happened; `event` is its id (UUID text)."""
        self._pushed[event] = at

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
        spot = (change.alert, episode.level)
        if change.after.state == "firing" and spot not in self.rows:
            title = episode.title.zh
            self.rows[spot] = Row(title, episode.level, self._event_at(episode), change.at)
        if change.what == "acknowledged":
            for (alert, _), row in self.rows.items():
                if alert == change.alert and row.acknowledged_at is None:
                    row.acknowledged_at, row.by = change.at, change.by

    def _event_at(self, episode: Episode) -> datetime:
        """Return when the newest of the drill's events behind an episode happened."""
        ours = [self._pushed[one] for one in episode.evidence.events if one in self._pushed]
        return max(ours, default=episode.started_at)

    def _notice(self, notice: Notice) -> None:
        if notice.exercise and notice.at >= self._since:
            spot = self._keys[notice.key] = (notice.alert, notice.level)
            row = self.rows.get(spot)
            if row is not None and notice.receiver not in row.receivers:
                row.receivers.append(notice.receiver)

    def _receipt(self, receipt: Receipt) -> None:
        row = self.rows.get(self._keys.get(receipt.key, ("", "")))
        if row is None:
            return
        row.sent_at = min(receipt.started_at, row.sent_at or receipt.started_at)
        if receipt.outcome == "delivered":
            row.delivered_at = min(receipt.at, row.delivered_at or receipt.at)
