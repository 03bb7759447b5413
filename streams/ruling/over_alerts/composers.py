"""The rules over alerts, for what happens and, apart from it, for exercises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.rules.rule import Rule
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.telling.failed_rules import QUARANTINED


class Composers:
    """Two composers: an exercise's alert never completes, or hides, a real one."""

    def __init__(self, rules: Sequence[Rule], city: City) -> None:
        """Evaluate `rules` with nothing known."""
        self._real = Composer(rules, city)
        self._drill = Composer(rules, city, exercise=True)

    def restore(self, episodes: Iterable[Episode]) -> None:
        """Take over what was told before; see `Composer.restore`."""
        real, drill = _apart(episodes)
        out_of_service = [one for one in real if one.rule == QUARANTINED]  # of either
        self._real.restore(real)
        self._drill.restore([*drill, *out_of_service])

    def take_all(self, episodes: Iterable[Episode], now: datetime) -> list[Episode]:
        """Return what is to be told because of all `episodes`."""
        real, drill = _apart(episodes)
        return self._real.take_all(real, now) + self._drill.take_all(drill, now)

    def tick(self, now: datetime) -> list[Episode]:
        """Return what time alone brings."""
        return self._real.tick(now) + self._drill.tick(now)


def _apart(episodes: Iterable[Episode]) -> tuple[list[Episode], list[Episode]]:
    real: list[Episode] = []
    drill: list[Episode] = []
    for one in episodes:
        (drill if one.exercise else real).append(one)
    return real, drill
