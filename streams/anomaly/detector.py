"""Judge one series, value by value: how unusual is this one, by what, and what was expected.

Strictly streaming: what is said of a value depends on it and on those before it, never on the
clock or on chance, and is never taken back.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from streams.anomaly.baseline import Baseline, Season, Usual, hour_of_week
from streams.anomaly.detector_settings import DetectorSettings
from streams.anomaly.level import Level, LevelShift
from streams.anomaly.novelty import Novelty
from streams.anomaly.rarity import Rarity
from streams.anomaly.recent import Recent
from streams.anomaly.typical import Typical

VALUE, COURSE, LEVEL, SHIFT, SEASON = "value", "course", "level", "shift", "season"
FORM = 2
"""Of `Detector.state`; what an earlier version learnt is measured otherwise and not taken over."""
EXPERIENCE = 0.5
"""How much rarer what is told must be, per tenfold of values seen: what is told of a series that
is known for long grows with the square root of its length only."""
NOVICE = 1000
"""Values from which on experience counts."""
GREATEST = 1e30
"""Values beyond are refused: courses are of 32-bit floats, and 3.4e38 is a sentinel, no value."""
CLEARLY = 1.5
"""How much greater the rarity must be to be clearly so: 3.6 after 2.4, 9 after 6."""
TIRING = 0.25
"""How much rarer a value must be to be told, for each alarm that weighs on it."""
TIRED_FOR = 500
"""Values in which an alarm's weight falls to 1/e; of five minutes they are 42 hours."""
DEFAULTS = DetectorSettings()


class AnomalyVerdict(NamedTuple):
    """What a detector says of one value.

    Attributes:
        score: 0 to 1, for alarms; from 0.5 on it is one. 0 while an episode that was told lasts,
            unless it gets rarer, and less the more alarms there were lately.
        rarity: -log10 of how rarely the series is as unusual as now, less its experience; not
            silenced, so an episode lasts while it is at least `DetectorSettings.alarm`.
        cause: what is unusual: a `value` not seen before, the `course` of the last values, or the
            `level` in comparison with them, a `shift` of the level they are on,
            the `season`: a value not usual at this hour of the week (or in this slot); empty if
            nothing is.
        span: how many values the cause looks at.
        expected: what is usual in this slot or, with too little history, lately.
        spread: robust standard deviation of what is usual.
        basis: what `expected` is of: `slot`, `hour`, `recent`, or empty if nothing is known.
    """

    score: float
    rarity: float
    cause: str
    span: int
    expected: float | None
    spread: float | None
    basis: str


class Quiet:
    """Tells an episode once: what was told last, and when.

    After an alarm, for a while only what is clearly rarer is told. And each alarm tires: the next
    must be rarer by `TIRING`, which fades, so a series that bursts again and again is told of less
    and less, and one that was calm for long is told of at once.
    """

    def __init__(
        self, rest: int, alarm: float, told: tuple[int, float] = (0, 0.0), tired: float = 0.0
    ) -> None:
        """Begin with what was `told` last.

        Args:
            rest: values after one that is told in which a less rare one is not.
            alarm: rarity of an alarm; after one, only what is `CLEARLY` rarer is told.
            told: number and rarity of the value told last.
            tired: alarms that weigh on the next one, as of the value told last.
        """
        self._rest, self._alarm = rest, alarm
        self.told, self.tired = told, tired

    def lets(self, seen: int, rarity: float) -> float:
        """Return how rare value number `seen`, of `rarity`, is told to be; 0: it is not told."""
        at, last = self.told
        tired = self.tired * math.exp((at - seen) / TIRED_FOR)
        rarity -= TIRING * tired
        needed = last * CLEARLY if last >= self._alarm else last
        if rarity <= 0 or (seen - at <= self._rest and rarity <= needed):
            return 0.0
        self.told, self.tired = (seen, rarity), tired + (rarity >= self._alarm)
        return rarity


