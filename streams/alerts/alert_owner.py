"""The owner of all alerts: episodes and commands in, steps, notices and audit entries out.

It is event-sourced: what it knows is the fold of `city.alerts`. It has no clock and no Kafka; what
comes a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from citybrain.alerts import lifecycle, silences
from citybrain.alerts.bounds import bounded
from citybrain.alerts.labels import labels
from citybrain.alerts.merging import merge_refusal
from citybrain.alerts.named_subjects import named
from citybrain.alerts.records import Alert, AlertChange, Episode, OpenAlertsOfShard
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.staleness import late
from citybrain.alerts.workflow import ALERTS as WORKFLOW
from citybrain.alerts.workflow import workflow_of
from citybrain.floor.reason import Reason
from citybrain.floor.topics import ALERTS, COMMANDS, NOTIFICATIONS
from citybrain.notices.assigned_notices import assigned_notices
from citybrain.notices.mutes import hides
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.records import Notice
from citybrain.workflow.commands import Command
from citybrain.workflow.refusals import no_action
from streams.alerts.alert_cases import AlertCases
from streams.alerts.held_alerts import HeldAlerts
from streams.alerts.held_silences import HeldSilences
from streams.owned.outcome import InputOutcome, written
from streams.owned.records_owner import RecordsOwner

LEASE = "lease"
"""The cause of the end of an alert that nobody told of again in time."""
HANDED_OVER = timedelta(minutes=10)
"""A list for who came on duty so long before the owner began is sent; its key keeps it single."""


class AlertOwner(RecordsOwner[Alert, AlertChange]):
    """All open alerts, those closed of late, and the silences."""

    held: HeldAlerts

    def __init__(self, pipeline: NoticePipeline, cases: AlertCases | None = None) -> None:
        """Start with nothing known; some alerts become `cases`, none where there are none."""
        super().__init__(WORKFLOW.noun, ALERTS, HeldAlerts(self._next_due))
        self.workflow = workflow_of(pipeline.routing.handling)
        self.pipeline, self._cases = pipeline, cases
        self.handlers |= {
            "silence": self._on_silence,
            "approve_silence": self._on_silence,
            "expire_silence": self._on_silence,
            "merge": self._merge,
        }
        self._silences = HeldSilences(self.undo)
        self._told_until: datetime | None = None

    def restore_silence(self, silence: Silence) -> None:
        """Take over a silence that was written before; known versions change nothing."""
        self.written(silence.command)
        self._silences.keep(silence)

    def hold_silences(self, found: Iterable[Silence]) -> None:
        """Take over silences as they were at an instant (a snapshot)."""
        for silence in found:
            self._silences.keep(silence)

    def catch_up(self, now: datetime) -> InputOutcome:
        """Tell what was not told yet of any open alert, as after a crash."""
        outcome = InputOutcome()
        for alert in [one for one in self.held.open.values() if lifecycle.news(one)]:
            self.guard(alert, outcome, partial(self._look_again, alert, now))
        return outcome

    def take_episode(
        self, told: Episode | OpenAlertsOfShard, cause: str, now: datetime
    ) -> InputOutcome:
        """Take what the engine told in; what is too long in it is cut.

        Raises:
            RecordRefused: one of its instants or its position cannot be.
        """
        outcome = InputOutcome()
        if isinstance(told, OpenAlertsOfShard):
            self._stand(told, cause, now, outcome)
            return outcome
        meant = self._meant(told, now)
        return outcome if meant is None else self._take(meant, cause, now, outcome)

    def _meant(self, told: Episode, now: datetime) -> Episode | None:
        """Return an episode cut to size, of the alert that it means; None: nothing is new in it."""
        told = bounded(named(told, self.pipeline.routing.names.subjects), now)
        if not told.identity:
            return told
        outside = self.held.outside
        known = outside.known(told.identity)
        before = outside.lease(known) if known else None
        meant = outside.same(told)
        after = outside.lease(known) if known else None
        if known and after is not None and (before is None or after < before):
            self.held.schedule(known)  # it is due earlier than was thought
        return meant

    def _take(
        self, told: Episode, cause: str, now: datetime, outcome: InputOutcome
    ) -> InputOutcome:
        outcome.taken.append(told)
        alert = self.records.get(told.alert)
        if alert is None and (born := lifecycle.told(None, told, now, cause)):
            change = self._placed(born[0], told, now, cause, outcome)
            if told.state == "ended":  # it came and went unseen: only its history is kept
                self.apply(change, outcome)
            else:
                self.changed(change, now, outcome)
            alert = self.records[told.alert]
        self._tell_case(alert, told, now, outcome)
        for change in lifecycle.told(alert, told, now, cause) if alert else []:
            self.changed(change, now, outcome)
        return outcome

    def _tell_case(
        self, alert: Alert | None, told: Episode, now: datetime, outcome: InputOutcome
    ) -> None:
        """Tell the case of an alert where its signal is gone, or there again."""
        if alert is None or not alert.case or self._cases is None:
            return
        news = told.told_at >= alert.episode.told_at
        if news and (told.state == "firing") != (alert.episode.state == "firing"):
            command = self._cases.signalled(alert, told, now)
            outcome.add(COMMANDS, command.target, command)

    def act(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        """Do what is one alert's own action, or return why it is refused."""
        action = self.workflow.actions.get(command.action)
        if action is None or not action.alone:
            return no_action(command.action)
        alert = self.records.get(command.target)
        refused = self.workflow.refusal(alert, command)
        if refused is None and alert is not None:
            self.changed(self.workflow.commanded(alert, command, cause), now, outcome)
        return refused

    def done_again(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> None:
        """Complete a merge: perhaps only some of the alerts were written."""
        if command.action == "merge":
            self._merge(command, cause, now, outcome)

    def tick(self, now: datetime) -> InputOutcome:
        """Do what time brings: acknowledgements that expire, escalations, reasons that change."""
        self.held.outside.begin(now)
        outcome = self.on_time(now)
        for alert in self.held.in_turn():
            self.guard(alert, outcome, partial(self._look_again, alert, now))
        since, self._told_until = self._told_until or now - HANDED_OVER, now
        self._remind(since, now, outcome)
        self._hand_over(since, now, outcome)
        self.held.forget(now)
        self._silences.forget(now)
        return outcome

    @property
    def silences(self) -> Mapping[str, Silence]:
        """The silences by id, also those that were over of late."""
        return self._silences.known

    def open(self) -> Mapping[str, Alert]:
        """Return the open alerts by id."""
        return self.held.open

    def reroute(self, pipeline: NoticePipeline, cases: AlertCases | None = None) -> InputOutcome:
        """Decide by these from now on; the outcome tells of alerts that cannot be."""
        self.pipeline, self._cases = pipeline, cases
        self.workflow = workflow_of(pipeline.routing.handling)
        outcome = InputOutcome()
        for alert in self.held.open.values():
            self.guard(alert, outcome, partial(self._schedule, alert))
        return outcome

    def _schedule(self, alert: Alert, _outcome: InputOutcome) -> None:
        self.held.schedule(alert)

    def _placed(
        self, born: AlertChange, told: Episode, now: datetime, cause: str, outcome: InputOutcome
    ) -> AlertChange:
        """Give a new alert its incident, and what it inherits of the one that it goes on as."""
        first = born.after
        old = self.records.get(told.supersedes) if told.supersedes else None
        fields: dict[str, Any] = {"incident": self.held.incidents.of(first)}
        details = {}
        if old is not None and old.state != "revised":
            fields |= lifecycle.taken_over(old, first)
            details = {"supersedes": old.id}
            self.apply(lifecycle.superseded(old, first.id, now, cause), outcome)
        begun = lifecycle.opened(told, now, "")
        return WORKFLOW.step(
            begun, born.what, now, by="engine", cause=cause, details=details, **fields
        )

    def changed(self, change: AlertChange, now: datetime, outcome: InputOutcome) -> None:
        """Apply a change of the data or of a person, and tell whom it concerns."""
        before = self.records.get(change.id)
        _ask(outcome, assigned_notices(self.pipeline, change, before, now))
        self.apply(change, outcome)
        if change.after.state == "firing":
            alert = self._with_case(change.after, now, outcome)
            self._look_again(alert, now, outcome)
        elif change.what == change.after.state:
            _ask(outcome, self.pipeline.notices(change.after, change.what, self._context(now)))

    def _with_case(self, alert: Alert, now: datetime, outcome: InputOutcome) -> Alert:
        """Have a firing alert become a case if it is one of those; return it as it is then."""
        command = None if alert.case or self._cases is None else self._cases.command(alert, now)
        if command is None:
            return alert
        outcome.add(COMMANDS, command.target, command)
        details = {"case": command.target}
        step = lifecycle.automatic_step(alert, "case_opened", now, details, case=command.target)
        self.apply(step, outcome)
        return step.after

    def _tell(self, alert: Alert, purpose: str, now: datetime, outcome: InputOutcome) -> None:
        """Ask for notices about the news of `alert`, and let it say whom it was told."""
        notices = self.pipeline.notices(alert, purpose, self._context(now))
        if not notices:
            return
        _ask(outcome, notices)
        details = {"receivers": _receivers(notices), "purpose": purpose}
        fields = {"notified_at": now, "notified_level": alert.episode.level}
        self.apply(lifecycle.automatic_step(alert, "notified", now, details, **fields), outcome)

    def _muted(self, alert: Alert, now: datetime, outcome: InputOutcome) -> Alert:
        """Bring an alert's reasons to be quiet up to date; return it as it is then."""
        mutes = (*self.pipeline.mutes(alert, self._context(now)), *late(alert))
        if mutes == alert.mutes:
            return alert
        what = "muted" if mutes else "unmuted"
        said = mutes or alert.mutes
        details = {"kind": said[0].kind, "by": said[0].by, "reason": said[0].reason.en}
        change = lifecycle.automatic_step(alert, what, now, details, mutes=mutes)
        self.apply(change, outcome)
        return change.after

    def _hand_over(self, since: datetime, now: datetime, outcome: InputOutcome) -> None:
        def hand_over() -> InputOutcome:
            own = InputOutcome()
            _ask(own, self.pipeline.handovers(self._context(now), since))
            return own

        outcome.join(self.attempt("handover", b"", hand_over))

    def _look_again(self, alert: Alert, now: datetime, outcome: InputOutcome) -> None:
        """Bring up to date why an alert is quiet; where it is not, tell what was not told yet.

        That is so when it just fired, when it is quiet no longer, and when a worker died before it
        could write that somebody was told (the notice's key is then the same).
        """
        alert = self._muted(alert, now, outcome)
        if not alert.mutes and (purpose := lifecycle.news(alert)):
            self._tell(alert, purpose, now, outcome)

    def on_due(self, alert: Alert, now: datetime, outcome: InputOutcome) -> None:
        """Let what has run out go back, look again why it is quiet, escalate."""
        if (ended := self.held.outside.over(alert, now)) is not None:
            self._take(ended, LEASE, now, outcome)
            return
        until = alert.acknowledged_until
        if alert.state == "acknowledged" and until is not None and until <= now:
            self.changed(lifecycle.expired(alert, now), now, outcome)
            return
        if alert.assignment is not None and alert.assignment.until <= now:
            self.changed(lifecycle.overdue(alert, now), now, outcome)
            return
        alert = self._muted(alert, now, outcome)
        taken = self.pipeline.taken(alert, now)
        if taken == alert.escalation:
            self.held.schedule(alert)
            return
        notices = [] if alert.mutes else self.pipeline.due(alert, self._context(now))
        _ask(outcome, notices)
        details = {"receivers": _receivers(notices), "step": str(taken)}
        self.apply(
            lifecycle.automatic_step(alert, "escalated", now, details, escalation=taken), outcome
        )

    def _stand(
        self, standing: OpenAlertsOfShard, cause: str, now: datetime, outcome: InputOutcome
    ) -> None:
        """Revise what a shard no longer holds open and could not say so."""
        for alert in self.held.missing(standing.shard, standing.open):
            if alert.episode.told_at <= standing.told_at:
                undone = lifecycle.undone(alert, now, cause)
                self.guard(alert, outcome, partial(self.changed, undone, now))

    def _merge(
        self, command: Command, cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        """Put all open alerts of one incident, or of an alert's, into another one."""
        one = self.records.get(command.target)
        members = self.held.of_incident(one.incident if one else command.target)
        into = self.held.of_incident(command.details.get("into", ""))
        refused = merge_refusal(members, into, command)
        for alert in members if refused is None else []:
            self.changed(WORKFLOW.commanded(alert, command, cause), now, outcome)
        return refused

    def _on_silence(
        self, command: Command, _cause: str, now: datetime, outcome: InputOutcome
    ) -> Reason | None:
        found = self._silences.commanded(command)
        if isinstance(found, Reason):
            return found
        self._silenced(found, outcome)
        self._feel(found, now, outcome)
        return None

    def _silenced(self, silence: Silence, outcome: InputOutcome) -> None:
        outcome.add(ALERTS, silence.id, silence)
        self._silences.keep(silence)

    def _feel(self, silence: Silence, now: datetime, outcome: InputOutcome) -> None:
        for alert in list(self.held.open.values()):
            known = any(mute.by == silence.id for mute in alert.mutes)
            if known or hides(silence, labels(alert)):
                self.guard(alert, outcome, partial(self._look_again, alert, now))

    def _remind(self, since: datetime, now: datetime, outcome: InputOutcome) -> None:
        """Do what comes of the silences by the time that has passed since `since`."""
        for silence in self._silences.turning(since, now):
            self._feel(silence, now, outcome)
        for silence in self._silences.to_remind(now):
            done = silences.reminded(silence, now)
            remind = partial(self._reminded, silence, done, now)
            found = self.attempt(f"silence {silence.id}", written(silence), remind)
            outcome.join(found)
            if found.failures:
                self._silences.keep(done)  # it is not reminded of; it is not tried each second

    def _reminded(self, silence: Silence, done: Silence, now: datetime) -> InputOutcome:
        outcome = InputOutcome()
        _ask(outcome, self.pipeline.reminder(silence, self._context(now)))
        self._silenced(done, outcome)
        return outcome

    def _context(self, now: datetime) -> AlertContext:
        return AlertContext(now, tuple(self.silences.values()), self.held.open)

    def _next_due(self, alert: Alert) -> datetime | None:
        until = alert.acknowledged_until if alert.state == "acknowledged" else None
        answer = alert.assignment.until if alert.assignment else None
        due = (self.pipeline.next_due(alert), until, answer, self.held.outside.lease(alert))
        return min((at for at in due if at), default=None)


def _ask(outcome: InputOutcome, notices: Iterable[Notice]) -> None:
    for notice in notices:
        outcome.add(NOTIFICATIONS, notice.key, notice)


def _receivers(notices: Iterable[Notice]) -> str:
    return ",".join(notice.receiver for notice in notices)
