"""Read a city's calendar.yaml, or say what is wrong with it.

working_hours   weekdays, and from and until or several intervals
holidays        free days: from, until, title
working_days    make-up working days
festivals       titles by id, for `years`
years           the same days in short, a year an entry: free, worked
published       years whose days are known, and no guess
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from citybrain.city.hours_of_day import check_date, check_time_of_day, check_weekdays
from citybrain.city.records import City
from citybrain.city.references import RecordFault
from citybrain.city.work_calendar import (
    CLOSES,
    OPENS,
    Holiday,
    OfficeHours,
    WorkCalendar,
    WorkingHours,
)
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document, join, suggest
from citybrain.floor.text import Text

CALENDAR = "calendar.yaml"
_A_YEAR = timedelta(days=366)
_RANGE = ".."
_YEAR_DIGITS = 4


def load_calendar(city: City) -> WorkCalendar:
    """Return the work calendar of `city`: an ordinary one where it has no calendar.yaml.

    Raises:
        ConfigError: something is wrong with calendar.yaml.
    """
    path = city.folder / CALENDAR
    try:
        seen = path.stat()
    except FileNotFoundError:
        return WorkCalendar()
    return _loaded(path, seen.st_mtime_ns, seen.st_size)


@functools.lru_cache(maxsize=8)
def _loaded(path: Path, _mtime_ns: int, _size: int) -> WorkCalendar:
    """Return what `path` says; a rule each asks for it, and it is as it was while not saved."""
    document = Document(path)
    calendar = read_calendar(document)
    if document.faults:
        raise ConfigError(document.sorted_faults())
    return calendar


def read_calendar(document: Document) -> WorkCalendar:
    """Return what `document`, a calendar.yaml, says; what is wrong with it is noted there."""
    root = document.root()
    found = document.record(root, _CalendarFile, "") if root is not None else None
    if found is None:
        return WorkCalendar()
    wrong = list(_faults(found))
    for one in wrong:
        document.fault(one.item, one.problem, one.remedy)
    return WorkCalendar() if wrong else found.calendar()


@dataclass(frozen=True)
class _HoursEntry:
    """`working_hours` as written: ``from`` and ``until``, or ``intervals``."""

    from_: str = ""
    until: str = ""
    weekdays: tuple[int, ...] = WorkingHours.weekdays
    intervals: tuple[OfficeHours, ...] | None = None

    def hours(self) -> WorkingHours:
        alone = OfficeHours(self.from_ or OPENS, self.until or CLOSES)
        return WorkingHours(self.weekdays, self.intervals or (alone,))


@dataclass(frozen=True)
class _YearEntry:
    """The days of one year: festival → ``MM-DD`` or ``MM-DD..MM-DD``; make-up days ``MM-DD``.

    A festival that ends earlier in the year than it begins began in the year before.
    """

    free: Mapping[str, str] = field(default_factory=dict)
    worked: tuple[str, ...] = ()

    def spans(self, year: str) -> Iterator[tuple[str, str, str]]:
        """Yield festival, first and last day, as ISO dates where they are right."""
        for name, days in self.free.items():
            first, _, last = days.partition(_RANGE)
            begins = f"{int(year) - 1:04}" if last and last < first else year
            yield name, f"{begins}-{first}", f"{year}-{last or first}"


@dataclass(frozen=True)
class _CalendarFile:
    """What calendar.yaml says."""

    working_hours: _HoursEntry = _HoursEntry()
    holidays: tuple[Holiday, ...] = ()
    working_days: tuple[str, ...] = ()
    festivals: Mapping[str, Text] = field(default_factory=dict)
    years: Mapping[str, _YearEntry] = field(default_factory=dict)
    published: tuple[int, ...] = ()
    example: bool = False

    def calendar(self) -> WorkCalendar:
        worked = (f"{year}-{day}" for year, entry in self.years.items() for day in entry.worked)
        of_years = (
            Holiday(first, last, self.festivals[festival])
            for year, entry in self.years.items()
            for festival, first, last in entry.spans(year)
        )
        return WorkCalendar(
            working_hours=self.working_hours.hours(),
            holidays=(*self.holidays, *of_years),
            working_days=(*self.working_days, *worked),
            published=self.published,
            example=self.example,
        )


def _faults(found: _CalendarFile) -> Iterator[RecordFault]:
    yield from _hours_faults(found.working_hours)
    for index, holiday in enumerate(found.holidays):
        yield from _holiday_faults(holiday, f"holidays[{index}]")
    for index, day in enumerate(found.working_days):
        yield from check_date(day, f"working_days[{index}]")
    years = [fault for name in found.years for fault in _year_faults(name, found)]
    yield from years
    if not years:
        yield from _published_faults(found)


def _hours_faults(hours: _HoursEntry) -> Iterator[RecordFault]:
    item = "working_hours"
    if hours.intervals is not None and (hours.from_ or hours.until):
        yield RecordFault(item, "intervals beside from or until", "give intervals alone")
    elif hours.intervals == ():
        yield RecordFault(f"{item}.intervals", "no interval", "give at least one: from and until")
    else:
        yield from _interval_faults(hours, item)
    if not hours.weekdays:
        yield RecordFault(f"{item}.weekdays", "no day of the week", "give such as [1, 2, 3, 4, 5]")
    yield from check_weekdays(hours.weekdays, f"{item}.weekdays")


def _interval_faults(hours: _HoursEntry, item: str) -> Iterator[RecordFault]:
    read = hours.hours().intervals
    names = [
        f"{item}.intervals[{index}]" if hours.intervals else item for index in range(len(read))
    ]
    wrong = [fault for name, one in zip(names, read, strict=True) for fault in _span(one, name)]
    yield from wrong
    for (one, two), name in zip(pairwise(read), names[1:], strict=True):
        if not wrong and two.from_ < one.until:
            problem = f"begins before {one.until}, the end of the one before"
            yield RecordFault(f"{name}.from", problem, "order them, without overlap")


def _span(hours: OfficeHours, item: str) -> Iterator[RecordFault]:
    wrong = [
        *check_time_of_day(hours.from_, f"{item}.from"),
        *check_time_of_day(hours.until, f"{item}.until"),
    ]
    yield from wrong
    if not wrong and hours.until <= hours.from_:
        remedy = "give two intervals for a night: one until 24:00, one from 00:00"
        yield RecordFault(f"{item}.until", "not later than from", remedy)


def _holiday_faults(holiday: Holiday, item: str) -> Iterator[RecordFault]:
    wrong = [
        *check_date(holiday.from_, f"{item}.from"),
        *check_date(holiday.until, f"{item}.until"),
    ]
    yield from wrong
    if wrong:
        return
    if holiday.until < holiday.from_:
        yield RecordFault(f"{item}.until", "before its beginning", "exchange them")
    elif date.fromisoformat(holiday.until) - date.fromisoformat(holiday.from_) > _A_YEAR:
        yield RecordFault(f"{item}.until", "more than a year", "give the days of one holiday")


def _year_faults(name: str, found: _CalendarFile) -> Iterator[RecordFault]:
    item, entry = join("years", name), found.years[name]
    if not (len(name) == _YEAR_DIGITS and name.isascii() and name.isdigit() and int(name) > 1):
        yield RecordFault(item, f"{name!r} is not a year", "give one such as 2026")
        return
    for festival, *days in entry.spans(name):
        place = join(f"{item}.free", festival)
        if festival not in found.festivals:
            problem = f"unknown festival {festival!r}"
            yield RecordFault(place, problem, suggest(festival, found.festivals))
        if any(fault for day in days for fault in check_date(day, place)):
            remedy = "give a day such as 10-01, or days such as 10-01..10-07"
            yield RecordFault(place, f"{entry.free[festival]!r} are no days of {name}", remedy)
    for index, day in enumerate(entry.worked):
        if any(check_date(f"{name}-{day}", "")):
            place = f"{item}.worked[{index}]"
            yield RecordFault(place, f"{day!r} is not a day of {name}", "give one such as 10-10")


def _published_faults(found: _CalendarFile) -> Iterator[RecordFault]:
    written = {text[:4] for holiday in found.holidays for text in (holiday.from_, holiday.until)}
    written |= {year for year, entry in found.years.items() if entry.free}
    for index, year in enumerate(found.published):
        if str(year) not in written:
            problem = f"{year} has no holiday"
            yield RecordFault(f"published[{index}]", problem, "add its days, or take it away")
