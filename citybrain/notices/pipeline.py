"""From an alert to notices: the stages in the order in which they are asked.

    silences → inhibition → hours of all routes → exercise      why nobody hears (`mutes`)
    routes → hours of the route → rota → exercise → notice      who hears (`notices`, `due`)

All is pure. The owner of the alerts calls `mutes` when an alert, a silence or an inhibiting alert
changed and at least once a minute (hours and recurring silences begin on a minute); `notices` for a
change; `due` when `next_due` has come, and then sets `Alert.escalation` to `taken`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import Labels, match
from citybrain.alerts.records import Alert, Mute
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.standing import tally
from citybrain.floor.origins import mark
from citybrain.floor.text import NOTHING, Text
from citybrain.notices import templates
from citybrain.notices.escalation import DueStep, begins_at, escalated, newest, passed, steps
from citybrain.notices.mutes import Inhibitions, Muter, RouteHours, Silences
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.records import Notice
from citybrain.notices.rota import who_is_on
from citybrain.notices.routing import POST, Route, RoutedReceiver, Routing

__all__ = ["AlertContext", "NoticePipeline"]

CLOSING = ("ended", "resolved", "revised")


class NoticePipeline:
    """Decides who hears of an alert, and why not.

    Attributes:
        routing: what it decides by.
    """

    def __init__(self, routing: Routing) -> None:
        """Decide by `routing`."""
        self.routing = routing
        self._muters: tuple[Muter, ...] = (
            Silences(routing.zone, routing.names.people),
            Inhibitions(routing),
        )

    def mutes(self, alert: Alert, context: AlertContext) -> tuple[Mute, ...]:
        """Return every reason for which nobody hears of `alert` now; none: somebody may."""
        found = [mute for muter in self._muters if (mute := muter.mutes(alert, context))]
        routes = self.routes(alert)
        hours = [self.hours(route, alert, context) for route in routes]
        if routes and all(hours):
            found += list(dict.fromkeys(mute for mute in hours if mute))
        if alert.episode.exercise and not self.routing.exercise_to:
            found.append(_NO_EXERCISE)
        return tuple(found)

    def notices(self, alert: Alert, purpose: str, context: AlertContext) -> list[Notice]:
        """Return what is to be sent right now because of a change of `alert`.

        Args:
            alert: as it is after the change, its `mutes` set.
            purpose: fired, raised, reopened, ended, resolved or revised. The end is told to all
                who were told of the beginning, and to nobody where nobody was.
            context: the others, and the time.
        """
        if alert.mutes or (purpose in CLOSING and alert.notified_at is None):
            return []
        step = {"fired": "first", "reopened": f"reopened-{alert.version}"}.get(purpose, purpose)
        if purpose not in CLOSING:
            found = [(route, route.to) for route in self.routes(alert)]
        else:
            found = self._told_before(alert, context.now)
        return self._distinct(
            notice
            for route, to in found
            if not self.hours(route, alert, context)
            for notice in self._notices(alert, (purpose, purpose, step), route, to, context)
        )

    def due(self, alert: Alert, context: AlertContext) -> list[Notice]:
        """Return repeats and escalations whose time has come and that were not taken yet."""
        start = begins_at(alert)
        if start is None:
            return []
        ready = itertools.islice(passed(self.steps(alert), context.now), alert.escalation, None)
        return self._distinct(
            notice
            for step in newest(ready)
            if not self.hours(step.route, alert, context)
            for notice in self._notices(
                alert,
                (step.purpose, _heading(step), f"{step.name}@{int(start.timestamp())}"),
                step.route,
                step.to,
                context,
            )
        )

    def next_due(self, alert: Alert) -> datetime | None:
        """Return when `due` is to be asked next; None: not before `alert` changes."""
        step = next(itertools.islice(self.steps(alert), alert.escalation, None), None)
        return step.at if step else None

    def taken(self, alert: Alert, now: datetime) -> int:
        """Return what `Alert.escalation` becomes after `due` was asked at `now` (aware)."""
        return max(alert.escalation, sum(1 for _ in passed(self.steps(alert), now)))

    def steps(self, alert: Alert) -> Iterator[DueStep]:
        """Yield all that is to come, and was, of the alert's present stage; may never end."""
        return steps(alert, self.routes(alert) if begins_at(alert) else ())

    def routes(self, alert: Alert, level: str | None = None) -> list[Route]:
        """Return the routes that `alert` takes (as if of `level`), in order."""
        own = labels(alert)
        return taken_routes(self.routing.root, {**own, "level": (level,)} if level else own)

    def hours(self, route: Route, alert: Alert, context: AlertContext) -> Mute | None:
        """Return which hours keep `route` from telling now."""
        return RouteHours(self.routing, route).mutes(alert, context)

    def resolve(self, name: str, now: datetime) -> list[RoutedReceiver]:
        """Return who is told in the end where a route names a receiver: a post's holder now."""
        receiver = self.routing.receivers[name]
        if receiver.kind != POST:
            return [RoutedReceiver(name, name)]
        duty = who_is_on(self.routing.rotas[receiver.rota], now, self.routing.zone)
        person = self.routing.people[duty.person]
        return [RoutedReceiver(own, name, duty.person, duty) for own in person.receivers]

    def handovers(self, context: AlertContext, since: datetime) -> list[Notice]:
        """Return the lists of open alerts for those who came on duty after `since` until now."""
        found: list[Notice] = []
        for name, receiver in self.routing.receivers.items():
            if receiver.kind != POST:
                continue
            duty = who_is_on(self.routing.rotas[receiver.rota], context.now, self.routing.zone)
            if since < duty.since <= context.now:
                found += self._handover(name, context)
        return self._distinct(found)

    def reminder(self, silence: Silence, context: AlertContext) -> list[Notice]:
        """Return what its creator is told before a silence ends; else whom the root names."""
        title, body = templates.silence_ends(silence, self.routing.zone)
        person = self.routing.people.get(silence.creator)
        names = person.receivers if person else self.routing.root.to
        told = (one.receiver for name in names for one in self.resolve(name, context.now))
        return [
            Notice(
                key=f"silence:{silence.id}:{receiver}:reminder-{int(silence.ends_at.timestamp())}",
                alert="",
                group=f"silence:{silence.id}",
                receiver=receiver,
                level="red" if silence.would_hide_red else "blue",
                purpose="reminder",
                at=context.now,
                title=title,
                body=body,
            )
            for receiver in dict.fromkeys(told)
        ]

    def _told_before(self, alert: Alert, now: datetime) -> list[tuple[Route, tuple[str, ...]]]:
        """Return who was told: by the routes of its peak and its level, and its escalation."""
        routes = {route.path: route for route in self.routes(alert, alert.episode.peak)}
        routes |= {route.path: route for route in self.routes(alert)}
        found = [(route, route.to) for route in routes.values() if route.resolved]
        for route in routes.values():
            if route.resolved and route.escalation:
                found += [(route, to) for to in escalated(route.escalation, alert, now)]
        return found

    def _notices(
        self,
        alert: Alert,
        what: tuple[str, str, str],
        route: Route,
        to: Sequence[str],
        context: AlertContext,
    ) -> Iterator[Notice]:
        purpose, heading, step = what
        exercise = alert.episode.exercise
        for told in itertools.chain.from_iterable(self.resolve(name, context.now) for name in to):
            for receiver, stands_for in self.allowed(told, exercise=exercise):
                named = self.routing.receivers[told.receiver].title
                instead = named if stands_for else NOTHING
                suffix = f"~{told.receiver}" if stands_for else ""
                yield Notice(
                    key=f"{alert.id}:{alert.episode.level}:{receiver}:{step}{suffix}",
                    alert=alert.id,
                    group=f"{route.path}:{alert.incident or alert.id}{mark(alert.episode.world)}",
                    route=route.path,
                    receiver=receiver,
                    level=alert.episode.level,
                    purpose=purpose,
                    at=context.now,
                    alert_after=alert,
                    title=templates.title(alert, heading, self.routing.names),
                    body=templates.body(
                        alert, self.routing.names, self.routing.zone, instead_of=instead
                    ),
                    exercise=exercise,
                )

    def allowed(self, told: RoutedReceiver, *, exercise: bool) -> Iterator[tuple[str, bool]]:
        """Yield who hears in the place of a receiver, and whether it stands in for it."""
        own = self.routing.receivers[told.receiver].exercise
        if own is exercise:
            yield told.receiver, False
        elif exercise:
            yield from ((name, True) for name in self.routing.exercise_to)

    def _handover(self, name: str, context: AlertContext) -> Iterator[Notice]:
        mine = (
            alert
            for alert in context.open_alerts.values()
            if any(name in route.to for route in self.routes(alert))
        )
        alerts, beside = tally(mine)
        for told in self.resolve(name, context.now):
            post = self.routing.receivers[name].title
            title, body = templates.handover(post, alerts, self.routing.names, beside)
            since = int(told.duty.since.timestamp()) if told.duty else 0
            yield Notice(
                key=f"handover:{name}:{told.receiver}:{since}",
                alert="",
                group=f"handover:{name}",
                receiver=told.receiver,
                level=alerts[0].episode.level if alerts else "blue",
                purpose="handover",
                at=context.now,
                title=title,
                body=body,
            )

    @staticmethod
    def _distinct(notices: Iterable[Notice]) -> list[Notice]:
        """Return the first notice of each key: two routes may name one receiver."""
        found: dict[str, Notice] = {}
        for notice in notices:
            found.setdefault(notice.key, notice)
        return list(found.values())


def taken_routes(route: Route, own: Labels) -> list[Route]:
    """Return the routes below `route` that an alert with labels `own` takes, else `route`."""
    found: list[Route] = []
    for child in route.routes:
        if match(child.matchers, own, unsure=True):
            found += taken_routes(child, own)
            if not child.continue_ and match(child.matchers, own):
                break
    return found or [route]


_NO_EXERCISE = Mute(
    kind="exercise",
    by="exercise_to",
    reason=Text("演练预警，但没有演练接收人", "an exercise alert, but no receiver for exercises"),
)


def _heading(step: DueStep) -> str:
    return "noprogress" if step.name.startswith("noprogress") else step.purpose
