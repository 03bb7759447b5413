"""Notices and what became of them, as they travel on city.notifications."""

from __future__ import annotations

import msgspec

from citybrain.alerts.records import Alert, Level
from citybrain.floor.clock import Instant
from citybrain.floor.origins import EXERCISE, LIVE, origin_of_world
from citybrain.floor.text import Text


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """Something to be sent to one receiver, once: the key says what "once" means.

    Attributes:
        key: idempotency key ``alert:level:receiver:step`` (step: first, repeat n, escalation n,
            ended, reminder …); carried to the receiver where its channel can carry it.
        alert: id of the alert ("" for reminders about silences).
        group: id of the group (route and incident) that it is told with.
        route: path of the route that it goes by; "" where it goes by none.
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
    at: Instant
    title: Text
    body: Text
    route: str = ""
    alert_after: Alert | None = None
    fallback_of: str = ""
    exercise: bool = False
    schema: int = 1

    @property
    def world(self) -> str:
        """What it is of; what is about no alert is as real as what is live."""
        known = LIVE if self.alert_after is None else self.alert_after.episode.world
        if self.exercise and origin_of_world(known) != EXERCISE:
            return EXERCISE
        return known


class DeliveryReceipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt"):
    """What became of one attempt at a notice.

    Attributes:
        key: the notice's.
        attempt: 1, 2 …
        outcome: delivered (the service said that it took it), handed_over (nobody can know whether
            it did), failed (will be tried again), given_up, limited (waits for its turn),
            unknown_receiver.
        at: instant at which the attempt ended.
        started_at: instant at which it began.
        alert: id of the notice's alert, "" for reminders; None: an earlier version wrote it.
        detail: what the channel said, without secrets.
    """

    key: str
    receiver: str
    attempt: int
    outcome: str
    at: Instant
    started_at: Instant
    alert: str | None = None
    detail: str = ""
    schema: int = 1
