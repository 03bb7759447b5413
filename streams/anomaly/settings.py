"""What can be set of a detector; one setting serves all series."""

from __future__ import annotations

from dataclasses import dataclass

from streams.anomaly.novelty import Course


@dataclass(frozen=True)
class Settings:
    """Settings of a `Detector`. The defaults are those that the benchmark is run with.

    Attributes:
        memory: values that the present course is compared with; also the size of the state.
        warm: distances that must be known before anything is told.
        fade: distances after which what is known of their rarity begins to fade.
        window: values that `recent` takes as usual.
        rest: values after one that was told in which a less rare one is not.
        alarm: rarity of an alarm, which has the score 0.5: 2.75 is once in 562 values.
        courses: what novelty is looked for in, by name.
        visits: visits of a slot (weeks) that the baseline remembers.
        offset_s: seconds ahead of UTC, for the hour of the week.
    """

    memory: int = 2048
    warm: int = 100
    fade: int = 4000
    window: int = 144
    rest: int = 100
    alarm: float = 2.75
    courses: tuple[tuple[str, Course], ...] = (
        ("value", Course(1, 1)),
        ("course", Course(1, 4, compressed=True)),
        ("long course", Course(4, 4)),
    )
    visits: int = 6
    offset_s: int = 0
