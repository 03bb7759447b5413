"""A city's working days and hours: what days are free, when offices are open, what is published.

Days that the State Council frees or has made up are data (`citybrain.city.calendar_file` reads
them); the years whose notice is known are `published`, and whoever counts past them says so.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from citybrain.city.hours_of_day import minutes
from citybrain.floor.text import Text

OPENS, CLOSES = "08:30", "17:30"
"""When offices are open where nobody says otherwise."""
TURN_OF_YEAR = (12, 29)
"""Month and day from which days go by the notice of the year that follows: New Year's bridging."""


@dataclass(frozen=True)
class Holiday:
    """Free days in a row, both ends included, as ISO dates."""

    from_: str
    until: str
    title: Text


@dataclass(frozen=True)
class OfficeHours:
    """A stretch of a working day, ``HH:MM``; its end is not part of it."""

    from_: str
    until: str


@dataclass(frozen=True)
class WorkingHours:
    """When offices are open.

    Attributes:
        weekdays: 1 Monday … 7 Sunday: the ordinary working days.
        intervals: of each working day, in order, apart from each other: a break lies between.
    """

    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    intervals: tuple[OfficeHours, ...] = (OfficeHours(OPENS, CLOSES),)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are working days, and when offices are open on them.

    Attributes:
        working_hours: of every working day.
        holidays: free days.
        working_days: make-up working days (ISO dates), which beat weekday and holiday.
        published: years of which holidays and make-up days are known; of others they are a guess.
        example: whether somebody has yet to check it against the official notice.
    """

    working_hours: WorkingHours = WorkingHours()
    holidays: tuple[Holiday, ...] = ()
    working_days: tuple[str, ...] = ()
    published: tuple[int, ...] = ()
    example: bool = False

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is one."""
        if day in self._made_up:
            return True
        return day not in self._free and day.isoweekday() in self.working_hours.weekdays

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that `day` belongs to."""
        return self._free.get(day)

    def is_working(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether the offices are open at `instant` (aware)."""
        local = instant.astimezone(zone)
        now = local.hour * 60 + local.minute
        return any(start <= now < end for start, end in self.minutes_on(local.date()))

    def minutes_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return from when until when offices are open on `day`, in minutes since midnight."""
        return self._intervals if self.is_working_day(day) else ()

    @functools.cached_property
    def day_s(self) -> int:
        """The seconds of a working day."""
        return sum(end - start for start, end in self._intervals) * 60

    def is_published(self, year: int) -> bool:
        """Whether holidays and make-up days of `year` are known."""
        return year in self.published

    @functools.cached_property
    def _intervals(self) -> tuple[tuple[int, int], ...]:
        hours = self.working_hours.intervals
        return tuple((minutes(one.from_), minutes(one.until)) for one in hours)

    @functools.cached_property
    def _made_up(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(day) for day in self.working_days)

    @functools.cached_property
    def _free(self) -> dict[date, Holiday]:
        found: dict[date, Holiday] = {}
        for one in self.holidays:
            day, last = date.fromisoformat(one.from_), date.fromisoformat(one.until)
            for ordinal in range(day.toordinal(), last.toordinal() + 1):
                found.setdefault(date.fromordinal(ordinal), one)
        return found
