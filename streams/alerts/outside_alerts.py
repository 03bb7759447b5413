"""Alerts that others tell us of (Alertmanager's API): which are the same, and until when they hold.

Outside, an alert is what its labels say; two senders of one alert, a restart, an end without a
beginning all speak of one. Here, each time that it held is an alert of its own. So whoever tells
of an alert that is known to go on means that one, and who tells of one that was over before the
new one began means a new one.

What is told holds for a time, and telling it again renews that (a lease). Renewals are no steps:
they would be many. They are kept in memory and in snapshots; after a start, what was told of before
holds for `GRACE` at least, unless it is told of again: nobody knows what was said meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from citybrain.alerts.records import Alert, Episode
from citybrain.floor.errors import RecordRefused

GRACE = timedelta(minutes=5)
MOST_OPEN = 5_000
"""Open alerts that one department may have told of; more are no help to anybody."""


class OutsideAlerts:
    """What is known of them.

    Attributes:
        leases: id of an alert that goes on → until when it holds, as its sender said last; None:
            until somebody ends it.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.leases: dict[str, datetime | None] = {}
        self._newest: dict[str, Alert] = {}
        self._open: defaultdict[str, set[str]] = defaultdict(set)
        self._from: datetime | None = None
        self._told: set[str] = set()

    def keep(self, alert: Alert) -> None:
        """Take note of an alert as it is now."""
        episode = alert.episode
        if not episode.identity:
            return
        known = self._newest.get(episode.identity)
        if known is None or known.id == alert.id or known.opened_at <= alert.opened_at:
            self._newest[episode.identity] = alert
        for department in episode.departments:
            members = self._open[department]
            (members.add if alert.open else members.discard)(alert.id)
        if episode.holds_until is not None and episode.state != "ended":
            self.leases.setdefault(alert.id, episode.holds_until)
        if episode.state == "ended":
            self.leases.pop(alert.id, None)

    def forget(self, alert: Alert) -> None:
        """Let go of an alert."""
        known = self._newest.get(alert.episode.identity)
        if known is not None and known.id == alert.id:
            del self._newest[alert.episode.identity]
        for department in alert.episode.departments:
            self._open[department].discard(alert.id)
        self.leases.pop(alert.id, None)
        self._told.discard(alert.id)

    def restore(self, leases: Mapping[str, datetime | None]) -> None:
        """Take over leases as they were at an instant (a snapshot)."""
        self.leases |= leases

    def begin(self, now: datetime) -> None:
        """Take note that from `now` on it is heard what holds."""
        self._from = now if self._from is None else self._from

    def known(self, identity: str) -> Alert | None:
        """Return the newest alert of an identity; None: there is none."""
        return self._newest.get(identity)

    def lease(self, alert: Alert) -> datetime | None:
        """Return until when an alert holds; None: until somebody says otherwise."""
        said = alert.episode.holds_until if alert.episode.state != "ended" else None
        until = self.leases.get(alert.id, said)
        if until is None or self._from is None or alert.id in self._told:
            return until
        return max(until, self._from + GRACE)

    def same(self, told: Episode) -> Episode | None:
        """Return `told` as being about the alert that it means; None: it says nothing new.

        Raises:
            RecordRefused: its department has told of too many already.
        """
        known = self._newest.get(told.identity)
        if known is None or _is_another(known.episode, told):
            self._check_room(told)
            self._told.add(told.alert)
            return told
        if told.state == "ended" and known.episode.state == "ended":
            return None
        if told.state != "ended":
            self.leases[known.id] = told.holds_until
            self._told.add(known.id)
        first = known.episode
        return replace(
            told,
            alert=known.id,
            started_at=first.started_at,
            fired_at=first.fired_at,
            told_at=max(told.told_at, first.told_at),
        )

    def over(self, alert: Alert, now: datetime) -> Episode | None:
        """Return how an alert ended that nobody told of again; None where it still holds."""
        until = self.lease(alert)
        if until is None or until > now or alert.episode.state == "ended":
            return None
        ended = max(self.leases.get(alert.id) or until, alert.episode.started_at)
        told_at = max(now, alert.episode.told_at)
        return replace(alert.episode, state="ended", ended_at=ended, told_at=told_at)

    def _check_room(self, told: Episode) -> None:
        for department in told.departments:
            if told.state != "ended" and len(self._open[department]) >= MOST_OPEN:
                raise RecordRefused(
                    f"{department} has {MOST_OPEN} open alerts from outside; end some of them, or "
                    "group them where they are made"
                )


def _is_another(known: Episode, told: Episode) -> bool:
    """Whether `told` begins after what is known was over."""
    return (
        known.state == "ended"
        and known.ended_at is not None
        and told.state != "ended"
        and told.started_at > known.ended_at
    )
