"""When a rule over other rules' alerts holds: arithmetic of time spans, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from citybrain.alerts.records import Episode
from streams.conditions import composite


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
