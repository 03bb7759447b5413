"""The units that limits of cases are given in, and what each of them runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from citybrain.floor.text import Text

UnitName = Literal["minute", "urgent_hour", "working_hour", "working_day", "natural_day"]
Pace = Literal["wall", "working", "calendar"]
"""What a unit runs on: every second, the seconds of working hours, the city's own calendar."""
MINUTE: UnitName = "minute"
URGENT_HOUR: UnitName = "urgent_hour"
WORKING_HOUR: UnitName = "working_hour"
WORKING_DAY: UnitName = "working_day"
NATURAL_DAY: UnitName = "natural_day"
WALL: Pace = "wall"
WORKING: Pace = "working"
CALENDAR_DAYS: Pace = "calendar"
HOUR_S = 3600
DAY_S = 86_400
MOST_AMOUNT = 10_000
"""The most units that a limit can have: a week of minutes, 27 years of days."""


@dataclass(frozen=True)
class TimeUnit:
    """One unit.

    Attributes:
        title: what it is called.
        pace: what it runs on.
        seconds: of its pace; 0: as many as the city's working day has.
    """

    title: Text
    pace: Pace
    seconds: int = 0


TIME_UNITS: Mapping[UnitName, TimeUnit] = {
    MINUTE: TimeUnit(Text("分钟", "min"), WALL, 60),
    URGENT_HOUR: TimeUnit(Text("紧急工作时", "urgent h"), WALL, HOUR_S),
    WORKING_HOUR: TimeUnit(Text("工作时", "working h"), WORKING, HOUR_S),
    WORKING_DAY: TimeUnit(Text("工作日", "working d"), WORKING),
    NATURAL_DAY: TimeUnit(Text("自然日", "calendar d"), CALENDAR_DAYS, DAY_S),
}


class TimeLimit(msgspec.Struct, frozen=True):
    """So much time: 2 working days.

    Attributes:
        amount: how many units, 1 to `MOST_AMOUNT`.
        unit: of `TIME_UNITS`.
    """

    amount: Annotated[int, msgspec.Meta(ge=1, le=MOST_AMOUNT)]
    unit: UnitName

    @property
    def said(self) -> Text:
        """It in words: 2工作日, 2 working d."""
        title = TIME_UNITS[self.unit].title
        return Text(f"{self.amount}{title.zh}", f"{self.amount} {title.en}")
