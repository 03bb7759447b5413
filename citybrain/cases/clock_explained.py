"""Why a clock stands where it stands: every second of a leg, counted or not, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from citybrain.cases.clock_reading import DEFERRED, RUNNING, ClockLeg, ClockStretch
from citybrain.cases.time_units import UnitName
from citybrain.cases.working_time import WorkingTime, instant, whole
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text

COUNTED = "counted"


@dataclass(frozen=True)
class ClockSpan:
    """A stretch of a leg of which one thing can be said.

    Attributes:
        start, end: instants (UTC); the spans of a leg follow each other without a gap.
        counted_s: how many of its seconds counted; those of all spans are what was used.
        reason: why it counted or did not: a code of `PHRASES`.
        given: why it was paused or deferred, as whoever did it said.
    """

    start: datetime
    end: datetime
    counted_s: int
    reason: Reason
    given: Reason | None = None


def explain(leg: ClockLeg, time: WorkingTime, now: datetime) -> tuple[ClockSpan, ...]:
    """Return what became of every second of `leg` until `now` (aware), in order.

    Args:
        leg: of a reading at `now`.
        time: the city's.
        now: until when; a closed leg ends where it was closed.
    """
    return tuple(span for one in leg.stretches for span in _spans(one, leg, time, whole(now)))


def _spans(
    stretch: ClockStretch, leg: ClockLeg, time: WorkingTime, now: int
) -> Iterator[ClockSpan]:
    end = now if stretch.end is None else stretch.end
    if end <= stretch.start:
        return
    if stretch.state == RUNNING:
        yield from _running(stretch.start, end, leg.limit.unit, time)
        return
    arguments = {}
    if stretch.state == DEFERRED and stretch.until is not None:
        arguments["until"] = f"{instant(stretch.until).astimezone(time.zone):%Y-%m-%d %H:%M}"
    reason = Reason(stretch.state, arguments)
    yield ClockSpan(instant(stretch.start), instant(end), 0, reason, stretch.reason)


def _running(start: int, end: int, unit: UnitName, time: WorkingTime) -> Iterator[ClockSpan]:
    done = start
    for first, last, counted in time.intervals_s(unit, start, end):
        yield from _gap(done, first, time)
        yield ClockSpan(instant(first), instant(last), counted, Reason(COUNTED))
        done = last
    yield from _gap(done, end, time)


def _gap(start: int, end: int, time: WorkingTime) -> Iterator[ClockSpan]:
    if start < end:
        yield ClockSpan(instant(start), instant(end), 0, _why_free(start, end, time))


def _why_free(start: int, end: int, time: WorkingTime) -> Reason:
    """Return why offices are closed: a holiday, a free day, or the hours of a working day."""
    table = time.timetable
    free = [day for day in _days(start, end, time) if not table.minutes_on(day)]
    holidays = dict.fromkeys(one.title for one in map(table.holiday, free) if one is not None)
    if not holidays:
        return Reason("free_days" if free else "closed")
    zh, en = (
        separator.join(title.both()[place] for title in holidays)
        for place, separator in enumerate(("、", ", "))
    )
    return Reason("holiday", {"zh": zh, "en": en})


def _days(start: int, end: int, time: WorkingTime) -> Iterator[date]:
    """Yield the days of the city that lie between two instants, also in part."""
    day, last = (instant(at).astimezone(time.zone).date() for at in (start, end - 1))
    while day <= last:
        yield day
        day += timedelta(days=1)


PHRASES = Phrases(
    {
        COUNTED: Text("计时", "counted"),
        "closed": Text("非工作时间", "outside of working hours"),
        "free_days": Text("休息日", "days off"),
        "holiday": Text("{zh}放假", "holiday: {en}"),
        "paused": Text("暂停", "paused"),
        "deferred": Text("挂账至 {until}", "deferred until {until}"),
        "already_started": Text("计时早已开始", "it had already begun"),
        "is_waiting": Text("计时尚未开始", "it had not begun"),
        "is_running": Text("当时正在计时", "it was running"),
        "is_paused": Text("当时已暂停", "it was paused"),
        "is_deferred": Text("当时已挂账", "it was deferred"),
        "is_stopped": Text("当时已办结", "it was closed"),
        "other_unit": Text("与时限单位不同", "it is in another unit than the limit"),
        "over_at_once": Text("截止时间不晚于开始时间", "it ends no later than it begins"),
        "beyond_counting": Text("时间超出可计算的年份", "it is in no year that can be counted in"),
    }
)
"""Words of the spans, and of events that changed nothing."""
