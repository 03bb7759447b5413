"""Alerts about the platform itself: what its operators must hear of goes the way of all alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from citybrain.alerts.records import Episode, Evidence, alert_id
from citybrain.floor.text import NOTHING, Text


@dataclass(frozen=True, kw_only=True)
class PlatformAlert:
    """What is to be told.

    Attributes:
        rule: id of the rule that it stands for, ``platform_…``.
        key: what it is about, name → value.
        episode: what names this time that it is so.
        title, summary, response: what it is, the sentence about it, what to do.
        measure: what was looked at.
        words: why, as a sentence.
        since: instant at which it began; None: now.
        version: of the rule that it is about, where it is about one.
        theme: of that rule.
    """

    rule: str
    key: dict[str, str]
    episode: str
    title: Text
    summary: Text
    response: Text
    measure: str
    words: Text = NOTHING
    since: datetime | None = None
    version: str = "platform"
    theme: str = ""

    def told(self, now: datetime) -> Episode:
        """Return the alert as told at `now` (aware); orange: people watch with less than all."""
        return Episode(
            alert=alert_id(self.rule, self.key, self.episode),
            rule=self.rule,
            version=self.version,
            key=self.key,
            state="firing",
            level="orange",
            peak="orange",
            started_at=self.since or now,
            fired_at=now,
            told_at=now,
            title=self.title,
            summary=self.summary,
            theme=self.theme,
            evidence=Evidence(measure=self.measure, words=self.words),
            response=self.response,
            shard="platform",
            labels={"platform": "yes"},
        )


class ToldAlerts:
    """Alerts of one sort that were told and are not over, each by a name of its own.

    Attributes:
        open: name → the alert as it was told.
    """

    def __init__(self, opened: Mapping[str, Episode] | None = None) -> None:
        """Know of those that were told before."""
        self.open = dict(opened or {})

    def begin(self, name: str, episode: Episode) -> list[Episode]:
        """Return what is to be told where `name` is so: nothing, if it was told."""
        if name in self.open:
            return []
        self.open[name] = episode
        return [episode]

    def end(self, is_over: Callable[[str], bool], now: datetime) -> list[Episode]:
        """Return the ends, told at `now` (aware), of those that are over by their names."""
        over = [name for name in self.open if is_over(name)]
        return [ended(self.open.pop(name), now) for name in over]


def ended(episode: Episode, now: datetime) -> Episode:
    """Return `episode` as over, told at `now` (aware)."""
    return replace(episode, state="ended", ended_at=now, told_at=now)
