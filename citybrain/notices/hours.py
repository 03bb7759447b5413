"""Times of the week and the work calendar; pure, in the city's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.alerts.silence_records import Recurrence
from citybrain.floor.text import Text

DAY_MIN = 24 * 60
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
DAYS = ("all", "working", "free")


def minutes(text: str) -> int:
    """Return the minutes since midnight in ``HH:MM``, up to ``24:00``.

    Raises:
        ValueError: it is no time of day.
    """
    hour, _, minute = text.partition(":")
    total = int(hour) * 60 + int(minute)
    if len(text) != 5 or int(minute) >= 60 or not 0 <= total <= DAY_MIN:  # noqa: PLR2004
        raise ValueError(f"{text!r} is not a time of day")
    return total


@dataclass(frozen=True)
class Holiday:
    """Free days in a row, both ends included, as ISO dates."""

    from_: str
    until: str
    title: Text


@dataclass(frozen=True)
class WorkingHours:
    """When an office is open on a working day."""

    from_: str = "08:30"
    until: str = "17:30"
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are working days.

    Attributes:
        working_hours: of an ordinary working day.
        holidays: free days.
        working_days: make-up working days (ISO dates), which beat weekday and holiday.
        example: whether somebody has yet to check it against the official notice.
    """

    working_hours: WorkingHours = WorkingHours()
    holidays: tuple[Holiday, ...] = ()
    working_days: tuple[str, ...] = ()
    example: bool = False

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is one."""
        text = day.isoformat()
        if text in self.working_days:
            return True
        return self.holiday(day) is None and day.isoweekday() in self.working_hours.weekdays

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that `day` belongs to."""
        text = day.isoformat()
        return next((one for one in self.holidays if one.from_ <= text <= one.until), None)

    def is_working(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether the offices are open at `instant` (aware)."""
        hours = Hours(
            days="working", from_=self.working_hours.from_, until=self.working_hours.until
        )
        return hours.hold(instant, zone, self)


@dataclass(frozen=True)
class Hours:
    """A time of the week, by which a route is active or mute.

    Attributes:
        title: what it is called.
        days: ``all``, ``working`` or ``free`` days of the work calendar.
        weekdays: 1 Monday … 7 Sunday.
        from_, until: ``HH:MM``; an end before the beginning is on the next day.
    """

    title: Text | None = None
    days: str = "all"
    weekdays: tuple[int, ...] = EVERY_DAY
    from_: str = "00:00"
    until: str = "24:00"

    def hold(self, instant: datetime, zone: ZoneInfo, calendar: WorkCalendar) -> bool:
        """Whether `instant` (aware) lies in it."""
        start = _day_of(instant, zone, minutes(self.from_), minutes(self.until))
        return start is not None and self._has(start, calendar)

    def _has(self, day: date, calendar: WorkCalendar) -> bool:
        wanted = {"working": True, "free": False}.get(self.days)
        fits = wanted is None or calendar.is_working_day(day) is wanted
        return fits and day.isoweekday() in self.weekdays


def recurs(recurrence: Recurrence, instant: datetime, zone: ZoneInfo) -> bool:
    """Whether `instant` (aware) lies in the hours of a silence."""
    day = _day_of(instant, zone, minutes(recurrence.start), minutes(recurrence.end))
    return day is not None and (not recurrence.weekdays or day.isoweekday() in recurrence.weekdays)


def _day_of(instant: datetime, zone: ZoneInfo, start: int, end: int) -> date | None:
    """Return the day on which the hours around `instant` began; None: it is in none."""
    local = instant.astimezone(zone)
    now = local.hour * 60 + local.minute
    if start < end:
        return local.date() if start <= now < end else None
    if now >= start:
        return local.date()
    return local.date() - timedelta(days=1) if now < end else None
