"""The records of warning and alarm as they travel on the bus: JSON, one record a message.

    episode   city.episodes       what a rule found, told by the rule engine (and by Alertmanager
                                  clients); repeated whenever it changes
    command   city.commands       what a person wants done with an alert, a group or a silence
    change    city.alerts         one step in the life of an alert or a silence: the only truth
    notice    city.notifications  something to be sent, and what became of each attempt

Alerts are folded from changes; nothing is ever edited. All instants are aware UTC datetimes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

Level = Literal["blue", "yellow", "orange", "red"]
Origin = Literal["live", "replay", "simulated", "exercise"]
_NAMESPACE = uuid.UUID("5f1a0f8e-6a55-5a0e-9d2b-1503004a1e27")


OUTSIDE, PLATFORM = "external_", "platform_"
"""How the ids of rules begin that have no entry: of alerts from outside, and the platform's own."""
EXERCISE = "-exercise"
"""Mark of what is apart because it is an exercise: shards, and what names an episode."""


def alert_id(rule: str, key: Mapping[str, str], episode: str) -> str:
    """Return the id of an alert (UUID text): the same for the same rule, key and episode.

    Args:
        rule: id of the rule.
        key: what the rule distinguishes by, name → value.
        episode: what names the episode, mostly the instant of its beginning as ISO text.
    """
    words = "\x1f".join([rule, *(f"{name}={key[name]}" for name in sorted(key)), episode])
    return str(uuid.uuid5(_NAMESPACE, words))


class Text(msgspec.Struct, frozen=True):
    """A text in both languages of the screens."""

    zh: str
    en: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers and events that made a rule fire.

    Attributes:
        measure: what was measured, in words ("mean of pm25 over 10 min").
        value: its value when the level was reached.
        threshold: what it was compared with.
        unit: unit of both, "" for counts.
        above: whether the rule fires above the threshold (else below).
        clear: value at which it clears.
        words: the reason as a sentence, e.g. "3.1x the usual Monday 08:00".
        points: (instant, value) of the measure around the firing, oldest first, at most 120.
        events: ids (UUID text) of events behind it, at most 10.
    """

    measure: str
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    above: bool = True
    clear: float | None = None
    words: Text = Text("", "")
    points: tuple[tuple[datetime, float], ...] = ()
    events: tuple[str, ...] = ()


class Episode(msgspec.Struct, frozen=True, kw_only=True, tag="episode"):
    """One time that a rule's condition held for one key, as known now; later ones replace it.

    Attributes:
        alert: `alert_id` of it.
        rule: id of the rule.
        version: hash of the rule's text (12 hex digits).
        key: what the rule distinguishes by, name → value.
        state: ``pending`` (holds, but not for long enough yet), ``firing``, ``ended`` (cleared),
            ``revised`` (later data undid it: it never was).
        level: the level reached now.
        peak: the highest level reached.
        started_at: event time at which the condition began to hold.
        fired_at: event time at which it was held for long enough; None while pending.
        ended_at: event time at which it cleared.
        told_at: instant of this record.
        title, summary: what it is, and the sentence about this case.
        theme, kinds, feeds, departments, area, subject: what it is about ("" where unknown).
        lon, lat: WGS-84, where known.
        labels: the rule's own labels, for routing.
        evidence: the numbers.
        origin: exercise beats simulated beats replay beats live, over the events behind it.
        response: what to do, from the rule.
        shard: which part of the engine told it ("3": partition 3; "platform", "external").
        supersedes: id of an alert that this episode goes on under another beginning, "" mostly.
    """

    alert: str
    rule: str
    version: str
    key: dict[str, str]
    state: Literal["pending", "firing", "ended", "revised"]
    level: Level
    peak: Level
    started_at: datetime
    told_at: datetime
    title: Text
    summary: Text
    theme: str
    evidence: Evidence
    fired_at: datetime | None = None
    ended_at: datetime | None = None
    kinds: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    area: str = ""
    subject: str = ""
    lon: float | None = None
    lat: float | None = None
    labels: dict[str, str] = {}
    origin: Origin = "live"
    response: Text = Text("", "")
    shard: str = ""
    supersedes: str = ""
    schema: int = 1

    @property
    def exercise(self) -> bool:
        """Whether it is of an exercise."""
        return self.origin == "exercise"


class OpenAlertsOfShard(msgspec.Struct, frozen=True, kw_only=True, tag="standing"):
    """All alerts that a shard of the engine holds open, told after it began anew.

    Whatever alert of that shard is open and not listed was undone by data while nobody could say
    so; it becomes revised.
    """

    shard: str
    open: tuple[str, ...]
    told_at: datetime
    schema: int = 1


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who commands.

    Attributes:
        user: account name, ``system`` for the platform itself.
        role: viewer, officer, commander, rule_author or administrator.
        departments: ids it may act for; empty: all.
        areas: area codes it may act in (and below); empty: all.
    """

    user: str
    role: str
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done; it comes in by city.commands and is accepted or refused there.

    Attributes:
        id: UUID, made by who sends it; the same command twice is done once.
        action: acknowledge, unacknowledge, assign, comment, resolve, reopen (on an alert);
            merge, split (of incidents); silence, approve_silence, expire_silence (on silences).
        target: id of the alert, incident or silence; for ``silence`` the new silence's id.
        actor: who.
        at: instant of the click.
        expected: the record's version that the person saw; None: any (comments).
        details: what else the action takes: comment, assignee, expires_at (ISO), silence (JSON)…
    """

    id: str
    action: str
    target: str
    actor: Actor
    at: datetime
    expected: int | None = None
    details: dict[str, str] = {}
    schema: int = 1


class AlertChange(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """One step of an alert's life on city.alerts, keyed by the alert.

    Attributes:
        alert: id of the alert.
        version: of the alert after this step; counts up by one from 1.
        what: pending, fired, raised, lowered, corrected (late data moved only its times or its
            peak), ended (auto-resolved), revised, acknowledged, acknowledgement_expired,
            unacknowledged, assigned, commented, resolved, reopened, merged, split, muted, unmuted,
            notified, escalated.
        at: instant of the step.
        by: account name, or ``engine``, ``desk``.
        cause: id of the command, or ``topic/partition/offset`` of the record that made it.
        details: what the step says (comment, owner, reason of muting …).
        after: the whole alert after the step.
    """

    alert: str
    version: int
    what: str
    at: datetime
    by: str
    cause: str
    after: Alert
    details: dict[str, str] = {}
    schema: int = 1


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alert is kept quiet: by a silence, an inhibiting alert, or hours of the route.

    Attributes:
        kind: silence, inhibition, hours, grouping, exercise or rate.
        by: id of the silence or of the inhibiting alert, name of the hours …
        reason: a sentence.
    """

    kind: str
    by: str
    reason: Text


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as folded from its changes.

    Attributes:
        id: `alert_id`.
        version: how many changes it had.
        state: pending, firing, acknowledged, resolved (by a person), ended (auto-resolved by the
            data) or revised.
        episode: what the engine said last.
        incident: id of the incident that it belongs to (one place, one incident).
        owner: who acknowledged or was assigned; "" nobody.
        comment: the last comment.
        acknowledged_at, acknowledged_until: since when, and until when without progress.
        closed_at: when it left the open states.
        mutes: why it is quiet now; empty: it is not.
        escalation: steps of the route's escalation already taken.
        notified_at: instant of the first notice that was asked for.
        opened_at: instant of the first change.
        notified_level: level of the newest notice; "" none was asked for since it opened (anew).
        touched: version of the last step that changed what a person decides upon; not of what
            the desk does by itself.
        touched_by, touched_what: who made it, and what it was (`AlertChange.what`).
    """

    id: str
    version: int
    state: Literal["pending", "firing", "acknowledged", "resolved", "ended", "revised"]
    episode: Episode
    opened_at: datetime
    updated_at: datetime
    incident: str = ""
    owner: str = ""
    comment: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    closed_at: datetime | None = None
    mutes: tuple[Mute, ...] = ()
    escalation: int = 0
    notified_at: datetime | None = None
    notified_level: str = ""
    touched: int = 0
    touched_by: str = ""
    touched_what: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody may still have to act."""
        return self.state in ("pending", "firing", "acknowledged")