class Detector:
    """The detector of one series; feed it equally spaced values in the order of their time."""

    def __init__(self, settings: DetectorSettings = DEFAULTS) -> None:
        """Start with nothing known."""
        self._settings = settings
        self._novelties = [Novelty(course) for course in settings.courses]
        self._recent = Recent(settings.recent)
        self._level, self._shift = Level(), LevelShift(*settings.shift)
        self._causes = [
            *((VALUE if one.length == 1 else COURSE, one.length) for one in settings.courses),
            (LEVEL, settings.recent),
            (SHIFT, settings.shift[0]),
        ]
        self._rarities = [Rarity(settings.warm, settings.fade) for _ in self._causes]
        self._causes.append((SEASON, 1))
        self._rarities.append(Rarity(settings.season_warm, settings.fade))
        self._baseline = Baseline(settings.visits)
        self._season = Season()
        self._quiet = Quiet(settings.rest, settings.alarm)
        self._seen = 0

    def update(self, at_ms: int, value: float, slot: int | str | None = None) -> AnomalyVerdict:
        """Judge `value`, of the time `at_ms` (UTC), and learn from it.

        Args:
            at_ms: start of the bucket; later than that of the call before.
            value: a number within 1e30 of 0; leave out buckets that have none.
            slot: what to compare with instead of this hour of the week: another hour of the week
                (0-167), or a name such as `holiday 08`.

        Returns:
            The verdict, made before the value was learnt.

        Raises:
            ValueError: `value` is no such number; nothing was learnt.
        """
        if not abs(value) <= GREATEST:
            raise ValueError(f"value {value!r} at {at_ms}: not a number within 1e30 of 0")
        self._seen += 1
        lately = self._recent.usual()
        usual = self._usual(at_ms, slot)
        rarity, (cause, span) = self._judge(value, lately, usual)
        usual = usual or (Usual(*lately, "recent") if lately else None)
        self._baseline.append(value)
        self._recent.append(value)
        told = self._quiet.lets(self._seen, rarity)
        score = told / (told + self._settings.alarm)
        if usual is None:
            return AnomalyVerdict(score, rarity, cause, span, None, None, "")
        return AnomalyVerdict(score, rarity, cause, span, usual.expected, usual.spread, usual.basis)

    def _judge(
        self, value: float, lately: tuple[float, float] | None, usual: Usual | None
    ) -> tuple[float, tuple[str, int]]:
        """Return the greatest rarity of all that is looked at, less experience, and its cause."""
        distances = [novelty.update(value) for novelty in self._novelties]
        distances.append(self._level.update(value, lately[0] if lately else None))
        distances.append(self._shift.update(value))
        distances.append(self._season.update(value, usual))
        pairs = zip(self._rarities, distances, strict=True)
        rarities = [0.0 if off is None else rarity.update(off) for rarity, off in pairs]
        if usual is None or usual.visits < self._settings.season_visits:
            rarities[-1] = 0.0
        rarest = max(rarities)
        experience = EXPERIENCE * math.log10(max(self._seen, NOVICE) / NOVICE)
        if rarest <= experience:
            return 0.0, ("", 0)
        return rarest - experience, self._causes[rarities.index(rarest)]

    def _usual(self, at_ms: int, slot: int | str | None) -> Usual | None:
        hour = hour_of_week(at_ms, self._settings.offset_s * 1000)
        return self._baseline.enter(at_ms, hour if slot is None else slot)

    def state(self) -> dict[str, Any]:
        """Return all that was learnt, in types that msgpack knows."""
        return {
            "form": FORM,
            "novelties": [novelty.state() for novelty in self._novelties],
            "recent": self._recent.dump(),
            "level": self._level.typical.mean,
            "shift": self._shift.state(),
            "rarities": [rarity.state() for rarity in self._rarities],
            "baseline": self._baseline.state(),
            "season": self._season.typical.mean,
            "quiet": [*self._quiet.told, self._quiet.tired],
            "seen": self._seen,
        }

    @classmethod
    def restore(cls, state: dict[str, Any], settings: DetectorSettings = DEFAULTS) -> Detector:
        """Return a detector that goes on where `state` was taken, with the same `settings`.

        Raises:
            ValueError: the state is one of other settings, or of another form (`FORM`).
        """
        if state.get("form") != FORM:
            raise ValueError(f"state of form {state.get('form', 1)}, not {FORM}")
        detector = cls(settings)
        for novelty, saved in zip(detector._novelties, state["novelties"], strict=True):
            novelty.restore(saved)
        for rarity, saved in zip(detector._rarities, state["rarities"], strict=True):
            rarity.restore(saved)
        detector._recent = Recent(settings.recent, state["recent"])
        detector._level.typical = Typical(state["level"])
        detector._shift.restore(state["shift"])
        detector._baseline.restore(state["baseline"])
        detector._season = Season(state["season"])
        at, told, tired = (*state["quiet"], 0.0)[:3]
        detector._quiet = Quiet(settings.rest, settings.alarm, (at, told), tired)
        detector._seen = state["seen"]
        return detector
