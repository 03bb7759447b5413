"""What a value is compared with, in words ("3.1× the usual Monday 08:00"), and days like others."""

from __future__ import annotations

from datetime import date, datetime

from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.text import Text

DAYS_ZH = "一二三四五六日"
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
DAY_H = 24
_LARGE, _TEN = 1000, 10


def weekday_like(day: date, calendar: WorkCalendar) -> int:
    """Return the weekday (0 Monday … 6 Sunday) that `day` is like.

    A holiday is like a Sunday; a Saturday that is worked is like a Friday, a Sunday like a Monday.
    """
    usually = day.isoweekday() in calendar.working_hours.weekdays
    working = calendar.is_working_day(day)
    if working == usually:
        return day.weekday()
    if not working:
        return SUNDAY
    return FRIDAY if day.weekday() == SATURDAY else MONDAY


def slot_of(local: datetime, calendar: WorkCalendar) -> int | None:
    """Return the hour of the week (from Monday 00:00) that `local` is like; None: its own."""
    like = weekday_like(local.date(), calendar)
    return None if like == local.weekday() else like * DAY_H + local.hour


def compared(value: float, expected: float, basis: str, local: datetime, like: int) -> Text:
    """Return how `value` compares with what is usual.

    Args:
        value: what was measured.
        expected: what is usual.
        basis: of what it is: ``slot`` (the hour of the week), ``hour`` (of all days), ``recent``.
        local: when, in the city's time.
        like: the weekday that the day is like.
    """
    usual = _usual(basis, local, like)
    if expected <= 0 or value <= 0:
        gap = _signed(value - expected)
        return Text(f"与{usual.zh}相差 {gap}", f"{gap} from the usual {usual.en}")
    times = _times(value / expected)
    return Text(f"{usual.zh}的 {times} 倍", f"{times}× the usual {usual.en}")


def _usual(basis: str, local: datetime, like: int) -> Text:
    if basis == "recent":
        return Text("近来水平", "of late")
    if basis == "hour":
        return Text(f"平常 {local:%H:00} ", f"{local:%H:00}")
    found = Text(f"平常周{DAYS_ZH[like]} {local:%H:00} ", f"{DAYS_EN[like]} {local:%H:00}")
    if like == local.weekday():
        return found
    return Text(f"（如当日的）{found.zh}", f"{found.en} (which this day is like)")


def _times(ratio: float) -> str:
    if ratio >= _TEN:
        return f"{ratio:.0f}"
    return f"{ratio:.1f}".removesuffix(".0") if ratio >= 1 else f"{ratio:.2g}"


def _signed(gap: float) -> str:
    return f"{gap:+.0f}" if abs(gap) >= _LARGE else f"{gap:+.3g}"