class Matcher(msgspec.Struct, frozen=True):
    """One condition on an alert's labels: ``name op value`` with op ``=``, ``!=``, ``=~``, ``!~``.

    Labels are rule, level, theme, kind, feed, department, area, district, street, subject, origin,
    the key's names and the rule's own labels; a label with several values (kinds) matches when any
    of them does. Regular expressions are anchored at both ends.
    """

    name: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """When a silence holds, in the city's time zone; outside of it the silence rests.

    Attributes:
        weekdays: 1 Monday … 7 Sunday; empty: every day.
        start, end: ``HH:MM``; an end before the start is on the next day.
    """

    weekdays: tuple[int, ...] = ()
    start: str = "00:00"
    end: str = "24:00"


class Silence(msgspec.Struct, frozen=True, kw_only=True, tag="silence"):
    """Keeps alerts that match quiet for a time; a red one may need a second approver.

    Attributes:
        id: UUID.
        matchers: all of them must match.
        starts_at, ends_at: from when to when.
        recurrence: hours within that time; None: all of them.
        creator, reason: who and why.
        approver: the second person, where it would hide a red alert; "" not approved yet.
        needs_approval: whether it takes no effect before it is approved.
        expired_at: instant at which somebody ended it early.
        would_hide: alerts of the last 30 days that it would have hidden; red ones of them.
        version: counts changes.
        command: id of the command that made this version; "" a reminder did.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    creator: str
    reason: str
    created_at: datetime
    recurrence: Recurrence | None = None
    approver: str = ""
    needs_approval: bool = False
    expired_at: datetime | None = None
    would_hide: int = 0
    would_hide_red: int = 0
    reminded_at: datetime | None = None
    version: int = 1
    command: str = ""
    schema: int = 1


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """Something to be sent to one receiver, once: the key says what "once" means.

    Attributes:
        key: idempotency key ``alert:level:receiver:step`` (step: first, repeat n, escalation n,
            ended, reminder …); carried to the receiver where its channel can carry it.
        alert: id of the alert ("" for reminders about silences).
        group: id of the group (route and incident) that it is told with.
        receiver: name of the receiver in routing.yaml.
        level: the alert's level.
        purpose: fired, raised, repeated, escalated, ended, revised, reminder.
        at: instant at which it was asked for.
        alert_after: the alert as it stood then.
        title, body: rendered in both languages.
        fallback_of: key of the notice whose receiver failed for good, "" mostly.
        exercise: whether it may only reach exercise receivers.
    """

    key: str
    alert: str
    group: str
    receiver: str
    level: Level
    purpose: str
    at: datetime
    title: Text
    body: Text
    alert_after: Alert | None = None
    fallback_of: str = ""
    exercise: bool = False
    schema: int = 1


class DeliveryReceipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt"):
    """What became of one attempt at a notice.

    Attributes:
        key: the notice's.
        attempt: 1, 2 …
        outcome: delivered, failed (will be tried again), given_up, limited (waits for its turn),
            unknown_receiver.
        at: instant at which the attempt ended.
        started_at: instant at which it began.
        detail: what the channel said, without secrets.
    """

    key: str
    receiver: str
    attempt: int
    outcome: str
    at: datetime
    started_at: datetime
    detail: str = ""
    schema: int = 1
