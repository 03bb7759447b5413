"""Restore the alerts from Kafka, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import structlog

from citybrain.alerts.records import AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.floor.dead_letters import failed_record
from citybrain.floor.topics import ALERT_SNAPSHOTS, ALERTS, COMMANDS, EPISODES
from streams.alerts.alert_owner import AlertOwner
from streams.alerts.owner_agent import OwnedAlerts
from streams.owned.done_inputs import DoneInputs
from streams.owned.outcome import InputOutcome
from streams.owned.restoring import End, Read, Restoring
from streams.ruling.over_alerts.composers import Composers

log = structlog.get_logger(__name__)

_STEP = msgspec.json.Decoder(AlertChange | Silence)


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
        owner, done = found.owner, found.done
        found.composer.restore([alert.episode for alert in owner.records.values()])
        done.look_at_audit(self._read, self._end, owner.noun)
        log.info("alerts_loaded", alerts=len(owner.records), open=len(owner.open()))
        # The last episode is read again: a crash may have left a part of it undone.
        episodes = max(done.offsets[EPISODES.name], 0)
        commands = done.offsets[COMMANDS.name] + 1
        return OwnedAlerts(owner, found.composer, episodes, commands, found.begun)


class _RestoredAlerts:
    """Alerts while they read on, and the last inputs that are done."""

    def __init__(self, owner: AlertOwner, composer: Composers) -> None:
        self.owner, self.composer = owner, composer
        self.done = DoneInputs(EPISODES.name, COMMANDS.name)
        self.written = -1
        self.begun = InputOutcome()

    def hold(self, written: int, state: bytes) -> None:
        """Take a snapshot over."""
        kept = msgspec.msgpack.decode(state, type=AlertsSnapshot)
        self.begun.join(self.owner.hold(kept.alerts))
        self.owner.hold_silences(kept.silences)
        self.owner.held.outside.restore(kept.leases)
        self.done.offsets |= {EPISODES.name: kept.episodes - 1, COMMANDS.name: kept.commands - 1}
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
                self.done.note(record.cause)
