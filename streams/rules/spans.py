"""When a rule over other rules' alerts holds: arithmetic of time spans, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from citybrain.alerts.records import Episode
from citybrain.clock import from_millis, millis
from streams.conditions import alert_sequence, composite
from streams.rules.steps import chains, overdue, plan_of, seen


class Span(NamedTuple):
    """A stretch of time; `end` None: it goes on."""

    start: datetime
    end: datetime | None


class Edge(NamedTuple):
    """An instant at which one more alert of a rule counts, or one less."""

    at: datetime
    rule: str
    step: int


def span_of(episode: Episode, within: timedelta) -> Span:
    """Return how long `episode` counts: from its firing until `within` after its end."""
    start = episode.fired_at or episode.started_at
    if episode.ended_at is None:
        return Span(start, None)
    return Span(start, max(start, episode.ended_at + within))


def touches(episode: Episode, span: Span, within: timedelta) -> bool:
    """Whether `episode` counts at some time of `span`."""
    start, end = span_of(episode, within)
    return (span.end is None or start < span.end) and (end is None or span.start < end)


def counts_on(options: Any) -> timedelta:
    """Return how long an alert counts after it fired and ended."""
    within: timedelta = options.within
    if isinstance(options, alert_sequence.Options):
        return 3 * within if options.steps[-1].absent else 2 * within
    return within


def spans(options: Any, known: Iterable[Episode]) -> list[Span]:
    """Return when a rule over alerts holds, given the episodes of the rules that it reads."""
    if isinstance(options, alert_sequence.Options):
        return sequence_spans(options, list(known))
    return composite_spans(options, known)


def sequence_spans(options: alert_sequence.Options, known: list[Episode]) -> list[Span]:
    """Return when a sequence holds; spans may be to come."""
    found: list[Span] = []
    for span in _sequence(options, known):
        if found and found[-1].end is not None and span.start <= found[-1].end:
            end = None if span.end is None else max(span.end, found[-1].end)
            found[-1] = Span(found[-1].start, end)
        elif not found or found[-1].end is not None:
            found.append(span)
    return found


def _sequence(options: alert_sequence.Options, known: list[Episode]) -> Iterator[Span]:
    plan = plan_of(options.steps, options.within, options.any_)
    things = []
    for episode in known:
        fits = sum(
            1 << number for number, one in enumerate(options.steps) if one.rule == episode.rule
        )
        things.append(seen(millis(episode.fired_at or episode.started_at), fits))
    things.sort()
    if not plan.missing:
        for chain in chains(plan, things):
            start = from_millis(chain[-1][0])
            yield Span(start, start + options.within)
        return
    last = [one.at_ms for one in things if one.fits >> (plan.steps - 1) & 1]
    for due, chain in overdue(plan, things):
        start, came = from_millis(due), next((at for at in last if at > due), None)
        end = _end_before(options, known, chain[-1][0], start + options.within)
        if came is not None and (end is None or from_millis(came) < end):
            end = from_millis(came)
        yield Span(start, end)


def _end_before(
    options: alert_sequence.Options, known: list[Episode], at_ms: int, least: datetime
) -> datetime | None:
    """Return when the alert before a missing step is over, not before `least`."""
    rule = options.steps[-2].rule
    ends = [
        one.ended_at
        for one in known
        if one.rule == rule and millis(one.fired_at or one.started_at) == at_ms
    ]
    return None if None in ends else max([least, *(end for end in ends if end is not None)])


def composite_spans(options: composite.Options, known: Iterable[Episode]) -> list[Span]:
    """Return when a composite holds, given the episodes of the rules that it reads."""
    edges: list[Edge] = []
    for episode in known:
        start, end = span_of(episode, options.within)
        edges.append(Edge(start, episode.rule, 1))
        if end is not None:
            edges.append(Edge(end, episode.rule, -1))
    found: list[Span] = []
    count, since = Counter[str](), None
    for at, group in groupby(sorted(edges), key=lambda edge: edge.at):
        for edge in group:
            count[edge.rule] += edge.step
        holds = _holds(options, count)
        if holds and since is None:
            since = at
        elif not holds and since is not None:
            found.append(Span(since, at))
            since = None
    return found if since is None else [*found, Span(since, None)]


def _holds(options: composite.Options, count: Counter[str]) -> bool:
    every = all(count[name] for name in options.all_)
    some = not options.any_ or any(count[name] for name in options.any_)
    return every and some and not any(count[name] for name in options.none)
