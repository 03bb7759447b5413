"""The records of warning and alarm as they travel on the bus: JSON, one record a message.

    episode   city.episodes       what a rule found, told by the rule engine (and by Alertmanager
                                  clients); repeated whenever it changes
    change    city.alerts         one step in the life of an alert or a silence: the only truth

Alerts are folded from changes; nothing is ever edited. All instants are aware UTC datetimes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Literal

import msgspec

from citybrain.floor import origins
from citybrain.floor.clock import Instant
from citybrain.floor.origins import Origin
from citybrain.floor.text import NOTHING, Text
from citybrain.workflow.scope import Belonging
from citybrain.workflow.steps import Change, Record

Level = Literal["blue", "yellow", "orange", "red"]
_NAMESPACE = uuid.UUID("5f1a0f8e-6a55-5a0e-9d2b-1503004a1e27")


OUTSIDE, PLATFORM = "external_", "platform_"
"""How the ids of rules begin that have no entry: of alerts from outside, and the platform's own."""


def alert_id(rule: str, key: Mapping[str, str], episode: str) -> str:
    """Return the id of an alert (UUID text): the same for the same rule, key and episode.

    Args:
        rule: id of the rule.
        key: what the rule distinguishes by, name → value.
        episode: what names the episode, mostly the instant of its beginning as ISO text.
    """
    words = "\x1f".join([rule, *(f"{name}={key[name]}" for name in sorted(key)), episode])
    return str(uuid.uuid5(_NAMESPACE, words))


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
    points: tuple[tuple[Instant, float], ...] = ()
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
        last_read_at: event time of the last reading, where none came for too long since: it is
            unknown whether it still holds. None: it is known.
        title, summary: what it is, and the sentence about what was found.
        theme, kinds, feeds, departments, area, subject: what it is about ("" where unknown).
        lon, lat: WGS-84, where known.
        labels: the rule's own labels, for routing.
        evidence: the numbers.
        origin: exercise beats simulated beats replay beats live, over the events behind it.
        response: what to do, from the rule.
        shard: which part of the engine told it ("3": partition 3; "platform", "external").
        identity: what makes alerts from outside the same, whenever they began; "" for ours.
        holds_until: until when it holds if it is not told again; None: until somebody ends it.
        supersedes: id of an alert that this episode goes on under another beginning, "" mostly.
        subject_title, address: what `subject` is called, and where it stands, as the city's
            register of subjects has it.
    """

    alert: str
    rule: str
    version: str
    key: dict[str, str]
    state: Literal["pending", "firing", "ended", "revised"]
    level: Level
    peak: Level
    started_at: Instant
    told_at: Instant
    title: Text
    summary: Text
    theme: str
    evidence: Evidence
    fired_at: Instant | None = None
    ended_at: Instant | None = None
    last_read_at: Instant | None = None
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
    identity: str = ""
    holds_until: Instant | None = None
    subject_title: Text = NOTHING
    address: Text = NOTHING
    schema: int = 1

    @property
    def exercise(self) -> bool:
        """Whether it is of an exercise."""
        return self.origin == origins.EXERCISE

    @property
    def world(self) -> str:
        """What it may act within: its origin, and of an exercise the run that it is of."""
        return origins.world_of(self.origin, self.shard)


class OpenAlertsOfShard(msgspec.Struct, frozen=True, kw_only=True, tag="standing"):
    """All alerts that a shard of the engine holds open, told after it began anew.

    Whatever alert of that shard is open and not listed was undone by data while nobody could say
    so; it becomes revised.
    """

    shard: str
    open: tuple[str, ...]
    told_at: Instant
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


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """That an alert was given to its owner, who has yet to accept or decline it.

    Attributes:
        by: who gave it.
        at: when.
        until: when it goes back, unless it was answered.
    """

    by: str
    at: Instant
    until: Instant


class ClosingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody wants an alert closed, which a second person has yet to approve.

    Attributes:
        by: who wants it.
        at: when that was said.
        result: id of what came of it.
        comment: what was done, in words.
    """

    by: str
    at: Instant
    result: str
    comment: str


class Alert(Record, frozen=True, kw_only=True):
    """An alert as folded from its changes; its id is `alert_id`.

    Attributes:
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
        assignment: that it was given to `owner`, while that has no answer.
        closing: that somebody wants it closed, while no second person has answered.
        result: id of what came of it (`HandlingPolicy.results`), "" where nobody said.
        case: id of the case that it became; "": none.
    """

    state: Literal["pending", "firing", "acknowledged", "resolved", "ended", "revised"]
    episode: Episode
    opened_at: Instant
    incident: str = ""
    owner: str = ""
    comment: str = ""
    acknowledged_at: Instant | None = None
    acknowledged_until: Instant | None = None
    closed_at: Instant | None = None
    mutes: tuple[Mute, ...] = ()
    escalation: int = 0
    notified_at: Instant | None = None
    notified_level: str = ""
    assignment: Assignment | None = None
    closing: ClosingRequest | None = None
    result: str = ""
    case: str = ""

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns."""
        return Belonging(self.episode.departments, self.episode.area)

    @property
    def open(self) -> bool:
        """Whether somebody may still have to act."""
        return self.state in ("pending", "firing", "acknowledged")


class AlertChange(Change[Alert], frozen=True, kw_only=True, tag="change"):
    """One step of an alert's life on city.alerts, keyed by the alert; its id is called ``alert``.

    `what` is one of: pending, fired, raised, lowered, corrected (late data moved only its times or
    its peak), ended (auto-resolved), revised, acknowledged, acknowledgement_expired,
    unacknowledged, assigned, assignment_accepted, assignment_declined, assignment_overdue,
    commented, closing_asked, closing_declined, resolved, reopened, merged, split, muted, unmuted,
    notified, escalated, case_opened. `by` is an account name, or ``engine``, ``desk``.
    """

    id: str = msgspec.field(name="alert")
