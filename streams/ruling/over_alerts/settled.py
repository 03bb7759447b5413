"""What rules over alerts made of long ago stays as it was told; pure.

Alerts that ended are forgotten after a while. Up to the *settled* instant something that is
forgotten may have counted, so what is found there now is not the truth any more: what went on at
that instant is as it was told, and what was over by then is not told again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from citybrain.alerts.records import Episode
from streams.ruling.over_alerts.spans import AlertSpan, merged


def lasting(
    spans: Iterable[AlertSpan], told: Iterable[Episode], settled: datetime, *, exact: bool
) -> list[AlertSpan]:
    """Return when a rule held, holds and will hold.

    Args:
        spans: when it did by what is known now, in order of their starts.
        told: what was told of it.
        settled: the settled instant.
        exact: whether what began before the settled instant and was not told is true; where it is
            not, it may be that what prevented it is forgotten.
    """
    on = [
        one
        for one in told
        if one.started_at <= settled and one.state != "revised" and not is_settled(one, settled)
    ]
    true = [
        span
        for span in spans
        if exact or span.start > settled or any(one.started_at <= span.start for one in on)
    ]
    found = {}
    for span in merged(true):
        first = span.start if span.start > settled else _beginning(span, on, settled)
        if first is not None:
            found[first] = AlertSpan(
                first, span.end
            )  # of several that one was, the last is its end
    return list(found.values())


def is_settled(episode: Episode, settled: datetime) -> bool:
    """Whether what was told as `episode` was over before the settled instant."""
    return episode.ended_at is not None and episode.ended_at < settled


def _beginning(span: AlertSpan, on: Iterable[Episode], settled: datetime) -> datetime | None:
    """Return as what began at which instant `span` is told; None: it is not.

    Args:
        span: began before the settled instant.
        on: what was told to go on then.
        settled: the settled instant.
    """
    for one in on:
        if span.end is None or one.started_at < span.end:
            return one.started_at
    return None if span.end is not None and span.end < settled else span.start
