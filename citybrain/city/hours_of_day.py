"""Times of day, days of the week and dates as a city's files write them, and their faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from citybrain.city.references import RecordFault

DAY_MIN = 24 * 60
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


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


def check_time_of_day(text: str, item: str, most: str = "24:00") -> Iterator[RecordFault]:
    """Yield what is wrong with a time of day."""
    try:
        fits = minutes(text) <= minutes(most)
    except ValueError:
        fits = False
    if not fits:
        yield RecordFault(item, f"{text!r} is not a time of day", f"give 00:00 to {most}")


def check_date(text: str, item: str) -> Iterator[RecordFault]:
    """Yield what is wrong with an ISO date."""
    try:
        fits = date.fromisoformat(text).isoformat() == text
    except ValueError:
        fits = False
    if not fits:
        yield RecordFault(item, f"{text!r} is not a date", 'give one such as "2026-10-01"')


def check_weekdays(days: Iterable[int], item: str) -> Iterator[RecordFault]:
    """Yield which of `days` are no days of the week."""
    for day in days:
        if day not in EVERY_DAY:
            yield RecordFault(
                item, f"{day} is not a day of the week", "give 1 (Monday) to 7 (Sunday)"
            )
