"""Many deadlines at once: the same as `WorkingTime.due`, from columns to columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from citybrain.cases.counted_axis import CountedAxis, Ints
from citybrain.cases.time_units import TIME_UNITS, WALL, WORKING, UnitName
from citybrain.cases.working_time import LaidOutYears, WorkingTime, check_years

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class DueColumns:
    """When each is due.

    Attributes:
        at: seconds since 1970-01-01 UTC.
        provisional: as of `DueTime`.
    """

    at: Ints
    provisional: Bools


def deadlines(time: WorkingTime, starts: Ints, amounts: Ints, unit: UnitName) -> DueColumns:
    """Return when `amounts` of `unit` that begin at `starts` are over.

    Args:
        time: the city's.
        starts: seconds since 1970-01-01 UTC.
        amounts: of the same length.
        unit: of all of them.

    Raises:
        BeyondCountingError: one is not in the years that can be counted in.
    """
    seconds = np.maximum(amounts * time.seconds(1, unit), 0)
    pace = TIME_UNITS[unit].pace
    if len(starts):
        check_years(int(starts.min()), int((starts + seconds).max()))
    if pace == WALL or not len(starts):
        return DueColumns(starts + seconds, np.zeros(len(starts), np.bool_))
    years = time.years_over(int(starts.min()), int(starts.max()))
    while True:
        axis = years.axes[pace]
        targets = _count(axis, starts) + seconds
        if int(targets.max()) <= axis.total:
            break
        years = time.more_years(years)
    at = np.where(seconds > 0, _reach(axis, targets), starts)
    guessed = _guessed(years, starts, at) if pace == WORKING else np.zeros(len(at), np.bool_)
    return DueColumns(at, guessed)


def _count(axis: CountedAxis, at: Ints) -> Ints:
    starts, ends, before = axis.columns
    place = np.maximum(np.searchsorted(starts, at, "right") - 1, 0)
    first = starts.take(place)
    counted = np.minimum(at, ends.take(place)) - first
    return np.asarray(before.take(place) + np.maximum(counted, 0))


def _reach(axis: CountedAxis, counted: Ints) -> Ints:
    starts, ends, before = axis.columns
    place = np.maximum(np.searchsorted(before, counted, "left") - 1, 0)
    return np.asarray(
        np.minimum(starts.take(place) + counted - before.take(place), ends.take(place))
    )


def _guessed(years: LaidOutYears, starts: Ints, at: Ints) -> Bools:
    turns = np.array(years.turns, np.int64)
    first = np.maximum(np.searchsorted(turns, starts, "right") - 1, 0)
    last = np.searchsorted(turns, at, "right") - 1
    return np.asarray(np.array(years.guessed, np.int64).take(first) <= last)
