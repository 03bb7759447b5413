"""What the city's routing makes of an alert now, and what a silence hides; pure.

It asks the same code that decides when notices are sent, so the desk cannot tell another story.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from citybrain.alerts.labels import labels
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.city import City
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.notices.channel_options import Channels
from citybrain.notices.escalation import DueStep
from citybrain.notices.mutes import hides
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing import POST, RoutedReceiver
from citybrain.notices.routing_explained import PHRASES, TriedRoute, explain
from citybrain.notices.routing_files import routing_of
from dashboards.desk.hidden_counts import HiddenCounts, RuleCount
from dashboards.desk.notice_words import purpose_of
from dashboards.desk.why_told import Line

SHOWN_STEPS = 3
SHOWN_MISSED = 8


@dataclass(frozen=True)
class RoutingGuide:
    """Explains routing and counts silences.

    Attributes:
        pipeline: who hears of what.
    """

    pipeline: NoticePipeline

    def explain(self, alert: Alert, now: datetime) -> list[Line]:
        """Return which routes an alert takes, whom they tell now, what comes next, who misses it.

        What keeps the alert itself quiet is not repeated: the alert carries it.
        """
        if not alert.open:
            return []
        plain = msgspec.structs.replace(alert, mutes=())
        told = explain(self.pipeline, plain, AlertContext(now))
        lines = [self._route(route, now) for route in told.routes if route.taken]
        coming = itertools.islice(self.pipeline.steps(alert), alert.escalation, None)
        lines += [self._step(step, now) for step in itertools.islice(coming, SHOWN_STEPS)]
        missed = itertools.islice(told.missed.items(), SHOWN_MISSED)
        return lines + [self._missed(receiver, reason) for receiver, reason in missed]

    def name(self, receiver: str) -> Text:
        """Return what a receiver is called; its id where the routing no longer has it."""
        known = self.pipeline.routing.receivers.get(receiver)
        return Text(known.title.zh, known.title.en) if known else Text(receiver, receiver)

    def receivers(self) -> list[str]:
        """Return the names of all receivers that are no posts."""
        known = self.pipeline.routing.receivers
        return [name for name, one in known.items() if one.kind != POST]

    def hear(self, alert: Alert, now: datetime) -> list[str]:
        """Return the names of the receivers that an alert's routes tell at first."""
        names = (name for route in self.pipeline.routes(alert) for name in route.to)
        told = (one.receiver for name in names for one in self.pipeline.resolve(name, now))
        return list(dict.fromkeys(told))

    def blast(self, silence: Silence, alerts: Iterable[Alert]) -> HiddenCounts:
        """Return how many of `alerts` a silence matches, by rule, the most first."""
        found: Counter[str] = Counter()
        red: Counter[str] = Counter()
        titles: dict[str, Text] = {}
        for alert in alerts:
            if hides(silence, labels(alert)):
                rule = alert.episode.rule
                titles[rule] = alert.episode.title
                found[rule] += 1
                red[rule] += alert.episode.peak == "red"
        rules = [RuleCount(rule, titles[rule], n, red[rule]) for rule, n in found.most_common()]
        return HiddenCounts(found.total(), red.total(), rules)

    def _route(self, route: TriedRoute, now: datetime) -> Line:
        if not route.to:
            none = Text(f"路由 {route.path}：没有接收人", f"route {route.path}: no receiver")
            return Line("no", none)
        zh, en = self._who(route.to, now)
        zh, en = f"路由 {route.path} → {zh}", f"route {route.path} → {en}"
        if route.mute is None:
            return Line("next", Text(zh, en))
        why = route.mute.reason
        return Line("no", Text(f"{zh}：{why.zh}", f"{en}: {why.en}"))

    def _missed(self, receiver: str, reason: Reason) -> Line:
        name, why = self.name(receiver), PHRASES.say(reason)
        said = Text(
            f"{name.zh} 不会收到：{why.zh}",
            f"not told: {name.en}: {reason.arguments['route']}: {why.en}",
        )
        return Line("no", said, receiver)

    def _step(self, step: DueStep, now: datetime) -> Line:
        zh, en = self._who(step.to, now)
        local = step.at.astimezone(self.pipeline.routing.zone).strftime("%H:%M:%S")
        word = purpose_of(step.purpose)
        said = Text(
            f"{local} 仍无进展则{word.zh} {zh}", f"{local} unless handled: {word.en} to {en}"
        )
        return Line("next", said)

    def _who(self, receivers: Sequence[str], now: datetime) -> tuple[str, str]:
        told = [one for name in receivers for one in self.pipeline.resolve(name, now)]
        texts = [self._told(one) for one in told]
        return "、".join(text.zh for text in texts), ", ".join(text.en for text in texts)

    def _told(self, told: RoutedReceiver) -> Text:
        name = self.name(told.receiver)
        person = self.pipeline.routing.people.get(told.person)
        if person is None or person.title.zh == name.zh:
            return name
        return Text(f"{person.title.zh}（{name.zh}）", f"{person.title.en} ({name.en})")


def guide_of(city: City, channels: Channels) -> RoutingGuide:
    """Return the guide of `city`, whose receivers name `channels`.

    Raises:
        ConfigError: something is wrong with its routing, rota or calendar.
    """
    return RoutingGuide(NoticePipeline(routing_of(city, channels)))
