"""Times of the week by which routes are active or mute; pure, in the city's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.alerts.silence_records import Recurrence
from citybrain.city.hours_of_day import EVERY_DAY, minutes
from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.text import Text

DAYS = ("all", "working", "free")


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
