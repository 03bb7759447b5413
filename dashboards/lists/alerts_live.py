"""The open alerts, the silences and what became of commands, as the log tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
import structlog

from citybrain.alerts.records import Alert, AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.silences import REMEMBERED, state_of
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.floor.alarm_path import AlarmPath, read_sign
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import Clock, millis
from citybrain.workflow.scope import Sealed
from dashboards.lists.hearing import CommandOutcomes, Follower, Hear, Hearing, follow
from dashboards.lists.list_rows import row_of
from dashboards.lists.live_list import LiveList
from dashboards.lists.log_tail import Heard

log = structlog.get_logger(__name__)

_STEP = msgspec.json.Decoder(AlertChange | Silence)


class AlertsLive:
    """What desks and walls know of now.

    Attributes:
        alerts: the open ones.
        changes: rises with every change of an alert.
        listeners: called on the event loop after changes of alerts.
        outcomes: what became of commands, also of those on other records.
        version: tells one page from another.
        case_version: returns the version of the open case that an alert became; 0: none is open.
    """

    def __init__(
        self,
        steps: Follower,
        entries: Follower,
        clock: Clock,
        version: str,
        signs: Follower | None = None,
    ) -> None:
        """Know nothing yet; nothing runs before `run`.

        Args:
            steps: tells of city.alerts.
            entries: tells of city.audit.
            clock: the present.
            version: tells one page from another.
            signs: tells of city.heartbeats; None: nobody is missed.
        """
        self._followers: list[tuple[Follower, Hear]] = [
            (steps, self._hear_steps),
            (entries, self._hear_entries),
        ]
        self._alarm = AlarmPath(clock.now()) if signs else None
        if signs:
            self._followers.append((signs, self._hear_signs))
        self._clock, self.version = clock, version
        self._silences: dict[str, Silence] = {}
        self.outcomes, self._hearing = CommandOutcomes(), Hearing(clock, "alerts")
        self.changes = 0
        self.listeners: list[Callable[[], None]] = []
        self.alerts: LiveList[Alert] = LiveList(lambda one: one.open, self._row, self.head)
        self.case_version: Callable[[str], int] = lambda _alert: 0

    @property
    def silences(self) -> Sealed[Silence]:
        """The newest version of each silence, also of those that were over of late."""
        return Sealed(self._silences.values())

    @property
    def heard(self) -> bool:
        """Whether the list is whole and as of now."""
        return self._hearing.whole

    @property
    def down_since(self) -> datetime | None:
        """Since when nothing is heard; None: all is well."""
        return self._hearing.down_since

    def alarm(self, now: datetime) -> list[dict[str, Any]]:
        """Return who of those that make and send alarms stands at `now`, and since when.

        Also the sink, where rows do not get into the store.
        """
        found = self._alarm.standing(now) if self._alarm else []
        if self._alarm and (aside := self._alarm.aside()):
            found.append(aside)
        return [
            {"process": one.process, "since": millis(one.since) if one.since else None}
            for one in found
        ]

    def outcome(self, command: str) -> AuditEntry | None:
        """Return what became of a command; None where that is not known (any more)."""
        return self.outcomes.of(command)

    async def run(self) -> None:
        """Follow and tell until cancelled."""
        await follow(self._followers, self._beat)

    def _row(self, alert: Alert) -> dict[str, Any]:
        return row_of(alert) | {"case": self.case_version(alert.id)}

    def _beat(self) -> None:
        self._look()
        self.alerts.beat()

    def _look(self) -> None:
        self._hearing.look()

    def head(self) -> dict[str, Any]:
        """Return what every message begins with.

        Which page it belongs to, who made the silences that wait for approval, when it is, and
        whether anything is heard.
        """
        now = self._clock.now()
        waiting = (one for one in self._silences.values() if state_of(one, now) == "waits")
        return {
            "version": self.version,
            "waits": sorted(one.creator for one in waiting),
            "at": millis(now),
            "ready": self._hearing.ready,
            "outage": self._hearing.outage(now),
            "alarm": self.alarm(now),
        }

    def _hear_steps(self, heard: Heard) -> None:
        self._hearing.note(heard)
        if heard.snapshot is not None:
            self._begin(heard.snapshot)
        changes, silences = list[AlertChange](), list[Silence]()
        for value in heard.records:
            try:
                record = _STEP.decode(value)
            except msgspec.MsgspecError as error:
                log.error("step_unreadable", problem=str(error))
                continue
            if isinstance(record, Silence):
                silences.append(record)
            else:
                changes.append(record)
        self._keep(silences)
        if changed := self.alerts.take(change.after for change in changes):
            self._changed(len(changed))

    def _begin(self, state: bytes) -> None:
        try:
            kept = msgspec.msgpack.decode(state, type=AlertsSnapshot)
        except msgspec.MsgspecError as error:
            log.error("snapshot_unreadable", problem=str(error))
            return
        self._keep(kept.silences)
        self.alerts.begin(kept.alerts)
        self._changed(1)

    def _hear_entries(self, heard: Heard) -> None:
        self.outcomes.hear(heard)

    def _hear_signs(self, heard: Heard) -> None:
        for sign in filter(None, map(read_sign, heard.records)):
            if self._alarm:
                self._alarm.hear(sign)

    def _changed(self, count: int) -> None:
        self.changes += count
        for listener in self.listeners:
            listener()

    def _keep(self, silences: Iterable[Silence]) -> None:
        oldest = self._clock.now() - REMEMBERED
        for silence in silences:
            known = self._silences.get(silence.id)
            if known is None or silence.version > known.version:
                self._silences[silence.id] = silence
        for name in [one.id for one in self._silences.values() if one.ends_at < oldest]:
            del self._silences[name]
