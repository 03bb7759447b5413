"""What became of a drill's events, and when: event → alert → sent → acknowledged; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from citybrain.alerts.records import AlertChange
from citybrain.notices.records import DeliveryReceipt, Notice


@dataclass(frozen=True)
class DrillRow:
    """One level of one alert of a drill.

    Attributes:
        title: what the alert is called.
        level: the level that it reached.
        event_at: when the event happened with which it did.
        alert_at: when the desk knew; sent_at: when the first attempt at a receiver began.
        delivered_at: when one succeeded.
        acknowledged_at: when somebody acknowledged it; by: who.
        receivers: who was to hear.
        muted: kind of the reason why nobody was to hear, "" mostly.
        rule: id of its rule.
    """

    title: str
    level: str
    event_at: datetime
    alert_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    by: str = ""
    receivers: tuple[str, ...] = ()
    muted: str = ""
    rule: str = ""


class DrillTimes:
    """Collects the rows of one drill from the records of the bus, which come in any order."""

    def __init__(self) -> None:
        """Know of no event."""
        self._pushed: dict[str, datetime] = {}
        self._rows: dict[tuple[str, str], DrillRow] = {}
        self._notices: dict[str, Notice] = {}
        self._receipts: dict[str, list[DeliveryReceipt]] = {}

    def pushed(self, event: str, at: datetime) -> None:
        """Take note of when an event of the drill happened; `event` is its id (UUID text)."""
        self._pushed[event] = at

    def note(self, records: Iterable[AlertChange | Notice | DeliveryReceipt]) -> None:
        """Take note of records."""
        for record in records:
            if isinstance(record, AlertChange):
                self._change(record)
            elif isinstance(record, Notice):
                self._notices[record.key] = record
            else:
                self._receipts.setdefault(record.key, []).append(record)

    def rows(self) -> list[DrillRow]:
        """Return what is known, in the order of the events."""
        rows = (self._told(spot, row) for spot, row in self._rows.items())
        return sorted(rows, key=lambda one: one.event_at)

    def done(self, *, acknowledged: bool = False) -> bool:
        """Whether all who were to hear did, and, if asked, somebody acknowledged every alert."""
        rows = self.rows()
        told = all(row.delivered_at or row.muted for row in rows)
        return (
            bool(rows) and told and (not acknowledged or all(row.acknowledged_at for row in rows))
        )

    def _change(self, change: AlertChange) -> None:
        alert, episode = change.after, change.after.episode
        ours = [self._pushed[one] for one in episode.evidence.events if one in self._pushed]
        spot = (change.id, episode.level)
        row = self._rows.get(spot)
        if row is None and ours and alert.state == "firing":
            row = DrillRow(episode.title.zh, episode.level, max(ours), change.at, rule=episode.rule)
        if row is not None:
            muted = alert.mutes[0].kind if alert.mutes else ""
            self._rows[spot] = replace(row, muted=muted)
        if change.what == "acknowledged":
            self._acknowledged(change)

    def _acknowledged(self, change: AlertChange) -> None:
        for spot, row in self._rows.items():
            if spot[0] == change.id and row.acknowledged_at is None:
                self._rows[spot] = replace(row, acknowledged_at=change.at, by=change.by)

    def _told(self, spot: tuple[str, str], row: DrillRow) -> DrillRow:
        notices = [one for one in self._notices.values() if (one.alert, one.level) == spot]
        receipts = [one for notice in notices for one in self._receipts.get(notice.key, ())]
        delivered = (one.at for one in receipts if one.outcome == "delivered")
        return replace(
            row,
            receivers=tuple(dict.fromkeys(one.receiver for one in notices)),
            sent_at=min((one.started_at for one in receipts), default=None),
            delivered_at=min(delivered, default=None),
        )
