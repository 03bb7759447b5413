"""The time that figures are of, and the time before that they are compared with; pure.

Days are the city's. A period that still runs is compared with as much of the one before as has
passed of it, so that a Tuesday is never held against a whole week.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from citybrain.floor.text import Text
from dashboards.desks.forms import FormRefusal

PeriodName = Literal["week", "month", "days", "custom"]
PERIODS: tuple[PeriodName, ...] = get_args(PeriodName)
LAST_DAYS = 30
LONGEST_DAYS = 732


class Period(NamedTuple):
    """A stretch of time.

    Attributes:
        since: its first instant, aware.
        until: the first instant after it.
    """

    since: datetime
    until: datetime


class PeriodForm(NamedTuple):
    """What somebody asks for.

    Attributes:
        name: this week, this month, the last 30 days, or days that are given.
        first, last: the days, included, as ISO dates; of ``custom`` alone.
    """

    name: str = "month"
    first: str = ""
    last: str = ""


def periods(form: PeriodForm, now: datetime, zone: ZoneInfo) -> tuple[Period, Period]:
    """Return the period that `form` asks for, and the one before.

    Raises:
        FormRefusal: there is no such period, its days are none, or they are to come or too many.
    """
    today = now.astimezone(zone).date()
    if form.name == "week":
        monday = today - timedelta(days=today.weekday())
        return _two(monday, monday - timedelta(days=7), None, now, zone)
    if form.name == "month":
        first = today.replace(day=1)
        return _two(first, (first - timedelta(days=1)).replace(day=1), None, now, zone)
    if form.name == "days":
        first = today - timedelta(days=LAST_DAYS - 1)
        return _two(first, first - timedelta(days=LAST_DAYS), None, now, zone)
    if form.name == "custom":
        first, last = _day(form.first), _day(form.last)
        count = (last - first).days + 1
        if not 0 < count <= LONGEST_DAYS or first > today:
            words = f"give from 1 to {LONGEST_DAYS} days, none of them to come"
            raise FormRefusal(400, Text(f"请选 1 至 {LONGEST_DAYS} 天，且不在将来", words))
        return _two(first, first - timedelta(days=count), last, now, zone)
    words = f"unknown period {form.name!r}; known are {', '.join(PERIODS)}"
    raise FormRefusal(400, Text("没有这个时段，请刷新页面", words))


def _two(
    first: date, before: date, last: date | None, now: datetime, zone: ZoneInfo
) -> tuple[Period, Period]:
    since, begin = _midnight(first, zone), _midnight(before, zone)
    until = now if last is None else min(now, _midnight(last + timedelta(days=1), zone))
    passed = until.timestamp() - since.timestamp()
    end = datetime.fromtimestamp(begin.timestamp() + passed, zone)
    return Period(since, until), Period(begin, min(end, since))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        words = f"{text!r} is no day; write one like 2026-03-31"
        raise FormRefusal(400, Text("日期无法识别", words)) from error
