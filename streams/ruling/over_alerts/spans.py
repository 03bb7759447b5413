"""When a rule over other rules' alerts holds: the contract of its kinds, and spans of time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from citybrain.alerts.records import Episode
from citybrain.floor.text import Text

REMEMBERED = timedelta(hours=24)
"""How long an alert that ended is known; the alerts' owner keeps closed ones for as long."""


class AlertSpan(NamedTuple):
    """A stretch of time; `end` None: it goes on."""

    start: datetime
    end: datetime | None


class OverAlerts(ABC):
    """What one rule makes of the alerts of the rules that it reads, at one place; pure.

    Attributes:
        keeps: how long an alert matters after it fired and ended.
    """

    exact: ClassVar[bool] = True
    """Whether what holds for longer than anything is remembered is found without its beginning."""

    keeps: timedelta

    @abstractmethod
    def spans(self, known: Sequence[Episode]) -> list[AlertSpan]:
        """Return when the rule holds, as far as it is known, in order of the beginnings.

        Some may be to come, and some may overlap: what each rests on is judged apart.

        Args:
            known: episodes of the rules that it reads, in any order, that fired and were not
                revised.
        """

    @abstractmethod
    def behind(self, known: Sequence[Episode], span: AlertSpan) -> list[Episode]:
        """Return which of `known` make it hold in `span`, the last one last."""

    @abstractmethod
    def words(self, behind: Sequence[Episode]) -> Text:
        """Return the reason as a sentence."""


def fired(episode: Episode) -> datetime:
    """Return when `episode` fired."""
    return episode.fired_at or episode.started_at


def in_order(episodes: Iterable[Episode]) -> list[Episode]:
    """Return `episodes` in the order in which they fired."""
    return sorted(episodes, key=lambda one: (fired(one), one.alert))


def span_of(episode: Episode, within: timedelta) -> AlertSpan:
    """Return how long `episode` counts: from its firing until `within` after its end."""
    start = fired(episode)
    if episode.ended_at is None:
        return AlertSpan(start, None)
    return AlertSpan(start, max(start, episode.ended_at + within))


def touches(episode: Episode, span: AlertSpan, within: timedelta) -> bool:
    """Whether `episode` counts at some time of `span`."""
    start, end = span_of(episode, within)
    return (span.end is None or start < span.end) and (end is None or span.start < end)


def merged(spans: Iterable[AlertSpan]) -> list[AlertSpan]:
    """Return `spans`, which are in order of their starts, with those that touch as one."""
    found: list[AlertSpan] = []
    for span in spans:
        if not found or (found[-1].end is not None and found[-1].end < span.start):
            found.append(span)
            continue
        last = found[-1]
        ends = [end for end in (last.end, span.end) if end is not None]
        found[-1] = AlertSpan(last.start, max(ends) if len(ends) == 2 else None)  # noqa: PLR2004
    return found
