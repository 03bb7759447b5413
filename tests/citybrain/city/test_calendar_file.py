"""calendar.yaml: what it can say, and the exact words of what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.city.calendar_file import read_calendar
from citybrain.city.work_calendar import Holiday, OfficeHours, WorkCalendar, WorkingHours
from citybrain.floor.strict import Document
from citybrain.floor.text import Text

NATIONAL = "festivals: {national: {zh: 国庆节, en: National Day}}\n"


def read(folder: Path, text: str) -> tuple[WorkCalendar, list[str]]:
    path = folder / "calendar.yaml"
    path.write_text(text, "utf-8")
    document = Document(path)
    found = read_calendar(document)
    return found, [str(one).replace(f"{folder}/", "") for one in document.sorted_faults()]


def test_read_calendar_when_it_is_of_the_version_before_then_says_what_it_said(
    tmp_path: Path,
) -> None:
    found, faults = read(
        tmp_path,
        "example: true\n"
        "working_hours: {from: '08:00', until: '17:00', weekdays: [1, 2, 3, 4, 5, 6]}\n"
        "holidays:\n"
        "  - {from: '2026-10-01', until: '2026-10-07', title: {zh: 国庆节, en: National Day}}\n"
        "working_days: ['2026-10-10']\n",
    )

    assert faults == []
    assert found == WorkCalendar(
        WorkingHours((1, 2, 3, 4, 5, 6), (OfficeHours("08:00", "17:00"),)),
        (Holiday("2026-10-01", "2026-10-07", Text("国庆节", "National Day")),),
        ("2026-10-10",),
        published=(),
        example=True,
    )


def test_read_calendar_when_days_are_in_short_then_they_are_the_same(tmp_path: Path) -> None:
    found, faults = read(
        tmp_path,
        "published: [2024, 2026]\n"
        "festivals:\n"
        "  new_year: {zh: 元旦, en: New Year}\n"
        "  national: {zh: 国庆节, en: National Day}\n"
        "years:\n"
        "  2024: {free: {new_year: 12-30..01-01}}\n"
        "  2026: {free: {national: 10-01..10-07, new_year: 01-01}, worked: [10-10]}\n",
    )

    new_year = Text("元旦", "New Year")
    assert faults == []
    assert found.holidays == (
        Holiday("2023-12-30", "2024-01-01", new_year),
        Holiday("2026-10-01", "2026-10-07", Text("国庆节", "National Day")),
        Holiday("2026-01-01", "2026-01-01", new_year),
    )
    assert (found.working_days, found.published) == (("2026-10-10",), (2024, 2026))


def test_read_calendar_when_there_are_several_intervals_then_they_are_the_hours(
    tmp_path: Path,
) -> None:
    found, faults = read(
        tmp_path,
        "working_hours:\n"
        "  weekdays: [1, 2]\n"
        "  intervals: [{from: '08:30', until: '12:00'}, {from: '12:00', until: '24:00'}]\n",
    )
    assert faults == []
    assert found.working_hours == WorkingHours(
        (1, 2), (OfficeHours("08:30", "12:00"), OfficeHours("12:00", "24:00"))
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "working_hours: {from: early}\n",
            "1: working_hours.from: 'early' is not a time of day; give 00:00 to 24:00",
        ),
        (
            "working_hours: {from: '18:00', until: '08:00'}\n",
            "1: working_hours.until: not later than from; "
            "give two intervals for a night: one until 24:00, one from 00:00",
        ),
        (
            "working_hours:\n  from: '08:00'\n  intervals: [{from: '08:30', until: '12:00'}]\n",
            "1: working_hours: intervals beside from or until; give intervals alone",
        ),
        (
            "working_hours: {intervals: []}\n",
            "1: working_hours.intervals: no interval; give at least one: from and until",
        ),
        (
            "working_hours:\n"
            "  intervals:\n"
            "    - {from: '14:00', until: '18:00'}\n"
            "    - {from: '08:30', until: '12:00'}\n",
            "4: working_hours.intervals[1].from: begins before 18:00, the end of the one before; "
            "order them, without overlap",
        ),
        (
            "working_hours:\n  intervals: [{from: '14:00', until: '25:00'}]\n",
            "2: working_hours.intervals[0].until: '25:00' is not a time of day; "
            "give 00:00 to 24:00",
        ),
        (
            "working_hours:\n  intervals: [{until: '12:00'}]\n",
            "2: working_hours.intervals[0]: key 'from' is missing; add 'from: …'",
        ),
        (
            "working_hours: {weekdays: []}\n",
            "1: working_hours.weekdays: no day of the week; give such as [1, 2, 3, 4, 5]",
        ),
        (
            "working_hours: {weekdays: [0]}\n",
            "1: working_hours.weekdays: 0 is not a day of the week; give 1 (Monday) to 7 (Sunday)",
        ),
        (
            "holidays:\n  - {from: '2026-01-01', until: '2028-01-03', title: {zh: 假, en: Free}}\n",
            "2: holidays[0].until: more than a year; give the days of one holiday",
        ),
        (
            "holidays:\n  - {from: '2026-01-03', until: '2026-01-01', title: {zh: 假, en: Free}}\n",
            "2: holidays[0].until: before its beginning; exchange them",
        ),
        (
            "working_days: ['2026-02-30']\n",
            "1: working_days[0]: '2026-02-30' is not a date; give one such as \"2026-10-01\"",
        ),
        (
            f"{NATIONAL}years:\n  26: {{free: {{national: 10-01}}}}\n",
            "3: years.26: '26' is not a year; give one such as 2026",
        ),
        (
            f"{NATIONAL}years:\n  2026: {{free: {{nationale: 10-01}}}}\n",
            "3: years.2026.free.nationale: unknown festival 'nationale'; did you mean 'national'?",
        ),
        (
            f"{NATIONAL}years:\n  2026: {{free: {{national: 10-01..10-32}}}}\n",
            "3: years.2026.free.national: '10-01..10-32' are no days of 2026; "
            "give a day such as 10-01, or days such as 10-01..10-07",
        ),
        (
            f"{NATIONAL}years:\n  2026: {{free: {{national: 10-01}}, worked: [02-29]}}\n",
            "3: years.2026.worked[0]: '02-29' is not a day of 2026; give one such as 10-10",
        ),
        (
            f"{NATIONAL}years:\n  2026: {{free: {{national: 10-01}}}}\npublished: [2026, 2027]\n",
            "4: published[1]: 2027 has no holiday; add its days, or take it away",
        ),
        (
            "publishd: [2026]\n",
            "1: publishd: unknown key 'publishd'; did you mean 'published'?",
        ),
    ],
)
def test_read_calendar_when_it_is_wrong_then_says_place_problem_and_remedy(
    tmp_path: Path, text: str, fault: str
) -> None:
    _, faults = read(tmp_path, text)
    assert faults == [f"calendar.yaml:{fault}"]


def test_read_calendar_when_much_is_wrong_then_says_it_all_at_once(tmp_path: Path) -> None:
    _, faults = read(
        tmp_path,
        "working_hours: {from: late, weekdays: [9]}\nworking_days: [never]\n"
        f"{NATIONAL}years:\n  2026: {{free: {{easter: 13-01}}, worked: [x]}}\n",
    )
    assert [one.split(": ")[1] for one in faults] == [
        "working_hours.from",
        "working_hours.weekdays",
        "working_days[0]",
        "years.2026.free.easter",
        "years.2026.free.easter",
        "years.2026.worked[0]",
    ]
