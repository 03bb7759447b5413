"""Arithmetic on instants by a city's working hours: when something is due, how much time passed.

A unit is part of every amount, for "a day" is four different things (`citybrain.cases.time_units`).
All counting is in whole seconds; what an instant has beyond them is left out. A working day is as
much working time as the offices are open on a day: one that begins on Friday at 16:00 is over on
Monday at 16:00, and one that begins on Saturday is over when the offices close on Monday.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from citybrain.cases.counted_axis import (
    CountedAxis,
    Timetable,
    calendar_axis,
    day_begin,
    working_axis,
)
from citybrain.cases.time_units import CALENDAR_DAYS, TIME_UNITS, WALL, WORKING, Pace, UnitName
from citybrain.city.work_calendar import TURN_OF_YEAR

FIRST_YEAR, LAST_YEAR = 1970, 2150
"""Years that can be counted in."""
_NEVER = 10**6


class BeyondCountingError(ValueError):
    """An instant, or a deadline, outside of the years that can be counted in."""

    def __init__(self) -> None:
        """Say which those are."""
        super().__init__(f"not between {FIRST_YEAR} and {LAST_YEAR}")


@dataclass(frozen=True, slots=True)
class DueTime:
    """When something is due.

    Attributes:
        at: the first instant at which the time is used up (UTC): the close of business, not the
            opening of the next day.
        provisional: whether a day before it is of a year whose free days are not known yet.
    """

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class CountedInterval:
    """A stretch of time that counted.

    Attributes:
        start, end: instants (UTC).
        counted_s: seconds; other than its length only for calendar days on which the city's clocks
            were changed.
    """

    start: datetime
    end: datetime
    counted_s: int


@dataclass(frozen=True)
class LaidOutYears:
    """The axes of some years, both included, and which of the years are known.

    Attributes:
        turns: instants from which days go by the notice of the year `first_year` + place.
        guessed: place → place of the first such year from there on that is not published.
    """

    first_year: int
    last_year: int
    begin: int
    end: int
    axes: dict[Pace, CountedAxis]
    turns: Sequence[int]
    guessed: Sequence[int]

    def covers(self, start: int, end: int) -> bool:
        """Whether two instants, in order, lie in them."""
        return self.begin <= start and end < self.end

    def is_guess(self, start: int, end: int) -> bool:
        """Whether a day between two instants is of a year that is not published."""
        first, last = (bisect_right(self.turns, at) - 1 for at in (start, end))
        return self.guessed[max(first, 0)] <= last


class WorkingTime:
    """Counts by one calendar in one time zone; years are laid out when they are first asked for."""

    def __init__(self, timetable: Timetable, zone: ZoneInfo) -> None:
        """Count by `timetable`, in the city's `zone`."""
        self.timetable, self.zone = timetable, zone
        self._years: LaidOutYears | None = None

    def seconds(self, amount: int, unit: UnitName) -> int:
        """Return how many seconds of the unit's own pace `amount` units are."""
        return amount * (TIME_UNITS[unit].seconds or self.timetable.day_s)

    def due(self, start: datetime, amount: int, unit: UnitName) -> DueTime:
        """Return when `amount` units that begin at `start` (aware) are over.

        Raises:
            BeyondCountingError: not in the years that can be counted in.
        """
        at = whole(start)
        end = self.due_s(at, self.seconds(amount, unit), unit)
        return DueTime(instant(end), self.is_provisional(at, end, unit))

    def elapsed(self, unit: UnitName, start: datetime, end: datetime) -> int:
        """Return the seconds that count between two aware instants; 0 where they are the other way.

        Raises:
            BeyondCountingError: not in the years that can be counted in.
        """
        return self.elapsed_s(unit, whole(start), whole(end))

    def intervals(
        self, unit: UnitName, start: datetime, end: datetime
    ) -> tuple[CountedInterval, ...]:
        """Return what counts between two aware instants; it adds up to `elapsed`.

        Raises:
            BeyondCountingError: not in the years that can be counted in.
        """
        found = self.intervals_s(unit, whole(start), whole(end))
        return tuple(CountedInterval(instant(one), instant(two), s) for one, two, s in found)

    def due_s(self, start: int, seconds: int, unit: UnitName) -> int:
        """Return when `seconds` that begin at `start` are over, seconds since 1970-01-01 UTC."""
        pace = TIME_UNITS[unit].pace
        if pace == WALL or seconds <= 0:
            check_years(start, start + max(seconds, 0))
            return start + max(seconds, 0)
        years = self.years_over(start, start)
        target = years.axes[pace].count(start) + seconds
        while years.axes[pace].total < target:
            years = self.more_years(years)
            target = years.axes[pace].count(start) + seconds
        return years.axes[pace].reach(target)

    def elapsed_s(self, unit: UnitName, start: int, end: int) -> int:
        """Return the seconds that count between two instants (seconds since 1970-01-01 UTC)."""
        pace = TIME_UNITS[unit].pace
        if end <= start:
            return 0
        if pace == WALL:
            return end - start
        axis = self.years_over(start, end).axes[pace]
        return axis.count(end) - axis.count(start)

    def intervals_s(self, unit: UnitName, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield what counts between two instants: from, until, counted seconds."""
        pace = TIME_UNITS[unit].pace
        if end <= start:
            return
        if pace == WALL:
            yield start, end, end - start
            return
        axis = self.years_over(start, end).axes[pace]
        stretches = list(axis.within(start, end))
        for place, (first, last) in enumerate(stretches):
            following = stretches[place + 1][0] if place + 1 < len(stretches) else end
            yield first, last, axis.count(following) - axis.count(first)

    def is_provisional(self, start: int, end: int, unit: UnitName) -> bool:
        """Whether a day between two instants is of a year whose free days are not known yet."""
        if TIME_UNITS[unit].pace != WORKING:
            return False
        return self.years_over(start, max(start, end)).is_guess(start, end)

    def years_over(self, start: int, end: int) -> LaidOutYears:
        """Return the axes that cover two instants, seconds since 1970-01-01 UTC.

        Raises:
            BeyondCountingError: not in the years that can be counted in.
        """
        laid_out = self._years
        if laid_out is None or not laid_out.covers(start, end):
            check_years(start, end)
            years = [datetime.fromtimestamp(at, self.zone).year for at in (start, end)]
            if laid_out is not None:
                years += laid_out.first_year, laid_out.last_year
            self._years = laid_out = self._laid_out(min(years), max(years))
        return laid_out

    def more_years(self, than: LaidOutYears) -> LaidOutYears:
        """Return axes of twice as many years.

        Raises:
            BeyondCountingError: there are no more that can be counted in.
        """
        if than.last_year >= LAST_YEAR:
            raise BeyondCountingError
        last_year = 2 * than.last_year - than.first_year + 1
        self._years = self._laid_out(than.first_year, min(last_year, LAST_YEAR))
        return self._years

    def _laid_out(self, first_year: int, last_year: int) -> LaidOutYears:
        years = range(first_year, last_year + 2)
        guessed, found = list[int](), _NEVER
        for place in reversed(range(len(years))):
            found = found if self.timetable.is_published(years[place]) else place
            guessed.append(found)
        return LaidOutYears(
            first_year,
            last_year,
            day_begin(self.zone, first_year),
            day_begin(self.zone, last_year + 1),
            {
                WORKING: working_axis(self.timetable, self.zone, first_year, last_year),
                CALENDAR_DAYS: calendar_axis(self.zone, first_year, last_year),
            },
            [day_begin(self.zone, year - 1, *TURN_OF_YEAR) for year in years],
            guessed[::-1],
        )


def whole(at: datetime) -> int:
    """Return an aware instant as whole seconds since 1970-01-01 UTC."""
    return int(at.timestamp() // 1)


def instant(at: int) -> datetime:
    """Return the instant (UTC) of so many seconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(at, UTC)


def check_years(start: int, end: int) -> None:
    """Refuse instants that cannot be counted with, seconds since 1970-01-01 UTC.

    Raises:
        BeyondCountingError: one is outside of `FIRST_YEAR` to `LAST_YEAR`.
    """
    if start < _FIRST_S or end >= _LAST_S:
        raise BeyondCountingError


_FIRST_S = int(datetime(FIRST_YEAR, 1, 2, tzinfo=UTC).timestamp())
_LAST_S = int(datetime(LAST_YEAR, 12, 31, tzinfo=UTC).timestamp())
