"""The rules over alerts, for each world apart: live, replay, simulated, each drill's run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.floor.origins import EXERCISE, LIVE, origin_of_world
from citybrain.rules.rule import Rule
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.telling.failed_rules import QUARANTINED

REST = timedelta(days=2)
"""After so long without an alert of a drill, its composer is of no use any more."""


class Composers:
    """A composer a world: an alert of one never completes, or hides, one of another."""

    def __init__(self, rules: Sequence[Rule], city: City) -> None:
        """Evaluate `rules` with nothing known."""
        self._rules, self._city = rules, city
        self._composers: dict[str, Composer] = {LIVE: Composer(rules, city, world=LIVE)}
        self._heard: dict[str, datetime] = {}
        self._out_of_service: list[Episode] = []

    def restore(self, episodes: Iterable[Episode]) -> None:
        """Take over what was told before; see `Composer.restore`."""
        worlds = _by_world(episodes)
        live = worlds.pop(LIVE, [])
        self._out_of_service = [one for one in live if one.rule == QUARANTINED]  # of any world
        self._composers[LIVE].restore(live)
        for world, found in worlds.items():
            self._heard[world] = max(one.told_at for one in found)
            self._made(world).restore([*found, *self._out_of_service])

    def take_all(self, episodes: Iterable[Episode], now: datetime) -> list[Episode]:
        """Return what is to be told because of all `episodes`."""
        told: list[Episode] = []
        for world, found in _by_world(episodes).items():
            self._heard[world] = now
            told += (self._composers.get(world) or self._made(world)).take_all(found, now)
        return told

    def tick(self, now: datetime) -> list[Episode]:
        """Return what time alone brings."""
        told = [one for composer in self._composers.values() for one in composer.tick(now)]
        for world in [world for world in self._composers if self._rests(world, now)]:
            del self._composers[world], self._heard[world]
        return told

    def _made(self, world: str) -> Composer:
        made = self._composers[world] = Composer(self._rules, self._city, world=world)
        return made

    def _rests(self, world: str, now: datetime) -> bool:
        drill = origin_of_world(world) == EXERCISE
        return drill and self._heard.get(world, now) < now - REST


def _by_world(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    found: defaultdict[str, list[Episode]] = defaultdict(list)
    for one in episodes:
        found[one.world].append(one)
    return found
