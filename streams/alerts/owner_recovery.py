"""Restore the alerts from Kafka, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import structlog

from citybrain.alerts.records import AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.dead_letters import failed_record
from citybrain.floor.topics import ALERT_SNAPSHOTS, ALERTS, AUDIT, COMMANDS, EPISODES
from streams.alerts.alert_owner import AlertOwner
from streams.alerts.owner_agent import OwnedAlerts
from streams.owned.outcome import InputOutcome
from streams.owned.restoring import End, Read, Restoring
from streams.ruling.over_alerts.composers import Composers

log = structlog.get_logger(__name__)

ENTRIES_BACK = 2_000
"""Records of the audit log that are read back for the command that was decided last."""
_STEP = msgspec.json.Decoder(AlertChange | Silence)
_ENTRY = msgspec.json.Decoder(AuditEntry)
_CAUSE_PARTS = 3


class AlertOwnerRecovery:
    """Makes the alerts what the topics say they are."""

    def __init__(
        self, read: Read, end: End, new: Callable[[], tuple[AlertOwner, Composers]]
    ) -> None:
        """Restore what `new` makes, which knows nothing."""
        self._read, self._end, self._new = read, end, new
        self._restoring = Restoring(
            ALERT_SNAPSHOTS,
            ALERTS,
            read,
            end,
            new=lambda _partition: _RestoredAlerts(*new()),
            restore=_RestoredAlerts.hold,
            follow=_RestoredAlerts.follow,
            position=lambda one: one.written,
        )

    def load(self) -> OwnedAlerts:
        """Return the alerts as of the end of `city.alerts`; waits for Kafka as long as it takes."""
        found = self._restoring.load(0)
        owner, offsets = found.owner, found.offsets
        found.composer.restore([alert.episode for alert in owner.records.values()])
        self._commands(offsets)
        log.info("alerts_loaded", alerts=len(owner.records), open=len(owner.open()))
        # The last episode is read again: a crash may have left a part of it undone.
        episodes = max(offsets[EPISODES.name], 0)
        return OwnedAlerts(owner, found.composer, episodes, offsets[COMMANDS.name] + 1, found.begun)

    def _commands(self, offsets: dict[str, int]) -> None:
        """Find out which command was decided last: its entry is what is written last of it."""
        end = self._end(AUDIT, 0)
        for _, value in self._read(AUDIT, 0, max(end - ENTRIES_BACK, 0), end - 1):
            try:
                _noted(offsets, _ENTRY.decode(value).details.get("cause", ""))
            except msgspec.MsgspecError:
                continue


class _RestoredAlerts:
    """Alerts while they read on, and the last inputs that are done."""

    def __init__(self, owner: AlertOwner, composer: Composers) -> None:
        self.owner, self.composer = owner, composer
        self.offsets = {EPISODES.name: -1, COMMANDS.name: -1}
        self.written = -1
        self.begun = InputOutcome()

    def hold(self, written: int, state: bytes) -> None:
        """Take a snapshot over."""
        kept = msgspec.msgpack.decode(state, type=AlertsSnapshot)
        self.begun.join(self.owner.hold(kept.alerts))
        self.owner.hold_silences(kept.silences)
        self.owner.held.outside.restore(kept.leases)
        self.offsets |= {EPISODES.name: kept.episodes - 1, COMMANDS.name: kept.commands - 1}
        self.written = written

    def follow(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Take steps in."""
        for offset, value in records:
            self.written = offset
            try:
                record = _STEP.decode(value)
            except Exception as error:
                log.error("step_unreadable", offset=offset, problem=str(error))
                self.begun.failures.append(failed_record(ALERTS, 0, offset, value, error))
                continue
            if isinstance(record, Silence):
                self.owner.restore_silence(record)
                continue
            self.begun.join(self.owner.restore([record]))
            if record.cause.startswith(EPISODES.name):
                _noted(self.offsets, record.cause)


def _noted(offsets: dict[str, int], cause: str) -> None:
    """Take note of an input that is done: ``topic/partition/offset``."""
    parts = cause.split("/")
    if len(parts) == _CAUSE_PARTS and parts[0] in offsets:
        offsets[parts[0]] = max(offsets[parts[0]], int(parts[2]))
