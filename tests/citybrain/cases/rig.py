"""Wuhai's working time, other timetables, and a reference that counts second by second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from citybrain.cases.clock_events import (
    ClockDeferred,
    ClockEvent,
    ClockPaused,
    ClockReopened,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    LimitChanged,
    LimitExtended,
)
from citybrain.cases.counted_axis import Timetable
from citybrain.cases.time_units import TimeLimit, UnitName
from citybrain.cases.working_time import WorkingTime
from citybrain.city.calendar_file import load_calendar
from citybrain.city.hours_of_day import minutes
from citybrain.city.reading import load_city
from citybrain.city.work_calendar import Holiday, OfficeHours, WorkCalendar, WorkingHours
from tests.repository import WUHAI

ZONE = ZoneInfo("Asia/Shanghai")
UTC_ZONE = ZoneInfo("Etc/UTC")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86_400


def local(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """Return the instant that clocks in `zone` show as `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def shown(at: datetime | None, zone: ZoneInfo = ZONE) -> str:
    """Return what clocks in `zone` show at an instant."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@cache
def wuhai_calendar() -> WorkCalendar:
    return load_calendar(load_city(WUHAI))


@cache
def wuhai() -> WorkingTime:
    """Return Wuhai's working time: 08:30 to 12:00 and 14:30 to 18:00."""
    return WorkingTime(wuhai_calendar(), ZONE)


def offices(
    *spans: str, weekdays: Sequence[int] = (1, 2, 3, 4, 5), zone: ZoneInfo = UTC_ZONE
) -> WorkingTime:
    """Return working time of ``HH:MM-HH:MM`` on some weekdays, without holidays."""
    hours = tuple(OfficeHours(*span.split("-")) for span in spans)
    years = tuple(range(1970, 2151))
    return WorkingTime(WorkCalendar(WorkingHours(tuple(weekdays), hours), published=years), zone)


WEEKS = (
    (wuhai(), local("2026-09-28 00:00"), local("2026-10-19 00:00")),
    (
        offices("00:00-02:30", "02:45-24:00", weekdays=[1, 6, 7], zone=BERLIN),
        local("2026-10-12 00:00", BERLIN),
        local("2026-11-02 00:00", BERLIN),
    ),
    (
        offices("01:00-02:30", "03:15-09:00", weekdays=[1, 6, 7], zone=BERLIN),
        local("2026-03-16 00:00", BERLIN),
        local("2026-04-06 00:00", BERLIN),
    ),
)
"""Three weeks each: Wuhai's over a holiday, Berlin's over both changes of its clocks."""


@dataclass(frozen=True)
class Schedule:
    """A timetable as help desks have it: hours by weekday, shifts, breaks and holidays by date.

    Attributes:
        hours: weekday (1 Monday) → ``HH:MM-HH:MM``, by blanks.
        shifts: date → the same, in the place of its hours.
        breaks: date → the same, what of its hours is free.
        holidays: free dates.
    """

    hours: Mapping[int, str]
    shifts: Mapping[str, str] = field(default_factory=dict)
    breaks: Mapping[str, str] = field(default_factory=dict)
    holidays: tuple[str, ...] = ()
    day_s: int = 8 * HOUR

    def minutes_on(self, day: date) -> tuple[tuple[int, int], ...]:
        text = day.isoformat()
        if text in self.holidays:
            return ()
        spans = _spans(self.shifts.get(text, self.hours.get(day.isoweekday(), "")))
        for begin, end in _spans(self.breaks.get(text, "")):
            cut = [
                part
                for one, two in spans
                for part in ((one, min(two, begin)), (max(one, end), two))
            ]
            spans = [(one, two) for one, two in cut if one < two]
        return tuple(spans)

    def holiday(self, _day: date) -> Holiday | None:
        return None

    def is_published(self, _year: int) -> bool:
        return True


def _spans(text: str) -> list[tuple[int, int]]:
    pairs = (span.split("-") for span in text.split())
    return [(minutes(begin), minutes(end)) for begin, end in pairs]


class Reference:
    """Counts by looking at every second: slow, and too simple to be wrong."""

    def __init__(
        self, timetable: Timetable, zone: ZoneInfo, begin: datetime, end: datetime
    ) -> None:
        """Look at the seconds between two instants, which are whole minutes."""
        self.begin, self.end = (int(at.timestamp()) for at in (begin, end))
        self._open, self._shown = bytearray(), list[int]()
        for minute in range(self.begin, self.end, 60):
            at = datetime.fromtimestamp(minute, UTC).astimezone(zone)
            now = at.hour * 60 + at.minute
            is_open = any(one <= now < two for one, two in timetable.minutes_on(at.date()))
            naive = int(at.replace(tzinfo=UTC).timestamp())
            self._open.extend([is_open] * 60)
            self._shown.extend(range(naive, naive + 60))

    def counts(self, unit: UnitName, start: int, end: int) -> list[int]:
        """Return of each second from `start` until `end` how many seconds of the unit it counts."""
        if unit in {"minute", "urgent_hour"}:
            return [1] * (end - start)
        first, last = start - self.begin, end - self.begin
        if unit in {"working_hour", "working_day"}:
            return list(self._open[first:last])
        latest, found = max(self._shown[: first + 1]), []
        for second in range(first, last):
            following = max(latest, self._shown[second + 1])
            found.append(following - latest)
            latest = following
        return found

    def due(self, unit: UnitName, start: int, seconds: int) -> int | None:
        """Return when `seconds` are over; None: not while this looks."""
        left = seconds
        for second, counted in enumerate(self.counts(unit, start, self.end - 1), start):
            if left <= 0:
                return second
            left -= counted
        return None


@dataclass
class ReferenceClock:
    """What a clock that is looked at every second would say of its newest leg."""

    state: str = "waiting"
    limit: TimeLimit | None = None
    base: TimeLimit | None = None
    used_s: int = 0
    ran: list[int] = field(default_factory=list)
    until: int = 0
    stopped: int | None = None

    def tick(self, second: int, events: Iterable[ClockEvent]) -> None:
        """Let a second begin."""
        if self.state == "deferred" and self.until <= second:
            self.state = "running"
        for event in events:
            self._take(event, second)
        if self.state == "running":
            self.ran.append(second)

    def _take(self, event: ClockEvent, second: int) -> None:  # noqa: C901  one case a kind
        open_ = self.state in {"running", "paused", "deferred"}
        match event:
            case ClockStarted() if self.state == "waiting":
                self._begin(event.limit)
            case ClockReopened() if self.state == "stopped":
                self._begin(event.limit or self.base)
            case ClockPaused() if self.state == "running":
                self.state = "paused"
            case ClockResumed() if self.state in {"paused", "deferred"}:
                self.state = "running"
            case ClockDeferred() if (
                self.state in {"running", "paused"} and _s(event.until) > second
            ):
                self.state, self.until = "deferred", _s(event.until)
            case ClockStopped() if open_:
                self.state, self.stopped = "stopped", second
            case LimitChanged() if open_:
                self.limit = self.base = event.limit
            case LimitExtended() if open_ and self.limit and event.by.unit == self.limit.unit:
                self.limit = TimeLimit(self.limit.amount + event.by.amount, self.limit.unit)
            case _:
                pass

    def _begin(self, limit: TimeLimit | None) -> None:
        self.state, self.limit, self.base, self.ran, self.stopped = (
            "running",
            limit,
            limit,
            [],
            None,
        )


def reference_clock(
    events: Sequence[ClockEvent], reference: Reference, now: datetime
) -> ReferenceClock:
    """Return what `now` finds, looking at every second until then."""
    clock, last = ReferenceClock(), _s(now)
    by_second: dict[int, list[ClockEvent]] = {}
    for event in sorted(events, key=lambda one: one.at):
        if event.at <= now:
            by_second.setdefault(_s(event.at), []).append(event)
    for second in range(reference.begin, last + 1):
        clock.tick(second, by_second.get(second, ()))
    if clock.limit is not None:
        counts = reference.counts(clock.limit.unit, reference.begin, last + 1)
        clock.used_s = sum(counts[one - reference.begin] for one in clock.ran if one < last)
    return clock


def _s(at: datetime) -> int:
    return int(at.timestamp() // 1)
