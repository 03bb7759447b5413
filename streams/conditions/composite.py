"""Composite: other rules' alerts together; all of some, any of some, none of some.

    composite: {all: [gas_leak, gas_pressure_drop], within: 10m}     both at one place
    composite: {any: [rule_a, rule_b], none: [rule_c]}               either, unless the third

Alerts belong together by the rule's `by`: area, district, street (of the alert's place), or names
of the other rules' keys; without `by` the city is one place. It holds while they hold; with
`within` an alert counts for so long after its end too, so that what just misses comes together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind
from streams.ruling.intake.selection import Slots
from streams.ruling.over_alerts.spans import (
    REMEMBERED,
    AlertSpan,
    OverAlerts,
    in_order,
    span_of,
    touches,
)


@dataclass(frozen=True)
class Options:
    """Which rules.

    Attributes:
        all_: every one of them holds.
        any_: at least one of them holds.
        none: none of them holds.
        within: how long an alert still counts after its end.
    """

    all_: tuple[str, ...] = ()
    any_: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    within: timedelta = timedelta()


class Edge(NamedTuple):
    """An instant at which one more alert of a rule counts, or one less."""

    at: datetime
    rule: str
    step: int


class Composite(OverAlerts):
    """Holds while the alerts of the named rules hold."""

    def __init__(self, options: Options) -> None:
        """Hold as `options` say."""
        self._options, self.keeps = options, options.within

    def spans(self, known: Sequence[Episode]) -> list[AlertSpan]:
        """Return when it holds."""
        found: list[AlertSpan] = []
        count, since = Counter[str](), None
        for at, group in groupby(sorted(self._edges(known)), key=lambda edge: edge.at):
            for edge in group:
                count[edge.rule] += edge.step
            holds = self._holds(count)
            if holds and since is None:
                since = at
            elif not holds and since is not None:
                found.append(AlertSpan(since, at))
                since = None
        return found if since is None else [*found, AlertSpan(since, None)]

    def behind(self, known: Sequence[Episode], span: AlertSpan) -> list[Episode]:
        """Return the alerts that count in `span`."""
        ours = (one for one in known if one.rule not in self._options.none)
        return in_order(one for one in ours if touches(one, span, self.keeps))

    def words(self, behind: Sequence[Episode]) -> Text:
        """Return the titles of the alerts."""
        titles = {one.rule: one.title for one in sorted(behind, key=lambda one: one.rule)}
        zh = "、".join(title.zh for title in titles.values())
        return Text(zh, ", ".join(title.en for title in titles.values()))

    def _edges(self, known: Iterable[Episode]) -> Iterator[Edge]:
        for episode in known:
            start, end = span_of(episode, self.keeps)
            yield Edge(start, episode.rule, 1)
            if end is not None:
                yield Edge(end, episode.rule, -1)

    def _holds(self, count: Counter[str]) -> bool:
        options = self._options
        every = all(count[name] for name in options.all_)
        some = not options.any_ or any(count[name] for name in options.any_)
        return every and some and not any(count[name] for name in options.none)


def refers(rule: Rule) -> Iterable[str]:
    """Return the ids of the rules that a composite reads."""
    options: Options = rule.condition
    return (*options.all_, *options.any_, *options.none)


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if not options.all_ and not options.any_:
        yield RecordFault("all", "no rule that has to hold", "name some under all or any")
    if options.within > REMEMBERED:
        long = words(round(options.within.total_seconds()))
        yield RecordFault("within", f"{long} is too long", "give at most 24h")
    for name in dict.fromkeys(options.none):
        if name in (*options.all_, *options.any_):
            yield RecordFault(
                "none", f"{name!r} has to hold, and not to", "take one of the two away"
            )
    if rule.id in refers(rule):
        yield RecordFault("all", f"{rule.id!r} reads itself", "take it away")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    parts = [" and ".join(options.all_), " or ".join(options.any_)]
    parts += [f"not {name}" for name in options.none]
    return ", ".join(part for part in parts if part)


def _make(rule: Rule, _slots: Slots, _lateness_ms: int, _city: City) -> Composite:
    return Composite(rule.condition)


KIND = ConditionKind(Options, _make, _check, _measure, reads="alerts", refers=refers, single=True)
