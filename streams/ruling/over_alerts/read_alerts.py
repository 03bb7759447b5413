"""The alerts that rules over alerts read, each where it counts; pure.

An alert may move: the place of a cluster is that of its newest event. So it is remembered where
each was put; its next telling takes it from there, also one that names no place any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from citybrain.alerts.records import Episode
from citybrain.rules.rule import Rule
from streams.ruling.intake.rows import CUT

_CUT = {**CUT, "area": 15}
Key = tuple[str, ...]
Place = tuple[str, Key]
"""A rule's id, and one value of what it tells apart."""


class ReadAlerts:
    """What is known at each place: the newest telling of each alert that fired and was not undone.

    An alert is at one place of each rule at most.
    """

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._at: dict[Place, dict[str, Episode]] = defaultdict(dict)
        self._keys: dict[tuple[str, str], Key] = {}

    def note(self, rule: Rule, episode: Episode) -> list[Key]:
        """Take note of an episode that `rule` reads; return where that may change something."""
        before = self._keys.get((rule.id, episode.alert))
        after = None
        if episode.state in ("firing", "ended") and episode.fired_at is not None:
            after = key_of(rule, episode)
            after = before if after is None else after
        if before is not None and before != after:
            self._drop((rule.id, before), episode.alert)
        if after is not None:
            self._keys[rule.id, episode.alert] = after
            self._at[rule.id, after][episode.alert] = episode
        return [key for key in dict.fromkeys((before, after)) if key is not None]

    def at(self, place: Place) -> list[Episode]:
        """Return what is known at `place`."""
        return list(self._at.get(place, {}).values())

    def places(self) -> Iterator[Place]:
        """Yield the places of which anything is known."""
        yield from self._at

    def forget(self, place: Place, before: datetime) -> None:
        """Forget at `place` what ended before `before`."""
        for one in self.at(place):
            if one.ended_at is not None and one.ended_at < before:
                self._drop(place, one.alert)

    def _drop(self, place: Place, alert: str) -> None:
        del self._keys[place[0], alert]
        del self._at[place][alert]
        if not self._at[place]:
            del self._at[place]


def key_of(rule: Rule, episode: Episode) -> Key | None:
    """Return what `rule` tells `episode` apart by; None where the episode does not have that."""
    parts = []
    for name in rule.by:
        digits = _CUT.get(name)
        value = episode.key.get(name, "") if digits is None else episode.area[:digits]
        if not value or (name in CUT and len(value) != digits):
            return None
        parts.append(value)
    return tuple(parts)
