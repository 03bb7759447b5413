"""The owner of all alerts: episodes and commands in, changes, notices and audit entries out.

It is event-sourced: what it knows is the fold of `city.alerts`. It has no clock and no Kafka; what
comes a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from citybrain.alerts import actions, lifecycle, refusals, silences
from citybrain.alerts.labels import labels
from citybrain.alerts.records import (
    Alert,
    AlertChange,
    Command,
    Episode,
    Notice,
    OpenAlertsOfShard,
    Silence,
)
from citybrain.alerts.staleness import late
from citybrain.notices.alert_context import AlertContext
from citybrain.notices.mutes import hides
from citybrain.notices.pipeline import NoticePipeline
from streams.alerts.held_alerts import HeldAlerts
from streams.alerts.held_silences import HeldSilences
from streams.alerts.outcome import Outcome, entry

MOST_DONE = 100_000
"""Commands that are remembered as done: who sends one a second time does so within seconds."""
HANDED_OVER = timedelta(minutes=10)
"""A list for who came on duty so long before the desk began is sent; its key keeps it single."""


class AlertOwner:
    """All open alerts, those closed of late, and the silences."""

    def __init__(self, pipeline: NoticePipeline) -> None:
        """Start with nothing known."""
        self.pipeline = pipeline
        self._silences = HeldSilences()
        self._alerts = HeldAlerts(self._next_due)
        self._done: dict[str, None] = {}
        self._unaudited: set[str] = set()
        self._told_until: datetime | None = None

    def restore(self, changes: Iterable[AlertChange], found: Iterable[Silence]) -> None:
        """Take over what was written before, in its order; known versions change nothing."""
        for change in changes:
            known = self.alerts.get(change.alert)
            if known is None or change.version > known.version:
                self._alerts.keep(change.after)
            self._unaudited.add(change.details.get("command", ""))
        for silence in found:
            self._unaudited.add(silence.command)
            self._silences.keep(silence)

    def hold(self, alerts: Iterable[Alert], found: Iterable[Silence]) -> None:
        """Take over alerts and silences as they were at an instant (a snapshot)."""
        for alert in alerts:
            self._alerts.keep(alert)
        for silence in found:
            self._silences.keep(silence)

    def catch_up(self, now: datetime) -> Outcome:
        """Tell what was not told yet of any open alert, as after a crash."""
        outcome = Outcome()
        for alert in [one for one in self._alerts.open.values() if lifecycle.news(one)]:
            self._look_again(alert, now, outcome)
        return outcome

    def take_episode(self, told: Episode | OpenAlertsOfShard, cause: str, now: datetime) -> Outcome:
        """Take what the engine told in."""
        outcome = Outcome()
        if isinstance(told, OpenAlertsOfShard):
            self._stand(told, cause, now, outcome)
            return outcome
        alert = self.alerts.get(told.alert)
        if alert is None and (born := lifecycle.told(None, told, now, cause)):
            change = self._placed(born[0], told, now, cause, outcome)
            if told.state == "ended":  # it came and went unseen: only its history is kept
                self._apply(change, outcome)
            else:
                self._changed(change, now, outcome)
            alert = self.alerts[told.alert]
        for change in lifecycle.told(alert, told, now, cause) if alert else []:
            self._changed(change, now, outcome)
        return outcome

    def take_command(self, command: Command, cause: str, now: datetime) -> Outcome:
        """Do what `command` wants, or refuse it; the same command is done once.

        One that was done before a restart may not be in the audit log yet: it gets its entry.
        """
        outcome = Outcome()
        if command.id in self._done:
            return outcome
        self._done[command.id] = None
        if len(self._done) > MOST_DONE:
            del self._done[next(iter(self._done))]
        refused = self._carry_out(command, cause, now, outcome)
        outcome.audit.append(entry(command, refused, cause, now))
        return outcome

    def _carry_out(self, command: Command, cause: str, now: datetime, outcome: Outcome) -> str:
        """Do what `command` wants; return why it is refused."""
        if command.id in self._unaudited:
            self._unaudited.discard(command.id)
            if command.action == "merge":  # perhaps only some of the alerts were written
                self._merge(command, cause, now, outcome)
            return ""
        handle = {
            "silence": self._on_silence,
            "approve_silence": self._on_silence,
            "expire_silence": self._on_silence,
            "merge": self._merge,
        }.get(command.action, self._on_alert)
        return handle(command, cause, now, outcome)

    def tick(self, now: datetime) -> Outcome:
        """Do what time brings: acknowledgements that expire, escalations, reasons that change."""
        outcome = self.on_time(now)
        for alert in self._alerts.in_turn():
            self._look_again(alert, now, outcome)
        since = self._told_until or now - HANDED_OVER
        self._remind(since, now, outcome)
        outcome.notices += self.pipeline.handovers(self._world(now), since)
        self._told_until = now
        self._alerts.forget(now)
        self._silences.forget(now)
        return outcome

    def waits(self, now: datetime) -> bool:
        """Return whether `on_time` has more to do at `now`."""
        return self._alerts.waits(now)

    def on_time(self, now: datetime) -> Outcome:
        """Do what is due for some of the alerts; while it `waits`, there are more of them."""
        outcome = Outcome()
        for alert in self._alerts.ripe(now):
            self._on_time(alert, now, outcome)
        return outcome

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """The alerts by id, also those that were closed of late."""
        return self._alerts.known

    @property
    def silences(self) -> Mapping[str, Silence]:
        """The silences by id, also those that were over of late."""
        return self._silences.known

    def open(self) -> Mapping[str, Alert]:
        """Return the open alerts by id."""
        return self._alerts.open

    def reroute(self, pipeline: NoticePipeline) -> None:
        """Decide by `pipeline` from now on."""
        self.pipeline = pipeline
        for alert in self._alerts.open.values():
            self._alerts.schedule(alert)

    def _placed(
        self, born: AlertChange, told: Episode, now: datetime, cause: str, outcome: Outcome
    ) -> AlertChange:
        """Give a new alert its incident, and what it inherits of the one that it goes on as."""
        first = born.after
        old = self.alerts.get(told.supersedes) if told.supersedes else None
        fields: dict[str, Any] = {"incident": self._alerts.incidents.of(first)}
        details = {}
        if old is not None and old.state != "revised":
            fields |= lifecycle.taken_over(old, first)
            details = {"supersedes": old.id}
            self._apply(lifecycle.superseded(old, first.id, now, cause), outcome)
        begun = lifecycle.opened(told, now, "")
        return lifecycle.step(begun, born.what, now, "engine", cause, details=details, **fields)

    def _changed(self, change: AlertChange, now: datetime, outcome: Outcome) -> None:
        """Apply a change of the data or of a person, and tell whom it concerns."""
        self._apply(change, outcome)
        if change.after.state == "firing":
            self._look_again(change.after, now, outcome)
        elif change.what == change.after.state:
            outcome.notices += self.pipeline.notices(change.after, change.what, self._world(now))

    def _tell(self, alert: Alert, purpose: str, now: datetime, outcome: Outcome) -> None:
        """Ask for notices about the news of `alert`, and let it say whom it was told."""
        notices = self.pipeline.notices(alert, purpose, self._world(now))
        if not notices:
            return
        outcome.notices += notices
        details = {"receivers": _receivers(notices), "purpose": purpose}
        fields = {"notified_at": now, "notified_level": alert.episode.level}
        self._apply(lifecycle.by_desk(alert, "notified", now, details, **fields), outcome)

    def _muted(self, alert: Alert, now: datetime, outcome: Outcome) -> Alert:
        """Bring an alert's reasons to be quiet up to date; return it as it is then."""
        mutes = (*self.pipeline.mutes(alert, self._world(now)), *late(alert))
        if mutes == alert.mutes:
            return alert
        what = "muted" if mutes else "unmuted"
        said = mutes or alert.mutes
        details = {"kind": said[0].kind, "by": said[0].by, "reason": said[0].reason.en}
        change = lifecycle.by_desk(alert, what, now, details, mutes=mutes)
        self._apply(change, outcome)
        return change.after

    def _look_again(self, alert: Alert, now: datetime, outcome: Outcome) -> None:
        """Bring up to date why an alert is quiet; where it is not, tell what was not told yet.

        That is so when it just fired, when it is quiet no longer, and when a worker died before it
        could write that somebody was told (the notice's key is then the same).
        """
        alert = self._muted(alert, now, outcome)
        if not alert.mutes and (purpose := lifecycle.news(alert)):
            self._tell(alert, purpose, now, outcome)

    def _on_time(self, alert: Alert, now: datetime, outcome: Outcome) -> None:
        until = alert.acknowledged_until
        if alert.state == "acknowledged" and until is not None and until <= now:
            self._changed(lifecycle.expired(alert, now), now, outcome)
            return
        alert = self._muted(alert, now, outcome)
        taken = self.pipeline.taken(alert, now)
        if taken == alert.escalation:
            self._alerts.schedule(alert)
            return
        notices = [] if alert.mutes else self.pipeline.due(alert, self._world(now))
        outcome.notices += notices
        details = {"receivers": _receivers(notices), "step": str(taken)}
        self._apply(lifecycle.by_desk(alert, "escalated", now, details, escalation=taken), outcome)

    def _stand(
        self, standing: OpenAlertsOfShard, cause: str, now: datetime, outcome: Outcome
    ) -> None:
        """Revise what a shard no longer holds open and could not say so."""
        for alert in self._alerts.missing(standing.shard, standing.open):
            if alert.episode.told_at <= standing.told_at:
                self._changed(lifecycle.undone(alert, now, cause), now, outcome)

    def _on_alert(self, command: Command, cause: str, now: datetime, outcome: Outcome) -> str:
        alert = self.alerts.get(command.target)
        refused = (
            refusals.of_alert(alert, command)
            if command.action in refusals.ON_ALERTS
            else f"没有这个动作 {command.action} / there is no action {command.action!r}"
        )
        if refused or alert is None:
            return refused
        self._changed(actions.commanded(alert, command, cause), now, outcome)
        return ""

    def _merge(self, command: Command, cause: str, now: datetime, outcome: Outcome) -> str:
        """Put all open alerts of one incident into another one."""
        members = self._alerts.of_incident(command.target)
        into = self._alerts.of_incident(command.details.get("into", ""))
        refused = refusals.of_merge(members, into, command)
        for alert in members if not refused else []:
            self._changed(actions.commanded(alert, command, cause), now, outcome)
        return refused

    def _on_silence(self, command: Command, _cause: str, now: datetime, outcome: Outcome) -> str:
        silence, refused = self._silences.commanded(command)
        if silence is not None:
            self._silenced(silence, outcome)
            self._feel(silence, now, outcome)
        return refused

    def _silenced(self, silence: Silence, outcome: Outcome) -> None:
        self._silences.keep(silence)
        outcome.silences.append(silence)

    def _feel(self, silence: Silence, now: datetime, outcome: Outcome) -> None:
        for alert in list(self._alerts.open.values()):
            known = any(mute.by == silence.id for mute in alert.mutes)
            if known or hides(silence, labels(alert)):
                self._look_again(alert, now, outcome)

    def _remind(self, since: datetime, now: datetime, outcome: Outcome) -> None:
        """Do what comes of the silences by the time that has passed since `since`."""
        for silence in self._silences.turning(since, now):
            self._feel(silence, now, outcome)
        for silence in self._silences.to_remind(now):
            outcome.notices += self.pipeline.reminder(silence, self._world(now))
            self._silenced(silences.reminded(silence, now), outcome)

    def _apply(self, change: AlertChange, outcome: Outcome) -> None:
        outcome.changes.append(change)
        self._alerts.keep(change.after)

    def _world(self, now: datetime) -> AlertContext:
        return AlertContext(now, tuple(self.silences.values()), self._alerts.open)

    def _next_due(self, alert: Alert) -> datetime | None:
        until = alert.acknowledged_until if alert.state == "acknowledged" else None
        due = (self.pipeline.next_due(alert), until)
        return min((at for at in due if at), default=None)


def _receivers(notices: Iterable[Notice]) -> str:
    return ",".join(notice.receiver for notice in notices)
