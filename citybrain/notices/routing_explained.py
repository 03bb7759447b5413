"""Why somebody hears of an alert, and why somebody does not; pure, for the desk and the tools."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import Labels, first_failing, show
from citybrain.alerts.records import Alert, Mute
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text
from citybrain.notices.escalation import DueStep
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.pipeline import NoticePipeline, taken_routes
from citybrain.notices.routing import Route, RoutedReceiver

MOST_COMING = 12


@dataclass(frozen=True)
class TriedRoute:
    """A route that was looked at.

    Attributes:
        path: its name.
        taken: whether the alert goes by it.
        why: a condition does not hold, a route before it took the alert, or one below it takes
            it; None where taken.
        to: receivers that it names.
        mute: the hours that keep it from telling now.
    """

    path: str
    taken: bool
    why: Reason | None
    to: tuple[str, ...]
    mute: Mute | None = None


EXERCISE = Reason("route_for_exercises")
"""Why a receiver does not hear that would hear of a real alert."""
PHRASES = Phrases(
    {
        "route_fits_not": Text("不满足路由 {route} 的条件 {condition}", "not {condition}"),
        "route_taken": Text("已由路由 {by} 接走", "taken by {by}"),
        "route_goes_down": Text("由路由 {route} 的下级路由处理", "goes further down"),
        "route_for_exercises": Text(
            "演练告警，由演练接收人代收", "an exercise: its receivers hear instead"
        ),
        "route_muted": Text("{zh}", "{en}"),
    }
)


@dataclass(frozen=True)
class ToldReceiver:
    """Somebody who hears, now or at a later step.

    Attributes:
        receiver: id of the receiver.
        title_zh, title_en: its name.
        channel: its kind.
        named: what the route says: the post, or the receiver itself.
        person: who is on duty, "" where no rota is asked.
        until: end of that duty.
        exercise: whether it stands in for another one in an exercise.
    """

    receiver: str
    title_zh: str
    title_en: str
    channel: str
    named: str
    person: str = ""
    until: datetime | None = None
    exercise: bool = False


@dataclass(frozen=True)
class ComingStep:
    """A step to come while nobody acts."""

    at: datetime
    purpose: str
    step: str
    route: str
    receivers: tuple[ToldReceiver, ...]


@dataclass(frozen=True)
class Explanation:
    """All reasons at an instant.

    Attributes:
        labels: what routes are matched by.
        mutes: why nobody hears at all; empty: somebody may.
        routes: every route that was looked at, in order.
        receivers: who hears right now of the alert's beginning.
        coming: what comes while nobody acknowledges.
        after_acknowledgement: what comes when it is acknowledged now and nothing more happens.
        missed: receivers that hear at no time, with the reason.
    """

    labels: dict[str, tuple[str, ...]]
    mutes: tuple[Mute, ...]
    routes: tuple[TriedRoute, ...]
    receivers: tuple[ToldReceiver, ...]
    coming: tuple[ComingStep, ...]
    after_acknowledgement: tuple[ComingStep, ...]
    missed: dict[str, Reason]


def explain(pipeline: NoticePipeline, alert: Alert, context: AlertContext) -> Explanation:
    """Return who would hear of `alert` (open) at `context.now`, who would not, and why."""
    own = labels(alert)
    mutes = pipeline.mutes(alert, context)
    quiet = bool(mutes)
    plain = msgspec.structs.replace(alert, mutes=(), escalation=0)
    tried = tuple(_tried(pipeline, pipeline.routing.root, own, alert, context))
    open_routes = [route for route in pipeline.routes(plain) if not _muted(tried, route)]
    told = [pair for route in open_routes for pair in _all(pipeline, route.to, plain, context.now)]
    firing = msgspec.structs.replace(plain, state="firing", notified_at=context.now)
    acknowledged = msgspec.structs.replace(plain, state="acknowledged", acknowledged_at=context.now)
    heard = () if quiet else tuple({one.receiver: one for one in told}.values())
    coming = () if quiet else tuple(_coming(pipeline, firing))
    after = () if quiet else tuple(_coming(pipeline, acknowledged))
    return Explanation(
        labels={name: values for name, values in own.items() if any(values)},
        mutes=mutes,
        routes=tried,
        receivers=heard,
        coming=coming,
        after_acknowledgement=after,
        missed=_missed(pipeline, tried, (*heard, *_heard_in(coming), *_heard_in(after)), mutes),
    )


def describe(
    pipeline: NoticePipeline, told: RoutedReceiver, *, exercise: bool = False
) -> ToldReceiver:
    """Return what people are told of a receiver."""
    receiver = pipeline.routing.receivers[told.receiver]
    return ToldReceiver(
        receiver=told.receiver,
        title_zh=receiver.title.zh,
        title_en=receiver.title.en,
        channel=receiver.kind,
        named=told.named,
        person=told.person,
        until=told.duty.until if told.duty else None,
        exercise=exercise,
    )


def _tried(
    pipeline: NoticePipeline, route: Route, own: Labels, alert: Alert, context: AlertContext
) -> Iterator[TriedRoute]:
    ends = {one.path for one in taken_routes(route, own)}
    taken = route.path in ends
    mute = pipeline.hours(route, alert, context) if taken else None
    yield TriedRoute(
        route.path, taken, None if taken else Reason("route_goes_down"), route.to, mute
    )
    swallower = ""
    for child in route.routes:
        failing = first_failing(child.matchers, own, unsure=True)
        if swallower:
            yield TriedRoute(child.path, False, Reason("route_taken", {"by": swallower}), child.to)
        elif failing is not None:
            yield TriedRoute(
                child.path, False, Reason("route_fits_not", {"condition": show(failing)}), child.to
            )
        else:
            yield from _tried(pipeline, child, own, alert, context)
            swallower = "" if child.continue_ else child.path


def _muted(tried: tuple[TriedRoute, ...], route: Route) -> bool:
    return any(one.path == route.path and one.mute is not None for one in tried)


def _all(
    pipeline: NoticePipeline, names: tuple[str, ...], alert: Alert, now: datetime
) -> Iterator[ToldReceiver]:
    exercise = alert.episode.exercise
    for name in names:
        for told in pipeline.resolve(name, now):
            for receiver, stands_in in pipeline.allowed(told, exercise=exercise):
                one = RoutedReceiver(receiver, told.named, told.person, told.duty)
                yield describe(pipeline, one, exercise=stands_in)


def _coming(pipeline: NoticePipeline, alert: Alert) -> Iterator[ComingStep]:
    for step in _first_of_each_line(pipeline.steps(alert)):
        heard = tuple(_all(pipeline, step.to, alert, step.at))
        yield ComingStep(step.at, step.purpose, step.name, step.route.path, heard)


def _first_of_each_line(steps: Iterator[DueStep]) -> list[DueStep]:
    """Return the first step of each line among the next ones; repeats go on by themselves."""
    lines: dict[tuple[str, str], DueStep] = {}
    for step in itertools.islice(steps, MOST_COMING * 4):
        lines.setdefault(step.line, step)
    return list(lines.values())[:MOST_COMING]


def _heard_in(coming: tuple[ComingStep, ...]) -> Iterator[ToldReceiver]:
    for one in coming:
        yield from one.receivers


def _missed(
    pipeline: NoticePipeline,
    tried: tuple[TriedRoute, ...],
    receivers: tuple[ToldReceiver, ...],
    mutes: tuple[Mute, ...],
) -> dict[str, Reason]:
    """Return why each other receiver that a route names does not hear."""
    reached = {name for one in receivers for name in (one.receiver, one.named)}
    found: dict[str, Reason] = {}
    for route in tried:
        for name in route.to:
            if name in reached:
                continue
            reason = _muted_by(mutes[0]) if mutes else _reason(route)
            arguments = {"route": route.path, **reason.arguments}
            found.setdefault(name, Reason(reason.code, arguments))
    return found


def _reason(route: TriedRoute) -> Reason:
    return _muted_by(route.mute) if route.mute else route.why or EXERCISE


def _muted_by(mute: Mute) -> Reason:
    return Reason("route_muted", {"zh": mute.reason.zh, "en": mute.reason.en})
