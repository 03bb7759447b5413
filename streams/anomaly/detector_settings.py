"""What can be set of a detector; one setting serves all series."""

from __future__ import annotations

from dataclasses import dataclass

from streams.anomaly.novelty import Course


@dataclass(frozen=True)
class DetectorSettings:
    """Settings of a `Detector`. The defaults are those that the benchmark is run with.

    Attributes:
        courses: what novelty is looked for in: single values, and courses that span 8 and 256 of
            them.
        recent: how many values are `recent`; alerts are explained by them as long as nothing is
            known of the hour.
        shift: how many values the mean is of that may have shifted, and how many before them it
            is compared with.
        warm: distances that must be known before anything is told.
        season_visits: visits of a slot before anything is told from it.
        season_warm: the same for distances from the baseline of the slot, whose spreads are still
            uncertain after the first three weeks.
        fade: distances after which what is known of their rarity begins to fade.
        alarm: rarity of an alarm, which has the score 0.5: 2.4 is once in 250 values for a
            novice, once in 800 for a detector that has seen 10,000.
        rest: values after one that was told in which a less rare one is not.
        visits: visits of a slot (weeks) that the baseline remembers.
        offset_s: seconds ahead of UTC, for the hour of the week.
    """

    courses: tuple[Course, ...] = (
        Course(1, 1, memory=8192),
        Course(1, 8),
        Course(64, 4),
    )
    recent: int = 72
    shift: tuple[int, int] = (24, 144)
    warm: int = 100
    season_visits: int = 5
    season_warm: int = 300
    fade: int = 4000
    alarm: float = 2.4
    rest: int = 100
    visits: int = 6
    offset_s: int = 0
