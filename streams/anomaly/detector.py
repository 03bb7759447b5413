"""Judge one series, value by value: how unusual is this one, by what, and what was expected.

Strictly streaming: what is said of a value depends on it and on those before it, never on the
clock or on chance, and is never taken back.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from streams.anomaly.baseline import Baseline, Usual, hour_of_week
from streams.anomaly.novelty import Novelty
from streams.anomaly.quiet import Quiet
from streams.anomaly.rarity import Rarity
from streams.anomaly.recent import Recent
from streams.anomaly.settings import Settings

LEVEL = "level"
"""The cause of an alarm that is a value far from the recent ones."""
DEFAULTS = Settings()


class Verdict(NamedTuple):
    """What a detector says of one value.

    Attributes:
        score: 0 to 1, for alarms; from 0.5 on it is one. 0 while an episode that was told lasts,
            unless it gets rarer.
        rarity: -log10 of how rarely the series is as unusual as now; not silenced.
        cause: what is unusual: `value`, `course`, `long course` or `level`; empty if nothing is.
        expected: what is usual in this slot or, with too little history, lately.
        spread: robust standard deviation of what is usual.
        basis: what `expected` is of: `slot`, `hour`, `recent`, or empty if nothing is known.
    """

    score: float
    rarity: float
    cause: str
    expected: float | None
    spread: float | None
    basis: str


class Detector:
    """The detector of one series; feed it equally spaced values in the order of their time."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        """Start with nothing known."""
        self._settings = settings
        self._novelties = {name: Novelty(one, settings.memory) for name, one in settings.courses}
        self._recent = Recent(settings.window)
        names = (*self._novelties, LEVEL)
        self._rarities = {name: Rarity(settings.warm, settings.fade) for name in names}
        self._baseline = Baseline(settings.visits)
        self._quiet = Quiet(settings.rest, settings.alarm)
        self._seen = 0

    def update(self, at_ms: int, value: float, slot: str | None = None) -> Verdict:
        """Judge `value`, of the time `at_ms` (UTC), and learn from it.

        Args:
            at_ms: start of the bucket; later than that of the call before.
            value: a finite number; leave out buckets that have none.
            slot: what to compare with instead of the hour of the week, such as `holiday 08`.

        Returns:
            The verdict, made before the value was learnt.

        Raises:
            ValueError: `value` is not finite; nothing was learnt.
        """
        if not math.isfinite(value):
            raise ValueError(f"value {value!r} at {at_ms} is not a finite number")
        self._seen += 1
        lately = self._recent.usual()
        rarity, cause = self._judge(value, lately)
        usual = self._usual(at_ms, slot) or (Usual(*lately, "recent") if lately else None)
        self._recent.append(value)
        self._baseline.append(value)
        told = self._quiet.lets(self._seen, rarity)
        score = rarity / (rarity + self._settings.alarm) if told else 0.0
        if usual is None:
            return Verdict(score, rarity, cause, None, None, "")
        return Verdict(score, rarity, cause, usual.expected, usual.spread, usual.basis)

    def _judge(self, value: float, lately: tuple[float, float] | None) -> tuple[float, str]:
        """Return the greatest rarity of all that is looked at, and its name."""
        distances = {name: one.update(value) for name, one in self._novelties.items()}
        distances[LEVEL] = abs(value - lately[0]) / lately[1] if lately else 0.0
        rarest, cause = 0.0, ""
        for name, distance in distances.items():
            rarity = self._rarities[name].update(distance)
            if rarity > rarest:
                rarest, cause = rarity, name
        return rarest, cause

    def _usual(self, at_ms: int, slot: str | None) -> Usual | None:
        hour = hour_of_week(at_ms, self._settings.offset_s * 1000)
        return self._baseline.enter(at_ms, hour if slot is None else slot)

    def state(self) -> dict[str, Any]:
        """Return all that was learnt, in types that msgpack knows."""
        return {
            "novelties": {name: one.state() for name, one in self._novelties.items()},
            "rarities": {name: one.state() for name, one in self._rarities.items()},
            "recent": self._recent.dump(),
            "baseline": self._baseline.state(),
            "quiet": [*self._quiet.told],
            "seen": self._seen,
        }

    @classmethod
    def restore(cls, state: dict[str, Any], settings: Settings = DEFAULTS) -> Detector:
        """Return a detector that goes on where `state` was taken, with the same `settings`."""
        detector = cls(settings)
        for name, novelty in detector._novelties.items():
            novelty.restore(state["novelties"][name])
        for name, rarity in detector._rarities.items():
            rarity.restore(state["rarities"][name])
        detector._recent = Recent(settings.window, state["recent"])
        detector._baseline.restore(state["baseline"])
        at, told = state["quiet"]
        detector._quiet = Quiet(settings.rest, settings.alarm, (at, told))
        detector._seen = state["seen"]
        return detector
