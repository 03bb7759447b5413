"""Reasons to keep an alert quiet, each a `Muter`: silences, inhibition, hours, exercise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import Labels, match
from citybrain.alerts.records import Alert, Mute
from citybrain.alerts.silence_records import Silence
from citybrain.floor.levels import TITLES
from citybrain.floor.text import Text
from citybrain.notices.hours import Hours, recurs
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.routing import Route, Routing


class Muter(Protocol):
    """A reason to keep alerts quiet. Pure; called for each alert whenever something changed."""

    def mutes(self, alert: Alert, context: AlertContext) -> Mute | None:
        """Return why `alert` is kept quiet now; None where this is no reason to."""
        ...


class Silences:
    """Kept quiet by a person, for a time, with a reason; a red alert only by two people.

    Whatever the conditions of a silence say: until a second person approved it, it hides no red.
    """

    def __init__(self, zone: ZoneInfo, people: Mapping[str, Text] = MappingProxyType({})) -> None:
        """Take recurring hours in `zone`; `people` says what those who silence are called."""
        self._zone, self._people = zone, people

    def mutes(self, alert: Alert, context: AlertContext) -> Mute | None:
        """Return the first silence in force that matches."""
        own = labels(alert) if context.silences else {}
        for silence in context.silences:
            if alert.episode.level == "red" and not silence.approver:
                continue
            if in_force(silence, context.now, self._zone) and hides(silence, own):
                creator = Text(silence.creator, silence.creator)
                return _silenced(silence, self._people.get(silence.creator, creator), self._zone)
        return None


class Inhibitions:
    """Kept quiet by another alert that says it all."""

    def __init__(self, routing: Routing) -> None:
        """Inhibit by the rules of `routing`."""
        self._rules = routing.inhibitions

    def mutes(self, alert: Alert, context: AlertContext) -> Mute | None:
        """Return the first inhibition that has a source."""
        found = next(context.sources.sources(alert, labels(alert), self._rules), None)
        if found is None:
            return None
        rule, source = found
        title, level = source.episode.title, TITLES[source.episode.level]
        reason = Text(
            f"{rule.title.zh}：{level.zh}预警「{title.zh}」未解除",
            f"{rule.title.en}: the {level.en.lower()} alert “{title.en}” is open",
        )
        return Mute(kind="inhibition", by=source.id, reason=reason)


class RouteHours:
    """Kept quiet by the hours of a route."""

    def __init__(self, routing: Routing, route: Route) -> None:
        """Look at the hours of `route`."""
        self._routing, self._route = routing, route

    def mutes(self, _alert: Alert, context: AlertContext) -> Mute | None:
        """Return which hours keep the route from telling now."""
        held = next((name for name in self._route.mute if self._hold(name, context.now)), None)
        if held:
            zh, en = self._title(held)
            reason = Text(f"路由 {self._route.path} 在「{zh}」不通知", f"silent during {en}")
            return Mute(kind="hours", by=held, reason=reason)
        if self._route.active and not any(self._hold(n, context.now) for n in self._route.active):
            zh, en = self._title(self._route.active[0])
            reason = Text(f"路由 {self._route.path} 仅在「{zh}」通知", f"tells only during {en}")
            return Mute(kind="hours", by=self._route.active[0], reason=reason)
        return None

    def _hold(self, name: str, now: datetime) -> bool:
        hours: Hours = self._routing.hours[name]
        return hours.hold(now, self._routing.zone, self._routing.calendar)

    def _title(self, name: str) -> tuple[str, str]:
        title = self._routing.hours[name].title
        return (title.zh, title.en) if title else (name, name)


def in_force(silence: Silence, now: datetime, zone: ZoneInfo) -> bool:
    """Whether `silence` is in force at `now` (aware): begun, not ended, approved, in its hours."""
    end = min(silence.ends_at, silence.expired_at or silence.ends_at)
    if not silence.starts_at <= now < end or (silence.needs_approval and not silence.approver):
        return False
    return silence.recurrence is None or recurs(silence.recurrence, now, zone)


def hides(silence: Silence, own: Labels) -> bool:
    """Whether an alert with labels `own` matches `silence`, whatever the time.

    A silence without matchers hides nothing.
    """
    return bool(silence.matchers) and match(silence.matchers, own)


def _silenced(silence: Silence, creator: Text, zone: ZoneInfo) -> Mute:
    until = silence.ends_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    reason = Text(
        f"{creator.zh} 静默至 {until}：{silence.reason}",
        f"silenced by {creator.en} until {until}: {silence.reason}",
    )
    return Mute(kind="silence", by=silence.id, reason=reason)
